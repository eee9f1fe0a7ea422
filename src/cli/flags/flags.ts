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
const LOGIN = 'Login options (default: the login saved by "reg login", docker or podman):';

export function addStoreFlag(command: Command): Command {
  return command.option('--store <dir>', 'local store (default: $REG_STORE, else ~/.local/share/reg)');
}

const PLATFORM =
  'which image of an index, as os/arch[/variant] (default: $DOCKER_DEFAULT_PLATFORM, else this host)';

export function addPlatformFlag(command: Command, text = PLATFORM): Command {
  return command.option('-p, --platform <platform>', text);
}

/** For commands that can take several platforms. */
export function addPlatformsFlag(command: Command): Command {
  const text = 'which image of an index (repeatable: several make a smaller index)';
  return command.addOption(new Option('-p, --platform <platform>', text).argParser(collect));
}

/** Conditions on a tag before it is moved; see `TagRules`. */
export interface TagRuleFlags {
  readonly clobber?: false;
  readonly expectDigest?: string;
}

export function addTagRuleFlags(command: Command): Command {
  return command
    .option('--no-clobber', 'fail if the tag already points to another image')
    .addOption(
      new Option('--expect-digest <digest>', 'fail unless the tag points to this digest').conflicts(
        'clobber',
      ),
    );
}

export function addDryRunFlag(command: Command): Command {
  return command.option('--dry-run', 'only show what would be done, with sizes');
}

export function addResultFlags(command: Command, quiet = 'print only the name'): Command {
  command.option('-q, --quiet', quiet);
  return addJsonFlag(command, 'print the result as JSON, one object per line');
}

/** For commands without `--quiet`. Every command that prints results for programs has both of these. */
export function addJsonFlag(command: Command, text = 'print one JSON object'): Command {
  return command
    .addOption(new Option('--json', text).conflicts('quiet'))
    .addOption(
      new Option(
        '--format <template>',
        "print the result with a Go template such as '{{json .}}'; it has the keys of --json",
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
    'number of layers to transfer at once (default: 6)',
    parseCount,
  );
}

/** For commands that unpack layers, onto the disk or only to look at them. */
export function addMaxSizeFlag(command: Command): Command {
  const text =
    'limit on the unpacked size of layers, such as 20GB (default: 200 times their size, at least 1 GiB)';
  return command.addOption(
    new Option('--max-size <size>', text).argParser((size) => parseBytes(size, '--max-size')),
  );
}

/** A table of contents is verified against the manifest, but nothing verifies that the layer matches its table. */
export function addWholeFlag(command: Command): Command {
  return command.option('--whole', 'read whole layers, ignoring their tables of contents');
}

export function addConnectionsFlag(command: Command): Command {
  const text = 'most connections for large layers; 1 gives each layer one (default: 24)';
  return command.option('--connections <number>', text, parseCount);
}

export function addNetworkFlags(command: Command): Command {
  const options = [
    new Option('-u, --username <name>', 'user name, for this command only (default: $REG_USERNAME)'),
    new Option('--password-stdin', 'read the password from standard input (default: $REG_PASSWORD)'),
    // Read where it is used, like --proxy below.
    new Option('--token <token>', 'bearer token for the registry, or - to read it from standard input'),
  ];
  for (const option of options) command.addOption(option.helpGroup(LOGIN));
  return addConnectionFlags(command);
}

/** For commands that open any kind of place. */
export function addPlaceFlags(command: Command): void {
  addStoreFlag(command);
  addNetworkFlags(command);
}

/** For commands that talk to a registry. */
export function addConnectionFlags(command: Command): Command {
  const options = [
    new Option('--plain-http', 'use http, not https (loopback needs no flag)'),
    new Option('--plain-http-auth', 'also send credentials over plain http'),
    new Option('--insecure', 'do not verify the certificate of the registry'),
    new Option('--ca-file <file>', 'also trust the certificates in this PEM file (repeatable)').argParser(
      collect,
    ),
    new Option('--cert-file <file>', 'client certificate (PEM), for registries that ask for one'),
    new Option('--key-file <file>', 'private key (PEM) of the client certificate'),
    new Option(
      '--auth-host <host>',
      'allow sending the password to a token service at this host (repeatable)',
    ).argParser(collect),
    // Read where it is used: a complaint about it here would print it, password and all.
    new Option(
      '--proxy <url>',
      'http or https proxy, or "none" (default: $HTTPS_PROXY, $HTTP_PROXY, $ALL_PROXY)',
    ),
    // Read where it is used, for the same reason.
    new Option(
      '--mirror <host=url>',
      'try this mirror before the registry, or "none" (repeatable; default: $REG_MIRRORS)',
    ).argParser(collect),
    new Option('--header <name:value>', 'extra header for the registry (repeatable)').argParser(collect),
    new Option('--user-agent <text>', 'User-Agent header to send (default: reg/VERSION)'),
    new Option(
      '--resolve <host:port:address>',
      'connect to this address instead of asking DNS; may end with :PORT (repeatable)',
    ).argParser(collectRules),
    new Option(
      '--connect-timeout <time>',
      'limit for connecting, such as 5s (default: $REG_CONNECT_TIMEOUT, else 10s)',
    ).argParser((text) => parseDuration(text, '--connect-timeout')),
    new Option(
      '--idle-timeout <time>',
      'limit without receiving a byte, such as 2m (default: $REG_IDLE_TIMEOUT, else 60s)',
    ).argParser((text) => parseDuration(text, '--idle-timeout')),
  ];
  for (const option of options) command.addOption(option.helpGroup(NETWORK));
  return command;
}

/** Collects the values of a repeatable option. */
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
        `only ${what} that match a glob, a /regexp/ or semver:RANGE (repeatable)`,
      ).argParser(collect),
    )
    .option('--limit <number>', `at most this many ${what}`, parseLimit);
}

/** A count, 1 or more. Throws commander's InvalidArgumentError. */
export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number of 1 or more.');
}

function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('Give a number from 1 to 64.');
}
