import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';

import { startChild } from './child.js';
import { programPath } from './programs.js';
import type { Scope } from './temp.js';

/** What is at a path, as far as two file systems can be compared. */
export interface Walked {
  readonly type: 'file' | 'folder' | 'link' | 'fifo' | 'device' | 'other';
  /** The last twelve bits. */
  readonly mode: number;
  readonly owner: string;
  /** Whole seconds. */
  readonly mtime: number;
  /** Where a link leads, what a file hashes to, which device it is. */
  readonly content: string;
  /** The first path of the same file. */
  readonly sameAs: string;
}

/** As `walk`, but for the folder itself: what layers do not tell of is as new as it is. */
export function walkBelow(root: string): Readonly<Record<string, Walked>> {
  const found = new Map(walk(root));
  found.delete('');
  return Object.fromEntries(found);
}

/** Unpacks a tar into a folder that is made, owners and modes included. */
export async function untar(scope: Scope, tar: string, folder: string): Promise<void> {
  await mkdir(folder);
  const flags = ['-xpf', tar, '-C', folder, '--same-owner', '--numeric-owner'];
  const { code, stderr } = await (await startChild(scope, [programPath('tar'), ...flags])).ended;
  assert.equal(code, 0, stderr);
}

/**
 * Everything in a folder by its path below it, names as latin1 so that no byte is lost; written without any code of
 * `reg`, to judge it by.
 */
function walk(root: string): ReadonlyMap<string, Walked> {
  const found = new Map<string, Walked>();
  const first = new Map<string, string>();
  const visit = (path: string): void => {
    const at = Buffer.from(path === '' ? root : `${Buffer.from(root).toString('latin1')}/${path}`, 'latin1');
    const stats = lstatSync(at);
    const inode = `${stats.dev}:${stats.ino}`;
    if (!first.has(inode)) first.set(inode, path);
    const { type, content } = describe(at, stats);
    found.set(path, {
      type,
      content,
      mode: stats.mode & 0o7777,
      owner: `${stats.uid}:${stats.gid}`,
      mtime: Math.floor(stats.mtimeMs / 1000),
      sameAs: first.get(inode) ?? '',
    });
    if (type === 'folder')
      for (const name of readdirSync(at, 'latin1').sort()) visit(path === '' ? name : `${path}/${name}`);
  };
  visit('');
  return found;
}

function describe(
  at: Buffer,
  stats: ReturnType<typeof lstatSync> & object,
): Pick<Walked, 'type' | 'content'> {
  if (stats.isDirectory()) return { type: 'folder', content: '' };
  if (stats.isSymbolicLink()) return { type: 'link', content: readlinkSync(at, 'latin1') };
  if (stats.isFIFO()) return { type: 'fifo', content: '' };
  if (stats.isCharacterDevice() || stats.isBlockDevice())
    return { type: 'device', content: `${stats.isBlockDevice() ? 'b' : 'c'}${stats.rdev}` };
  if (!stats.isFile()) return { type: 'other', content: '' };
  return { type: 'file', content: createHash('sha256').update(readFileSync(at)).digest('hex') };
}
