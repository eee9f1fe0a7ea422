/** Kills `reg` at chosen system calls, or lets them fail: strace(1) does so before the call is carried out. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startReg } from './reg.js';
import type { Ended } from './child.js';
import { programPath } from './programs.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';

/** A system call that changes the disk, or waits for it. The disk before one is the disk after the one before it. */
export interface Point {
  readonly call: string;
  /** Relative to the home of the person. */
  readonly path: string;
  /** Counts the calls of this kind on this path, from 1 on; on any path, where the name is another one in each run. */
  readonly nth: number;
  readonly isNamed: boolean;
}

const CALLS =
  'mkdir,openat,write,writev,pwrite64,pwritev,ftruncate,fsync,utimensat,chmod,fchmod,rename,unlink,rmdir'.split(
    ',',
  );

/** A part of a name that is another one in each run; `leaveClaim` writes zeros. */
const RANDOM = /\.(?!0{16})[0-9a-f]{16}\b/;

/** Files whose names are others in each run, and what is done to them by number: a call that nothing else makes as often. */
const SMALL_BLOB = /\.partial\/lease\.[0-9a-f]{16}\.\d+$/;
const COUNTED: ReadonlySet<string> = new Set(['pwritev', 'fsync', 'utimensat', 'rename']);

/** All points at which a command that runs undisturbed changes what is in `home`, but for its cache. */
export async function findPoints(
  scope: Scope,
  home: string,
  args: readonly string[],
): Promise<readonly Point[]> {
  const log = join(await temporaryFolder(scope), 'trace');
  const ended = await trace(scope, { home, args, options: ['-y', '-o', log] });
  assert.equal(ended.code, 0, ended.stderr);
  return pointsIn(await readFile(log, 'utf8'), home);
}

/** Where a command is run: in a home that is in the same state as the one in which the points were found. */
interface Place {
  readonly home: string;
  readonly args: readonly string[];
}

/** Runs the same command and kills it at the point. */
export async function killAt(scope: Scope, point: Point, place: Place): Promise<void> {
  const { signal, stderr } = await strike(scope, point, { ...place, blow: 'signal=SIGKILL' });
  assert.equal(signal, 'SIGKILL', `was not killed at ${point.call} ${point.nth} of ${point.path}: ${stderr}`);
}

/** Runs the same command and lets the point fail with an error of the system, such as ENOSPC. */
export function failAt(
  scope: Scope,
  point: Point,
  place: Place & { readonly error: string },
): Promise<Ended> {
  return strike(scope, point, { ...place, blow: `error=${place.error}` });
}

function strike(
  scope: Scope,
  { call, path, nth, isNamed }: Point,
  { home, args, blow }: Place & { readonly blow: string },
): Promise<Ended> {
  const where = isNamed ? ['-P', join(home, path)] : [];
  const inject = [...where, '-e', `inject=${call}:${blow}:when=${nth}`];
  return trace(scope, { home, args, options: [...inject, '-o', '/dev/null'] });
}

interface Traced extends Place {
  /** Of strace. */
  readonly options: readonly string[];
}

/** Runs a command under strace, which writes down every call that changes the disk, or waits for it. */
export async function trace(scope: Scope, { home, args, options }: Traced): Promise<Ended> {
  const strace = [programPath('strace'), '-f', '-qq', '-e', `trace=${CALLS.join(',')}`, ...options] as const;
  // One thread for all that waits for the disk: strace counts the calls of each thread by themselves.
  const child = await startReg(scope, args, {
    home,
    cwd: '/',
    env: { UV_THREADPOOL_SIZE: '1' },
    under: strace,
  });
  return child.ended;
}

function pointsIn(log: string, home: string): readonly Point[] {
  const counts = new Map<string, number>();
  const count = (key: string): number => {
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return nth;
  };
  const points = new Map<string, Point>();
  for (const line of log.split('\n')) {
    const [isCall, thread = '', call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    // The other half of a call during which another thread made one.
    if (isCall === undefined) continue;
    const paths = new Set(
      [...line.matchAll(/["<](\/[^">]*)[">]/g)].flatMap(([, path = '']) => below(home, path)),
    );
    const nth = count(`${thread} ${call}`);
    const [named] = [...paths].map((path) => ({
      path,
      nth: count(`${thread} ${call} ${path}`),
      isNamed: true,
    }));
    const changes = !line.includes(' = -1 E') && (call !== 'openat' || line.includes('O_CREAT'));
    if (named === undefined || !changes || /^\.cache(?:\/|$)/.test(named.path)) continue;
    if (!RANDOM.test(named.path)) points.set(`${call} ${named.path} ${named.nth}`, { call, ...named });
    else if (COUNTED.has(call) && SMALL_BLOB.test(named.path))
      points.set(`${call} ${nth}`, { call, path: 'store/.partial/lease.*', nth, isNamed: false });
  }
  return [...points.values()];
}

function below(home: string, path: string): readonly string[] {
  return path.startsWith(`${home}/`) ? [path.slice(home.length + 1)] : [];
}
