import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findProgram } from './programs.js';
import type { Scope } from './temp.js';

/**
 * A folder on a disk that takes `a` and `A` for one name: as it is on macOS and Windows, else on NTFS mounted for it,
 * until the scope ends. Undefined where that is not possible: there root and FUSE are needed.
 */
export async function foldingFolder(scope: Scope): Promise<string | undefined> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'reg-test-folding-')));
  const disk = join(folder, 'disk');
  // In one hook: what is mounted can't be removed.
  scope.after(async () => {
    run('umount', '--lazy', disk);
    await rm(folder, { recursive: true, force: true });
  });
  mkdirSync(disk);
  writeFileSync(join(folder, 'image'), '');
  if (existsSync(join(folder, 'IMAGE'))) return disk;
  truncateSync(join(folder, 'image'), 8 * 1024 * 1024);
  const options = 'ignore_case,permissions,streams_interface=none';
  const isMounted =
    run('mkntfs', '--quick', '--force', join(folder, 'image')) &&
    run('lowntfs-3g', '-o', options, join(folder, 'image'), disk);
  return isMounted ? disk : undefined;
}

function run(name: string, ...args: readonly string[]): boolean {
  const program = findProgram(name);
  return program !== undefined && spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
