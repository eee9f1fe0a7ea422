/** Where the bytes of an archive go: a file that appears when it is whole, or a stream. */

import { open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';

import { Appender } from '../disk/append.js';
import { Claims } from '../disk/claim.js';
import { errnoOf, ifThere, onDisk, syncFolder } from '../disk/files.js';
import type { ProcessFacts } from '../disk/owner.js';
import { hintFor, isFull, reasonFor } from '../disk/reasons.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';

export interface ArchiveTarget {
  /** The bytes must not change afterwards. Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written visible, where that takes a step of its own. */
  finish(): Promise<void>;
  /** Takes back what was written, as far as that is possible; harmless after `finish`. */
  discard(): Promise<void>;
}

/**
 * The file `path`: it is written beside itself, as `.NAME.reg-partial`, and takes its name only when all of it is on the
 * disk. What a killed process left there is removed. Devices and named pipes are written to directly. Throws
 * INVALID_ARGUMENT for a folder, STORE_LOCKED while another process writes it, DISK_FULL, DISK_ERROR.
 */
export async function openFileTarget(path: string, facts: ProcessFacts): Promise<ArchiveTarget> {
  const stats = await onDisk({ verb: 'write', path }, () => ifThere(() => stat(path)));
  if (stats?.isDirectory() === true)
    throw new RegError('INVALID_ARGUMENT', `cannot write ${quoteText(path)}: it is a directory`);
  if (stats !== undefined && !stats.isFile()) return openDevice(path);
  // Asked here, where an error names the file that was asked for.
  if (stats === undefined) await onDisk({ verb: 'write', path }, () => stat(dirname(path)));
  // Through a symbolic link the file behind it is replaced, as every program that writes to it would.
  return openPartial(stats === undefined ? path : await realpath(path), facts);
}

async function openPartial(path: string, facts: ProcessFacts): Promise<ArchiveTarget> {
  const partial = join(dirname(path), `.${basename(path)}.reg-partial`);
  const onFile = <T>(task: () => Promise<T>): Promise<T> => onDisk({ verb: 'write', path }, task);
  const claim = await new Claims(facts).claim(partial);
  if (claim === undefined)
    throw new RegError('STORE_LOCKED', `cannot write ${quoteText(path)}: another process is writing it`);
  let isOpen = true;
  const close = async (last: () => Promise<void>): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    try {
      await onFile(last);
    } finally {
      // Gone already when it has got its name.
      await rm(partial, { force: true }).catch(() => {});
      await claim.release();
    }
  };
  try {
    const handle = await onFile(() => create(partial));
    const appender = new Appender(handle, { path, from: 0 });
    return {
      write: (bytes) => appender.add(bytes),
      async finish() {
        await appender.flush();
        await close(() => publish(handle, { partial, path }));
      },
      discard: () => close(() => handle.close()),
    };
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/** A file of ours alone, whatever was there: never one that somebody put a link to in its place. */
async function create(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return open(path, 'wx', 0o666);
}

async function publish(
  handle: FileHandle,
  { partial, path }: { readonly partial: string; readonly path: string },
): Promise<void> {
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
}

async function openDevice(path: string): Promise<ArchiveTarget> {
  const handle = await onDisk({ verb: 'write', path }, () => open(path, 'w'));
  return {
    write: (bytes) => onDisk({ verb: 'write', path }, () => handle.writeFile(bytes)),
    finish: () => handle.close(),
    discard: () => handle.close(),
  };
}

/** A stream such as the standard output, which stays open. Throws INVALID_ARGUMENT for a terminal. */
export function streamTarget(stream: Writable & { readonly isTTY?: boolean }): ArchiveTarget {
  if (stream.isTTY === true) {
    throw new RegError('INVALID_ARGUMENT', 'cannot write an archive to a terminal', {
      hint: 'Redirect standard output to a file or a program, or name a file.',
    });
  }
  return {
    write: (bytes) => writeTo(stream, bytes, 'the archive'),
    finish: async () => {},
    discard: async () => {},
  };
}

/** What is needed of a stream to write to it, such as the standard output. */
export interface OutputStream {
  write(chunk: string | Uint8Array, done: (error?: Error | null) => void): unknown;
}

/** Writes one chunk of `what`; resolves when there is room for more. Throws ABORTED once nobody reads it, DISK_ERROR. */
export function writeTo(stream: OutputStream, chunk: string | Uint8Array, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(writeError(error, what));
    });
  });
}

function writeError(cause: Error, what: string): RegError {
  const isClosed = 'code' in cause && (cause.code === 'EPIPE' || cause.code === 'ERR_STREAM_DESTROYED');
  if (isClosed) return new RegError('ABORTED', `nobody reads ${what} any more`, { cause });
  const code = errnoOf(cause) ?? cause.message;
  return new RegError(isFull(code) ? 'DISK_FULL' : 'DISK_ERROR', `cannot write ${what}: ${reasonFor(code)}`, {
    cause,
    ...hintFor(code),
  });
}
