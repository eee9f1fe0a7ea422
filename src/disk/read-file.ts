/** Reads large files in pieces, the next one on its way while this one is used. */

import { closeSync, constants, fstatSync, openSync, read, readSync, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';

import { throwIfAborted } from '../content/abort.js';
import type { CallOptions, OpenOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { Digester, type Algorithm, type Digest } from '../spec/digest.js';
import { quoteText } from '../spec/text.js';
import { NO_FOLLOW, onDisk } from './files.js';

/** In bytes. Pieces of a megabyte are no quicker, and what waits to be collected of them is 20 MB more. */
const PIECE_SIZE = 256 * 1024;

/** The same of pieces that are only lent: nothing of them has to be collected, and fewer cost less. */
const LENT_SIZE = 1024 * 1024;

/** Up to so many bytes are read at once: to hand that to one of Node's threads takes ten times as long. */
const SMALL = 64 * 1024;

/** One in so many small reads goes to a thread all the same, so that signals and timers have their turn. */
const AT_ONCE = 64;
let smallReads = 0;

interface ReadFromOptions extends OpenOptions {
  /** Whether the file that was opened is the one that was meant. */
  readonly check: (stats: Stats) => boolean;
}

/** The bytes of a file. It is opened when the first one is asked for, so an iteration never begun holds nothing. */
export async function* readFrom(
  path: string,
  { from = 0, to = Infinity, check, ...options }: ReadFromOptions,
): AsyncGenerator<Uint8Array> {
  const file = await onDisk({ verb: 'read', path }, () => openToRead(path));
  try {
    const stats = fstatSync(file);
    if (!check(stats))
      throw new RegError('STORE_CORRUPT', `${quoteText(path)} was changed while it was read`);
    yield* pieces(file, { ...options, path, from, size: Math.min(to, stats.size) });
  } finally {
    closeSync(file);
  }
}

/** Hashes all that a file holds. Throws the system's own errors. */
export async function digestFile(
  path: string,
  algorithm: Algorithm,
  { signal }: CallOptions = {},
): Promise<{ readonly digest: Digest; readonly stats: Stats }> {
  const digester = new Digester(algorithm);
  const file = openToRead(path);
  try {
    const stats = fstatSync(file);
    for await (const piece of pieces(file, { path, from: 0, size: stats.size, borrows: true, signal }))
      digester.update(piece);
    return { digest: digester.digest(), stats };
  } finally {
    closeSync(file);
  }
}

function openToRead(path: string): number {
  return openSync(path, constants.O_RDONLY | NO_FOLLOW);
}

/** What an open file holds. */
export async function* piecesOf(
  handle: FileHandle,
  { from = 0, to = Infinity, ...options }: OpenOptions & { readonly path: string },
): AsyncGenerator<Uint8Array> {
  const { size } = fstatSync(handle.fd);
  yield* pieces(handle.fd, { ...options, from, size: Math.min(to, size) });
}

interface Span {
  /** For messages. */
  readonly path: string;
  readonly from: number;
  /** Where the span ends; sooner when the file does. */
  readonly size: number;
}

async function* pieces(
  file: number,
  { path, from, size, borrows = false, signal }: Span & Pick<OpenOptions, 'borrows' | 'signal'>,
): AsyncGenerator<Uint8Array> {
  // While one is in use the next bytes come into the other.
  let [buffer, other] = borrows ? [lentBuffer(size - from), lentBuffer(size - from)] : [];
  let next = readAt(file, { path, from, size, buffer });
  try {
    for (let position = from; position < size;) {
      const piece = await next;
      throwIfAborted(signal);
      if (piece.byteLength === 0) return;
      position += piece.byteLength;
      [buffer, other] = [other, buffer];
      next = readAt(file, { path, from: position, size, buffer });
      yield piece;
    }
  } finally {
    // The file must not be closed under a read.
    await next.catch(() => {});
  }
}

function lentBuffer(length: number): Buffer {
  return Buffer.allocUnsafeSlow(Math.max(0, Math.min(LENT_SIZE, length)));
}

interface Reading extends Span {
  /** Where the bytes are to be; default: a buffer of its own for each piece, which the consumer may keep. */
  readonly buffer?: Buffer | undefined;
}

/** The next bytes of an open file, which must stay open until they have come: none past its end or the end of the span. */
export function readAt(file: number, { path, from, size, buffer }: Reading): Promise<Uint8Array> {
  const length = Math.max(0, Math.min(buffer?.byteLength ?? PIECE_SIZE, size - from));
  const reading = onDisk({ verb: 'read', path }, async () => {
    const bytes = buffer?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
    if (length === 0) return bytes;
    return bytes.subarray(0, await readInto(bytes, file, from));
  });
  // Heard of when its turn comes, or of no interest any more.
  reading.catch(() => {});
  return reading;
}

/** The number of bytes that were read. */
async function readInto(buffer: Buffer, file: number, from: number): Promise<number> {
  if (buffer.byteLength <= SMALL && ++smallReads % AT_ONCE > 0)
    return readSync(file, buffer, 0, buffer.byteLength, from);
  return (await promisify(read)(file, buffer, 0, buffer.byteLength, from)).bytesRead;
}
