/** The options that several commands share, each defined once. */

import { Option, type Command } from 'commander';

import { parseBytes } from '../units/bytes.js';
import { PROGRESS_MODES, type ProgressMode } from '../progress/types.js';
import { addNetworkFlags, type ConnectionsFlags, type NetworkFlags } from './network-flags.js';
import { collect, parseCount, parseLimit } from './option-values.js';

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

/** The shared flags that mean the same in every command that has them. */
export type SharedFlags = CommonFlags &
  ConnectionsFlags &
  NetworkFlags &
  ProgressFlags &
  ResultFlags &
  StoreFlags;

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

/** For commands that open any kind of place. */
export function addPlaceFlags(command: Command): void {
  addStoreFlag(command);
  addNetworkFlags(command);
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
