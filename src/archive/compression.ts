/** Compressed streams, told apart by their first bytes; names and labels are not believed. */

import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';

import type { CallOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { throwIfAborted } from '../content/abort.js';
import { withinWindow } from './zstd-window.js';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Number of first bytes that `sniffCompression` needs. */
export const MAGIC_LENGTH = 6;

const CHUNK_SIZE = 256 * 1024;

/** What is unpacked at once, in bytes: a bomb can make some thousand times as many of them. */
const SLICE_SIZE = 1024;

/** What `head`, the first bytes of a stream, says of it. Throws UNSUPPORTED for bzip2 and xz. */
export function sniffCompression(head: Uint8Array, what: string): Compression {
  const magic = Buffer.from(head.subarray(0, MAGIC_LENGTH)).toString('hex');
  if (magic.startsWith('1f8b')) return 'gzip';
  if (magic.startsWith('28b52ffd')) return 'zstd';
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

/** `chunks` decompressed. Throws UNSAFE_ARCHIVE when they are damaged. */
export function decompress(
  chunks: AsyncIterable<Uint8Array>,
  { compression, ...options }: CompressionOptions & { readonly compression: Compression },
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return chunks;
  if (compression === 'gzip') return through(chunks, zlib.createGunzip({ chunkSize: CHUNK_SIZE }), options);
  return explained(unpackZstd(chunks, options), options);
}

/** `chunks` compressed with gzip: the same bytes each time from the same Node on the same kind of machine. */
export function gzip(
  chunks: AsyncIterable<Uint8Array>,
  options: CompressionOptions,
): AsyncIterable<Uint8Array> {
  return through(chunks, zlib.createGzip({ level: 6, chunkSize: CHUNK_SIZE }), options);
}

async function* through(
  chunks: AsyncIterable<Uint8Array>,
  engine: Transform,
  { what, signal }: CompressionOptions,
): AsyncGenerator<Uint8Array> {
  // Its failures end the engine, which tells of them; what stands behind the compressed bytes is of no interest.
  pipeline(chunks, engine, signal === undefined ? {} : { signal }).catch(() => {});
  try {
    yield* explained(engine, { what, signal });
  } finally {
    engine.destroy();
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
  for await (const chunk of withinWindow(chunks, what)) {
    for (let from = 0; from < chunk.byteLength; from += SLICE_SIZE) {
      throwIfAborted(signal);
      engine.push(chunk.subarray(from, from + SLICE_SIZE));
      yield* unpacked.splice(0);
    }
  }
  engine.push(new Uint8Array(), true);
  yield* unpacked.splice(0);
}
