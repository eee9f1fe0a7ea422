/** How much room a disk has, asked before the first byte is written. */

import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { look } from './files.js';

/**
 * Throws DISK_FULL when the disk of `folder`, which need not be there yet, has no room for so many bytes. A disk that
 * tells nothing of itself is taken to have it; what others write meanwhile is not known.
 */
export async function requireFreeSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeSpace(resolve(folder));
  if (free === undefined || free >= bytes) return;
  const message = `cannot write to ${quoteText(folder)}: ${bytes} bytes are needed and ${free} are free`;
  throw new RegError('DISK_FULL', `${message}; ${bytes - free} are missing`, {
    hint: 'Free some space, or choose a directory on another disk.',
  });
}

/** In bytes, for whoever is not root; undefined where it can't be told. */
async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks } = await statfs(folder);
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    const parent = dirname(folder);
    const isMissing = parent !== folder && (await look(folder).catch(() => undefined)) === undefined;
    return isMissing ? freeSpace(parent) : undefined;
  }
}
