/** Compressed streams, told apart by their first bytes; names and labels are not believed. */

import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, type Gunzip, type Gzip } from 'node:zlib';

import type { CallOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { throwIfAborted } from '../content/abort.js';
import { Feed } from './feed.js';
import { createWindowCheck } from './zstd-window.js';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Number of first bytes that `sniffCompression` needs. */
export const MAGIC_LENGTH = 6;

const CHUNK_SIZE = 256 * 1024;

/** What a stream of zstd may begin with, too (RFC 8878, 3.1.2); pzstd writes such frames. */
const SKIPPABLE = /^5[0-9a-f]2a4d18/;

/** What is unpacked at once, in bytes: a bomb can make some thousand times as many of them. */
const SLICE_SIZE = 1024;

/** What `head`, the first bytes of a stream, says of it. Throws UNSUPPORTED for bzip2 and xz. */
export function sniffCompression(head: Uint8Array, what: string): Compression {
  const magic = Buffer.from(head.subarray(0, MAGIC_LENGTH)).toString('hex');
  if (magic.startsWith('1f8b')) return 'gzip';
  if (magic.startsWith('28b52ffd') || SKIPPABLE.test(magic)) return 'zstd';
  const other = magic.startsWith('425a68') ? 'bzip2' : magic === 'fd377a585a00' ? 'xz' : undefined;
  if (other === undefined) return 'none';
  throw new RegError('UNSUPPORTED', `${what} is compressed with ${other}, which is not supported`, {
    hint: 'Decompress it first, or compress it with gzip.',
  });
}

export interface CompressionOptions extends CallOptions {
  /** What is read, for messages: `"image.tar"`. */
  readonly what: string;
}

/** `chunks` decompressed, which are read to their end. Throws UNSAFE_ARCHIVE when they are damaged. */
export function decompress(
  chunks: AsyncIterable<Uint8Array>,
  { compression, ...options }: CompressionOptions & { readonly compression: Compression },
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return chunks;
  if (compression === 'gzip') return through(chunks, createGunzip({ chunkSize: CHUNK_SIZE }), options);
  return explained(unpackZstd(chunks, options), options);
}

/** `chunks` decompressed as their first bytes ask for. Throws UNSUPPORTED for bzip2 and xz, UNSAFE_ARCHIVE. */
export async function* unpack(
  chunks: AsyncIterable<Uint8Array>,
  options: CompressionOptions,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    const first = await firstOf(iterator);
    const compression = sniffCompression(Buffer.concat(first), options.what);
    yield* decompress(onward(first, iterator), { ...options, compression });
  } finally {
    await iterator.return?.();
  }
}

/** As many chunks as tell how they are compressed. */
async function firstOf(chunks: AsyncIterator<Uint8Array>): Promise<readonly Uint8Array[]> {
  const first: Uint8Array[] = [];
  for (let length = 0; length < MAGIC_LENGTH;) {
    const result = await chunks.next();
    if (result.done === true) break;
    first.push(result.value);
    length += result.value.byteLength;
  }
  return first;
}

async function* onward(
  first: readonly Uint8Array[],
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  for (;;) {
    const result = await chunks.next();
    if (result.done === true) return;
    yield result.value;
  }
}

/** `chunks` compressed with gzip: the same bytes each time from the same Node on the same kind of machine. */
export function gzip(
  chunks: AsyncIterable<Uint8Array>,
  options: CompressionOptions,
): AsyncIterable<Uint8Array> {
  return through(chunks, createGzip({ level: 6, chunkSize: CHUNK_SIZE }), options);
}

async function* through(
  chunks: AsyncIterable<Uint8Array>,
  engine: Gzip | Gunzip,
  { what, signal }: CompressionOptions,
): AsyncGenerator<Uint8Array> {
  const feed = new Feed(chunks);
  // Its failures end the engine, which tells of them.
  pipeline(feed.pieces(), engine, signal === undefined ? {} : { signal }).catch(() => {});
  try {
    yield* explained(engine, { what, signal });
    if ((await feed.size()) > engine.bytesWritten)
      throw new RegError('UNSAFE_ARCHIVE', `${what} has something behind its compressed bytes`);
  } finally {
    engine.destroy();
    await feed.close();
  }
}

/** What `output` yields, and its failures in our words. */
async function* explained(
  output: AsyncIterable<unknown>,
  { what, signal }: CompressionOptions,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of output) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof RegError) throw error;
    const reason = error instanceof Error ? cleanText(error.message) : 'unknown error';
    throw new RegError('UNSAFE_ARCHIVE', `the compressed bytes of ${what} are damaged: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * Not by Node's own zstd, which is several times faster and there since 22.15, but ends without a word after the first
 * frame, and 22.x also where that is cut off (seen with 22.23 and 24.21).
 */
async function* unpackZstd(
  chunks: AsyncIterable<Uint8Array>,
  { what, signal }: CompressionOptions,
): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  const unpacked: Uint8Array[] = [];
  const engine = new Decompress((chunk) => void unpacked.push(chunk));
  const checkWindows = createWindowCheck(what);
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.byteLength; from += SLICE_SIZE) {
      throwIfAborted(signal);
      const slice = chunk.subarray(from, from + SLICE_SIZE);
      checkWindows(slice);
      engine.push(slice);
      yield* unpacked.splice(0);
    }
  }
  engine.push(new Uint8Array(), true);
  yield* unpacked.splice(0);
}
