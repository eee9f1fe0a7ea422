/** What a tree on the disk asks of the system, where Node has no call that does just that. */

import * as fs from 'node:fs';

import { errnoOf } from '../disk/files.js';

interface Timed {
  /** Seconds since 1970, with a fraction. */
  readonly mtime: number;
}

/** What is there itself, a link or not; undefined where nothing is. */
export function lookAt(at: string | Buffer): fs.Stats | undefined {
  return fs.lstatSync(at, { throwIfNoEntry: false });
}

/** As text, because Node takes a number below zero for "now". */
export function timeOf({ mtime }: Timed): string {
  return `${mtime}`;
}

/** Of what is there itself, a link or not. */
export function setTime(at: string | Buffer, facts: Timed): void {
  fs.lutimesSync(at, timeOf(facts), timeOf(facts));
}

/** A folder only when nothing is in it. */
export function removeOne(at: string | Buffer): void {
  if (!fs.lstatSync(at).isDirectory()) fs.rmSync(at);
  else if (fs.readdirSync(at).length === 0) fs.rmdirSync(at);
}

export function writeAll(handle: number, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.byteLength;) done += fs.writeSync(handle, chunk, done);
}

/** False where even root may not: in a container, or on a disk without owners. */
export function isAllowed(chown: () => void): boolean {
  try {
    chown();
    return true;
  } catch (error) {
    if (['EPERM', 'EINVAL', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}
