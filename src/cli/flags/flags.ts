/** The options that several commands share, each defined once. */

import { InvalidArgumentError, Option, type Command } from 'commander';

import { parseBytes } from '../output/bytes.js';
import { parseDuration } from './duration.js';
import { collectRules, type ResolveRule } from './resolve-rule.js';
import { PROGRESS_MODES, type ProgressMode } from '../progress/types.js';

interface CommonFlags {
  readonly debug?: true;
}

interface StoreFlags {
  readonly store?: string;
}

export interface PlatformFlags {
  readonly platform?: string;
}

interface ResultFlags {
  readonly json?: true;
  readonly format?: string;
  readonly quiet?: true;
}

interface ProgressFlags {
  readonly progress?: ProgressMode;
  readonly concurrency?: number;
}

interface ConnectionsFlags {
  readonly connections?: number;
}

interface LoginFlags {
  readonly username?: string;
  readonly passwordStdin?: true;
  readonly token?: string;
}

export interface NetworkFlags extends LoginFlags {
  readonly plainHttp?: true;
  readonly plainHttpAuth?: true;
  readonly insecure?: true;
  readonly resolve?: readonly ResolveRule[];
  readonly proxy?: string;
  readonly caFile?: readonly string[];
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly authHost?: readonly string[];
  readonly mirror?: readonly string[];
  readonly header?: readonly string[];
  readonly userAgent?: string;
  readonly connectTimeout?: number;
  readonly idleTimeout?: number;
}

/** The shared flags that mean the same in every command that has them. */
export type SharedFlags = CommonFlags &
  ConnectionsFlags &
  NetworkFlags &
  ProgressFlags &
  ResultFlags &
  StoreFlags;

const NETWORK = 'Network options:';
const LOGIN = 'Login options (else what is kept by "reg login", docker or podman is used):';

export function addStoreFlag(command: Command): Command {
  return command.option('--store <dir>', 'local store (default: $REG_STORE, else ~/.local/share/reg)');
}

const PLATFORM =
  'image of an index to take, os/arch[/variant] (default: $DOCKER_DEFAULT_PLATFORM, else this host)';

export function addPlatformFlag(command: Command, text = PLATFORM): Command {
  return command.option('-p, --platform <platform>', text);
}

/** For commands that can take several platforms. */
export function addPlatformsFlag(command: Command): Command {
  const text = 'image of an index to take (repeatable: several make a smaller index)';
  return command.addOption(new Option('-p, --platform <platform>', text).argParser(collect));
}

/** What has to hold of a tag before it is moved; see `TagRules`. */
export interface TagRuleFlags {
  readonly clobber?: false;
  readonly expectDigest?: string;
}

export function addTagRuleFlags(command: Command): Command {
  return command
    .option('--no-clobber', 'fail where the tag stands for another image')
    .addOption(
      new Option('--expect-digest <digest>', 'fail unless the tag stands for this one').conflicts('clobber'),
    );
}

export function addDryRunFlag(command: Command): Command {
  return command.option('--dry-run', 'only tell what would be done, with sizes');
}

export function addResultFlags(command: Command, quiet = 'print only the name'): Command {
  command.option('-q, --quiet', quiet);
  return addJsonFlag(command, 'print the result as JSON, one object a line');
}

/** For commands that have nothing to leave out for `--quiet`. Every command that prints results for programs has both. */
export function addJsonFlag(command: Command, text = 'print one JSON object'): Command {
  return command
    .addOption(new Option('--json', text).conflicts('quiet'))
    .addOption(
      new Option(
        '--format <template>',
        "print the result by a template such as '{{json .}}'; its keys are those of --json",
      ).conflicts(['quiet', 'json']),
    );
}

export function addProgressFlag(command: Command): Command {
  const text = `progress on stderr: ${PROGRESS_MODES.join(', ')} (default: auto)`;
  return command.addOption(new Option('--progress <mode>', text).choices(PROGRESS_MODES));
}

export function addProgressFlags(command: Command): Command {
  return addProgressFlag(command).option(
    '--concurrency <number>',
    'layers that move at once (default: 6)',
    parseCount,
  );
}

