/**
 * The disk as all of `reg` sees it: small steps, and every failure as one line that names the path.
 *
 * What only asks (what is there, which names, a few bytes) is done at once: such a call takes 5 to 10 microseconds, and
 * handing it to one of Node's threads five times as many, and a turn of a loop that is busy with data. A disk that is far
 * away is waited for; what comes meanwhile waits in the system's buffers. What moves bytes, what waits until the disk has
 * them, and what makes names where blobs come in goes to the threads: a journal that is just being written, as it is for
 * each fsync, holds it up.
 */

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsync,
  lstatSync,
  open,
  openSync,
  readFileSync,
  rename,
  unlinkSync,
  writev,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { RegError, type ErrorCode } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { hintFor, isFull, reasonFor } from './reasons.js';

const openLater = promisify(open);
const writeLater = promisify(writev);
const syncLater = promisify(fsync);

/** Gives a file another name, or the one of another file, which is gone then. */
export const renameLater = promisify(rename);

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
  const message = `cannot ${verb} ${quoteText(path)}: ${reasonFor(code)}`;
  const context = { cause: error, ...hintFor(code) };
  if (!isFull(code)) return new RegError('DISK_ERROR', message, context);
  const need = missing === undefined ? '' : `; ${missing} more bytes are needed`;
  return new RegError('DISK_FULL', message + need, context);
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

/** For a file that was named and is not there. */
export function notThere(path: string): RegError {
  const message = `cannot read ${quoteText(path)}: ${reasonFor('ENOENT')}`;
  return new RegError('NOT_FOUND', message, hintFor('ENOENT'));
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

export interface Placement {
  /**
   * Where the bytes are written first: in the same file system, and in nobody else's way. What a process that was killed
   * left there is removed, so a name that is always the same leaves nothing behind for long.
   */
  readonly temporary: string;
  readonly pieces: readonly Uint8Array[];
  /** Permissions; default 0666, less the umask. */
  readonly mode?: number;
  /** Called with the open file when all is written. */
  readonly onWritten?: (descriptor: number) => void;
  /** Asked when only the last step is missing: false calls it off. */
  readonly isWanted?: () => Promise<boolean>;
}

export interface Replacement extends Omit<Placement, 'pieces'> {
  readonly bytes: Uint8Array;
}

/**
 * Puts bytes in the place of the file `path` in one step that survives a power cut; answers whether it did, and was not
 * called off. Throws DISK_FULL, DISK_ERROR.
 */
export async function replaceFile(path: string, { bytes, ...placement }: Replacement): Promise<boolean> {
  const isReplaced = await placeFile(path, { ...placement, pieces: [bytes] });
  if (isReplaced) await syncFolder(dirname(path));
  return isReplaced;
}

/** As `replaceFile`, but that its name survives a power cut only after `syncFolder`. */
export async function placeFile(path: string, placement: Placement): Promise<boolean> {
  const { temporary, pieces, isWanted = async () => true } = placement;
  const missing = pieces.reduce((size, piece) => size + piece.byteLength, 0);
  return onDisk({ verb: 'write', path, missing }, async () => {
    try {
      await writeAndSync(placement);
      if (!(await isWanted())) return false;
      await renameLater(temporary, path);
      return true;
    } catch (error) {
      await ifThere(() => unlinkSync(temporary));
      throw error;
    }
  });
}

async function writeAndSync({ temporary, pieces, mode = 0o666, onWritten }: Placement): Promise<void> {
  const descriptor = await createFile(temporary, mode);
  try {
    await writeAll(descriptor, pieces);
    onWritten?.(descriptor);
    await syncLater(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Opens a new file to write, in the place of one that is left there. */
async function createFile(path: string, mode: number): Promise<number> {
  try {
    return await openLater(path, 'wx', mode);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    unlinkSync(path);
    return openSync(path, 'wx', mode);
  }
}

/** The system may take a part only, when the disk is nearly full for example. */
async function writeAll(descriptor: number, pieces: readonly Uint8Array[]): Promise<void> {
  for (let rest = pieces; rest.length > 0;) {
    const { bytesWritten } = await writeLater(descriptor, rest);
    rest = withoutFirst(rest, bytesWritten);
  }
}

/** What is left of buffers of which the first `count` bytes are done with. */
export function withoutFirst(buffers: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let left = count;
  return buffers.flatMap((buffer) => {
    const skipped = Math.min(left, buffer.byteLength);
    left -= skipped;
    return skipped === buffer.byteLength ? [] : [buffer.subarray(skipped)];
  });
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
    await syncLater(descriptor);
  } catch (error) {
    if (!CANNOT_SYNC.has(errnoOf(error) ?? '')) throw asDiskError(error, { verb: 'write', path });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
