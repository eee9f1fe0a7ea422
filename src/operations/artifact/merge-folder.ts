/** Puts what was unpacked where it is to be, beside what is there already; nothing is written through a link. */

import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { look, onDisk, syncFolder } from '../../disk/files.js';
import { digestFile } from '../../disk/read-file.js';
import { anotherFile, inTheWay } from './in-the-way.js';

interface MergeOptions {
  /** Files in the way that differ stay, and are errors. */
  readonly keepOldFiles: boolean;
}

/** Moves the folder `from`, which is ours, to `to`; both are on one disk. Throws DISK_ERROR for what is in the way. */
export async function mergeFolder(from: string, to: string, options: MergeOptions): Promise<void> {
  const there = await look(to);
  if (there === undefined) return move(from, to);
  if (!there.isDirectory()) throw inTheWay(to, 'it is not a directory');
  const entries = await onDisk({ verb: 'read', path: from }, () => readdir(from, { withFileTypes: true }));
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await mergeFolder(source, target, options);
    else await mergeFile(source, target, options);
  }
  await syncFolder(to);
}

async function mergeFile(from: string, to: string, { keepOldFiles }: MergeOptions): Promise<void> {
  const there = await look(to);
  if (there?.isDirectory() === true) throw inTheWay(to, 'a directory is in the way');
  if (there !== undefined && keepOldFiles && !(await isSame(from, to))) throw anotherFile(to);
  await move(from, to);
}

async function move(from: string, to: string): Promise<void> {
  await onDisk({ verb: 'write', path: to }, () => rename(from, to));
}

async function isSame(one: string, other: string): Promise<boolean> {
  const both = await Promise.all([one, other].map(look));
  if (!both.every((stats) => stats?.isFile() === true) || both[0]?.size !== both[1]?.size) return false;
  const digests = await Promise.all(
    [one, other].map((path) => onDisk({ verb: 'read', path }, () => digestFile(path, 'sha256'))),
  );
  return digests[0]?.digest === digests[1]?.digest;
}