/** For commands that unpack layers, onto the disk or only to look at them. */
export function addMaxSizeFlag(command: Command): Command {
  const text = 'most that layers may unpack to, such as 20GB (default: 200 times their size, 1 GiB at least)';
  return command.addOption(
    new Option('--max-size <size>', text).argParser((size) => parseBytes(size, '--max-size')),
  );
}

/** A table of contents is verified to be what the maker of the image says of a layer, and not that the layer is so. */
export function addWholeFlag(command: Command): Command {
  return command.option('--whole', 'read whole layers, whatever their tables of contents say');
}

/** For commands that talk to a registry with the login that there is for it, or with one of their own. */
export function addConnectionsFlag(command: Command): Command {
  const text = 'most connections that large layers are spread over; 1 for one a layer (default: 24)';
  return command.option('--connections <number>', text, parseCount);
}

export function addNetworkFlags(command: Command): Command {
  const options = [
    new Option('-u, --username <name>', 'user name, for this command alone (default: $REG_USERNAME)'),
    new Option('--password-stdin', 'read the password from standard input (default: $REG_PASSWORD)'),
    // Read where it is used, like --proxy below.
    new Option('--token <token>', 'bearer token for the registry, or - to read it from standard input'),
  ];
  for (const option of options) command.addOption(option.helpGroup(LOGIN));
  return addConnectionFlags(command);
}

/** For commands that open whatever place they are given. */
export function addPlaceFlags(command: Command): void {
  addStoreFlag(command);
  addNetworkFlags(command);
}

/** For commands that talk to a registry. */
export function addConnectionFlags(command: Command): Command {
  const options = [
    new Option('--plain-http', 'speak http, not https (loopback needs no flag)'),
    new Option('--plain-http-auth', 'send credentials over plain http, too'),
    new Option('--insecure', 'do not check the certificate of the registry'),
    new Option('--ca-file <file>', 'trust the certificates in a PEM file, too (repeatable)').argParser(
      collect,
    ),
    new Option('--cert-file <file>', 'show the registry this certificate (PEM), should it ask for one'),
    new Option('--key-file <file>', 'private key (PEM) of that certificate'),
    new Option('--auth-host <host>', 'let a token service there have the password (repeatable)').argParser(
      collect,
    ),
    // Read where it is used: a complaint about it here would print it, password and all.
    new Option(
      '--proxy <url>',
      'http or https proxy, or "none" (default: $HTTPS_PROXY, $HTTP_PROXY, $ALL_PROXY)',
    ),
    // Read where it is used, for the same reason.
    new Option(
      '--mirror <host=url>',
      'read images of a registry from there first, or "none" (repeatable; default: $REG_MIRRORS)',
    ).argParser(collect),
    new Option('--header <name:value>', 'send the registry this header, too (repeatable)').argParser(collect),
    new Option('--user-agent <text>', 'what reg calls itself (default: reg/VERSION)'),
    new Option(
      '--resolve <host:port:address>',
      'connect elsewhere than DNS says; [:port] may follow (repeatable)',
    ).argParser(collectRules),
    new Option(
      '--connect-timeout <time>',
      'for connecting, such as 5s (default: $REG_CONNECT_TIMEOUT, else 10s)',
    ).argParser((text) => parseDuration(text, '--connect-timeout')),
    new Option(
      '--idle-timeout <time>',
      'without a byte, such as 2m (default: $REG_IDLE_TIMEOUT, else 60s)',
    ).argParser((text) => parseDuration(text, '--idle-timeout')),
  ];
  for (const option of options) command.addOption(option.helpGroup(NETWORK));
  return command;
}

/** Gathers the values of an option that may be given several times. */
export function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

/** For commands that list what a registry has. */
export interface ListFlags {
  readonly match?: readonly string[];
  readonly limit?: number;
}

export function addListFlags(command: Command, what: string): Command {
  return command
    .addOption(
      new Option(
        '--match <pattern>',
        `only ${what} that fit a glob, a /regexp/ or semver:RANGE (repeatable)`,
      ).argParser(collect),
    )
    .option('--limit <number>', `at most so many ${what}`, parseLimit);
}

/** A number of things from 1 on. Throws commander's InvalidArgumentError. */
export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number from 1 on.');
}

function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('Give a number from 1 to 64.');
}
