import { spawnSync } from 'node:child_process';
import { mkdtemp, realpath, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid, platform } from 'node:process';
import type { Scope } from './temp.js';

/** Options of a test that mounts a disk of its own: it is skipped where that is not allowed. */
export function needsDisk(): { readonly skip: string | false } {
  if (platform !== 'linux' || getuid?.() !== 0) return { skip: 'only root on Linux can mount a small disk' };
  const isAllowed = run('unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', tmpdir());
  return { skip: isAllowed ? false : 'mounting is not allowed here' };
}

export interface SmallDisk {
  readonly folder: string;
  /** Mounts it again with other options: `ro`, `size=8m`. */
  readonly remount: (options: string) => void;
}

/** Mounts an empty disk of a few megabytes, until the scope ends. */
export async function mountDisk(scope: Scope, megabytes: number): Promise<SmallDisk> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'reg-test-disk-')));
  const mount = (options: string, ...where: readonly string[]): void => {
    if (!run('mount', '-o', options, ...where)) throw new Error(`mount -o ${options} failed`);
  };
  mount(`size=${megabytes}m,mode=755`, '-t', 'tmpfs', 'none', folder);
  scope.after(async () => {
    run('umount', '--lazy', folder);
    await rmdir(folder);
  });
  return { folder, remount: (options) => mount(`remount,${options}`, folder) };
}

function run(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
