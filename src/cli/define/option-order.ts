/** In which order the help of every command lists its options. */

import type { Option } from 'commander';

/** The options that many commands have; those of the command itself stand before them. */
const SHARED = [
  '--platform',
  '--output',
  '--no-clobber',
  '--expect-digest',
  '--dry-run',
  '--store',
  '--quiet',
  '--json',
  '--format',
  '--progress',
  '--concurrency',
  '--connections',
  '--debug',
  '--help',
];

export function inOrder(options: readonly Option[]): Option[] {
  return options.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ long }: Option): number {
  return SHARED.indexOf(long ?? '');
}
