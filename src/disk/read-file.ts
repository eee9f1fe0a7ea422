/** Reads large files in pieces, the next one on its way while this one is used. */

import { constants, fstatSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { throwIfAborted } from '../content/abort.js';
import type { CallOptions, OpenOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { Digester, type Algorithm, type Digest } from '../spec/digest.js';
import { quoteText } from '../spec/text.js';
import { NO_FOLLOW, onDisk } from './files.js';

/** In bytes. Pieces of a megabyte are no quicker, and what waits to be collected of them is 20 MB more. */
const PIECE_SIZE = 256 * 1024;

interface ReadFromOptions extends OpenOptions {
  /** Whether the file that was opened is the one that was meant. */
  readonly check: (stats: Stats) => boolean;
}

/** The bytes of a file. It is opened when the first one is asked for, so an iteration never begun holds nothing. */
export async function* readFrom(
  path: string,
  { from = 0, to = Infinity, signal, check }: ReadFromOptions,
): AsyncGenerator<Uint8Array> {
  const handle = await onDisk({ verb: 'read', path }, () => open(path, constants.O_RDONLY | NO_FOLLOW));
  try {
    const stats = fstatSync(handle.fd);
    if (!check(stats))
      throw new RegError('STORE_CORRUPT', `${quoteText(path)} was changed while it was read`);
    yield* pieces(handle, { path, from, size: Math.min(to, stats.size), signal });
  } finally {
    await handle.close();
  }
}

/** Hashes all that a file holds. Throws the system's own errors. */
export async function digestFile(
  path: string,
  algorithm: Algorithm,
  { signal }: CallOptions = {},
): Promise<{ readonly digest: Digest; readonly stats: Stats }> {
  const digester = new Digester(algorithm);
  const handle = await open(path, constants.O_RDONLY | NO_FOLLOW);
  try {
    const stats = fstatSync(handle.fd);
    for await (const piece of pieces(handle, { path, from: 0, size: stats.size, signal }))
      digester.update(piece);
    return { digest: digester.digest(), stats };
  } finally {
    await handle.close();
  }
}

/** All that an open file holds. */
export async function* piecesOf(
  handle: FileHandle,
  options: CallOptions & { readonly path: string },
): AsyncGenerator<Uint8Array> {
  const { size } = fstatSync(handle.fd);
  yield* pieces(handle, { ...options, from: 0, size });
}

interface Span extends CallOptions {
  /** For messages. */
  readonly path: string;
  readonly from: number;
  /** Where the span ends; sooner when the file does. */
  readonly size: number;
}

async function* pieces(handle: FileHandle, { path, from, size, signal }: Span): AsyncGenerator<Uint8Array> {
  let next = readAt(handle, { path, from, size });
  try {
    for (let position = from; position < size;) {
      const piece = await next;
      throwIfAborted(signal);
      if (piece.byteLength === 0) return;
      position += piece.byteLength;
      next = readAt(handle, { path, from: position, size });
      yield piece;
    }
  } finally {
    // The handle must not be closed under a read.
    await next.catch(() => {});
  }
}

/** The next bytes of an open file: none past its end or the end of the span. */
export function readAt(handle: FileHandle, { path, from, size }: Span): Promise<Uint8Array> {
  const length = Math.max(0, Math.min(PIECE_SIZE, size - from));
  const reading = onDisk({ verb: 'read', path }, async () => {
    // A buffer of its own for each piece: the consumer may keep it.
    const buffer = Buffer.allocUnsafeSlow(length);
    if (length === 0) return buffer;
    const { bytesRead } = await handle.read(buffer, 0, length, from);
    return buffer.subarray(0, bytesRead);
  });
  // Heard of when its turn comes, or of no interest any more.
  reading.catch(() => {});
  return reading;
}
