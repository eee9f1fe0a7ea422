/**
 * The disk as all of `reg` sees it: small steps, and every failure as one line that names the path.
 *
 * What only asks for names, or changes them, is done at once: such a call takes 5 to 30 microseconds. To hand it to one
 * of Node's threads takes three times the processor, and the answer waits for a turn of a loop that is busy with data. A
 * disk that is far away is waited for once a name; what comes meanwhile waits in the system's buffers. What moves bytes, or
 * waits until the disk has them, goes to the threads.
 */

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFile,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { RegError, type ErrorCode } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { hintFor, reasonFor } from './reasons.js';

/** Refuses symbolic links where the system can (not on Windows). */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

interface DiskWork {
  /** What is tried: `write`. */
  readonly verb: string;
  readonly path: string;
  /** Bytes still to be written, where that is known. */
  readonly missing?: number | undefined;
}

/** Does `task`; a failure of the system becomes DISK_FULL or DISK_ERROR, anything else passes. */
export async function onDisk<T>(work: DiskWork, task: () => Promise<T> | T): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw asDiskError(error, work);
  }
}

/** A failure of the system as DISK_FULL or DISK_ERROR; anything else as it is. */
export function asDiskError(error: unknown, { verb, path, missing }: DiskWork): unknown {
  const code = errnoOf(error);
  if (code === undefined) return error;
  const what = `cannot ${verb} ${quoteText(path)}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const space = code === 'EDQUOT' ? 'the disk quota is used up' : 'no space is left on the disk';
    const need = missing === undefined ? '' : `; ${missing} more bytes are needed`;
    const hint = 'Free some space and run the same command again.';
    return new RegError('DISK_FULL', `${what}: ${space}${need}`, { hint, cause: error });
  }
  const context = { cause: error, ...hintFor(code) };
  return new RegError('DISK_ERROR', `${what}: ${reasonFor(code)}`, context);
}

/** The system's code of an error (`ENOENT`); undefined for what is no error of the system. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The result of `task`; undefined when the file or folder is not there. */
export async function ifThere<T>(task: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await task();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What is at `path` itself, links not followed; undefined when nothing is. */
export function look(path: string): Promise<Stats | undefined> {
  return onDisk({ verb: 'read', path }, () => lstatSync(path, { throwIfNoEntry: false }));
}

/** A name that no other process makes up. */
export function uniqueName(): string {
  return randomBytes(8).toString('hex');
}

export interface SmallFile {
  /** Largest size in bytes that is read. */
  readonly cap: number;
  /** Code of the error for what is no such file. */
  readonly code: ErrorCode;
}

/** The bytes of a small regular file; undefined when it is not there. Throws `code`, DISK_ERROR. */
export async function readSmallFile(path: string, { cap, code }: SmallFile): Promise<Buffer | undefined> {
  const stats = await look(path);
  if (stats === undefined) return undefined;
  if (!stats.isFile()) {
    const kind = stats.isSymbolicLink() ? 'a symbolic link' : 'not a regular file';
    throw new RegError(code, `${quoteText(path)} is ${kind}`);
  }
  if (stats.size > cap) {
    throw new RegError(code, `${quoteText(path)} has ${stats.size} bytes; at most ${cap} are read`);
  }
  return onDisk({ verb: 'read', path }, () => ifThere(() => readWhole(path)));
}

function readWhole(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | NO_FOLLOW);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export interface Replacement {
  /**
   * Where the bytes are written first: in the same file system, and in nobody else's way. What a process that was killed
   * left there is removed, so a name that is always the same leaves nothing behind for long.
   */
  readonly temporary: string;
  readonly bytes: Uint8Array;
  /** Permissions; default 0666, less the umask. */
  readonly mode?: number;
  /** Asked when only the last step is missing: false calls it off. */
  readonly isWanted?: () => Promise<boolean>;
}

/**
 * Puts bytes in the place of the file `path` in one step that survives a power cut; answers whether it did, and was not
 * called off. Throws DISK_FULL, DISK_ERROR.
 */
export async function replaceFile(
  path: string,
  { temporary, bytes, mode = 0o666, isWanted = async () => true }: Replacement,
): Promise<boolean> {
  const isReplaced = await onDisk({ verb: 'write', path, missing: bytes.byteLength }, async () => {
    try {
      await writeAndSync(temporary, { bytes, mode });
      if (!(await isWanted())) return false;
      renameSync(temporary, path);
      return true;
    } catch (error) {
      await ifThere(() => unlinkSync(temporary));
      throw error;
    }
  });
  if (isReplaced) await syncFolder(dirname(path));
  return isReplaced;
}

async function writeAndSync(
  path: string,
  { bytes, mode }: { bytes: Uint8Array; mode: number },
): Promise<void> {
  await ifThere(() => unlinkSync(path));
  const descriptor = openSync(path, 'wx', mode);
  try {
    await promisify(writeFile)(descriptor, bytes);
    await promisify(fsync)(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

// Windows opens no folder for that, and some file systems sync none; there is nothing more to be done there.
const CANNOT_SYNC: ReadonlySet<string> = new Set([
  'EINVAL',
  'EISDIR',
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'ENOSYS',
]);

/** Makes the names in a folder survive a power cut, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY);
    await promisify(fsync)(descriptor);
  } catch (error) {
    if (!CANNOT_SYNC.has(errnoOf(error) ?? '')) throw asDiskError(error, { verb: 'write', path });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
