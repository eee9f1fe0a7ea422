/** Makes folders. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { errnoOf } from './files.js';

/**
 * Makes a folder and those above it that are missing; `mode` is for all of them. Node's own `recursive` goes round for
 * ever where a folder is there and yet nothing can be made in it, and the system calls that ENOENT (Linux in `/proc`).
 */
export function makeFolder(path: string, mode = 0o777): void {
  const parent = dirname(path);
  if (isFolder(path) || isMade(path, mode)) return;
  if (parent !== path) makeFolder(parent, mode);
  if (!isMade(path, mode)) mkdirSync(path, mode);
}

/** False when the folder above is missing. */
function isMade(path: string, mode: number): boolean {
  try {
    mkdirSync(path, mode);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    // Whatever forbids making it: where it is there already nobody has to.
    if (isFolder(path)) return true;
    throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // The error that says why it can't be made says more.
    return false;
  }
}
