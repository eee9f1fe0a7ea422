/** What a power cut could take: what a command wrote and did not wait for the disk to have, seen by strace(1). */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { trace } from './crash-points.js';
import { succeeded } from './person.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';

const WRITES: ReadonlySet<string> = new Set(['write', 'writev', 'pwrite64', 'pwritev', 'ftruncate']);

/** The cache may be lost at any time, and what is on its way is worth nothing after a power cut. */
const WORTHLESS = /^\.cache(?:\/|$)|\/\.partial(?:\/|$)|\.claim$/;

interface Command {
  readonly args: readonly string[];
  /** Paths below the home of files that somebody gave their names who may not have lived to sync them. */
  readonly doubtful?: readonly string[];
}

/**
 * Runs a command that succeeds, and answers where it trusted the disk with less than fsync(2) promises: a name that was
 * given to a file before the disk had its bytes, an index that could name blobs whose names are lost, and names that were
 * not on the disk when the command ended.
 */
export async function findUnsafe(
  scope: Scope,
  home: string,
  { args, doubtful = [] }: Command,
): Promise<readonly string[]> {
  const log = join(await temporaryFolder(scope), 'trace');
  succeeded(await trace(scope, { home, args, options: ['-y', '-o', log] }));
  const calls = callsIn(await readFile(log, 'utf8'), home);
  assert.ok(
    ['rename', 'fsync'].every((wanted) => calls.some(({ name }) => name === wanted)),
    'nothing was seen',
  );
  const disk = new Disk(doubtful);
  calls.forEach((call) => disk.see(call));
  return disk.faults();
}

interface Call {
  readonly name: string;
  /** Below the home; both of a rename. */
  readonly paths: readonly string[];
}

/** The calls that succeeded, in the order in which they ended. */
function callsIn(log: string, home: string): readonly Call[] {
  const begun = new Map<string, string>();
  return log.split('\n').flatMap((line) => {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [isResumed] = /^<\.\.\. \w+ resumed>/.exec(rest) ?? [];
    const whole = isResumed === undefined ? rest : `${begun.get(thread)}${rest.slice(isResumed.length)}`;
    if (whole.endsWith('<unfinished ...>')) begun.set(thread, whole.replace(/<unfinished \.\.\.>$/, ''));
    const [, name] = /^(\w+)\(.* = (?!-1 )/.exec(whole) ?? [];
    if (name === undefined || (name === 'openat' && !whole.includes('O_CREAT'))) return [];
    const paths = [...whole.matchAll(/["<](\/[^">]*)[">]/g)].map(([, path = '']) => relative(home, path));
    const inHome = [...new Set(paths)].filter((path) => path !== '' && !path.startsWith('..'));
    return inHome.length === 0 ? [] : [{ name, paths: inHome }];
  });
}

/** The disk as it would be found; but for the names of folders, which file systems bring to it with what is in them. */
class Disk {
  /** Files with bytes that may be lost. */
  readonly #dirty = new Set<string>();
  /** Names that may be lost. */
  readonly #names: Set<string>;
  readonly #faults: string[] = [];

  constructor(doubtful: readonly string[]) {
    this.#names = new Set(doubtful);
  }

  see({ name, paths: [path = '', target = ''] }: Call): void {
    if (WRITES.has(name)) this.#dirty.add(path);
    if (name === 'openat') this.#names.add(path);
    if (name === 'unlink') this.#names.delete(path);
    if (name === 'fsync') this.#sync(path);
    if (name === 'rename') this.#rename(path, target);
  }

  faults(): readonly string[] {
    const lost = [...this.#names].filter((path) => !WORTHLESS.test(path));
    return [...this.#faults, ...lost.map((path) => `at the end the name ${path} could be lost`)];
  }

  #sync(path: string): void {
    this.#dirty.delete(path);
    for (const name of this.#names) if (dirname(name) === path) this.#names.delete(name);
  }

  #rename(path: string, target: string): void {
    if (this.#dirty.delete(path) && !WORTHLESS.test(target))
      this.#faults.push(`${target} got its name before its bytes were on the disk`);
    const blobs = [...this.#names].filter((name) => name.startsWith('store/blobs/'));
    if (target === 'store/index.json')
      this.#faults.push(...blobs.map((name) => `index.json came before the name ${name}`));
    this.#names.delete(path);
    this.#names.add(target);
  }
}
