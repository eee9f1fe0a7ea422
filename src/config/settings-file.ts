/**
 * Settings files of other tools. They are read at once, and not by a thread: some twenty places are looked at before the
 * first request, most of them in vain, and to hand one of them to a thread takes ten times as long as to look.
 */

import { lstatSync, readdirSync, realpathSync } from 'node:fs';

import { errnoOf, onDisk, readSmallFile } from '../disk/files.js';
import { hasCode } from '../errors.js';

/** Largest file that is read, in bytes: 1 MiB. */
const MAX_SIZE = 1024 * 1024;

const NOT_FOR_US: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);

/**
 * The bytes of a file; undefined where it is not there, or is for others to read: those of the system may be. Links are
 * followed. Throws INVALID_CONFIG for what is no regular file or is larger than 1 MiB, DISK_ERROR.
 */
export async function readSettingsFile(path: string): Promise<Buffer | undefined> {
  try {
    if (isMissing(path)) return undefined;
    return await readSmallFile(realpathSync.native(path), { cap: MAX_SIZE, code: 'INVALID_CONFIG' });
  } catch (error) {
    const errno = errnoOf(hasCode(error, 'DISK_ERROR') ? error.cause : error);
    if (NOT_FOR_US.has(errno)) return undefined;
    return onDisk({ verb: 'read', path }, () => {
      throw error;
    });
  }
}

/** The names in a folder, sorted; none where it is not there, or is for others to read. Throws DISK_ERROR. */
export async function listFolder(path: string): Promise<readonly string[]> {
  return onDisk({ verb: 'read', path }, async () => {
    try {
      return isMissing(path) ? [] : readdirSync(path).sort();
    } catch (error) {
      if (NOT_FOR_US.has(errnoOf(error))) return [];
      throw error;
    }
  });
}

/** Asked first, as an error of the system, of which most of these places would make one, takes much longer to make. */
function isMissing(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined;
}
