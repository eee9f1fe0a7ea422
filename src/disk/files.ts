/** The disk as all of `reg` sees it: small steps, and every failure as one line that names the path. */

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

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
    const hint = 'Free some space and run the same command again: what has arrived is kept.';
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
export async function ifThere<T>(task: Promise<T>): Promise<T | undefined> {
  try {
    return await task;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What is at `path` itself, links not followed; undefined when nothing is. */
export function look(path: string): Promise<Stats | undefined> {
  return onDisk({ verb: 'read', path }, () => ifThere(lstat(path)));
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
  return onDisk({ verb: 'read', path }, () => ifThere(readWhole(path)));
}

async function readWhole(path: string): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | NO_FOLLOW);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
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
      await rename(temporary, path);
      return true;
    } catch (error) {
      await rm(temporary, { force: true });
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
  await rm(path, { force: true });
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
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
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY);
    await handle.sync();
  } catch (error) {
    if (!CANNOT_SYNC.has(errnoOf(error) ?? '')) throw asDiskError(error, { verb: 'write', path });
  } finally {
    await handle?.close();
  }
}
