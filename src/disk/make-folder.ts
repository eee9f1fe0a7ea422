/** Makes folders. */

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errnoOf } from './files.js';

/**
 * Makes a folder and those above it that are missing; `mode` is for all of them. Node's own `recursive` goes round for
 * ever where a folder is there and yet nothing can be made in it, and the system calls that ENOENT (Linux in `/proc`).
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const parent = dirname(path);
  if (await isMade(path, mode)) return;
  if (parent !== path) await makeFolder(parent, mode);
  if (!(await isMade(path, mode))) await mkdir(path, mode);
}

/** False when the folder above is missing. */
async function isMade(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, mode);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    // Whatever forbids making it: where it is there already nobody has to.
    if (await isFolder(path)) return true;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // The error that says why it can't be made says more.
    return false;
  }
}
