/** Reads a file by its chunks, each verified before a byte of it is passed on. */

import { streamOf } from '../content/read.js';
import type { CallOptions, Content } from '../content/types.js';
import { verified, Verifier } from '../content/verify.js';
import type { Holder } from '../disk/holder.js';
import { shortDigest } from '../spec/digest.js';
import { UNKNOWN_TYPE } from '../spec/media-type.js';
import { decompress } from '../tar/compression.js';
import { StreamInput, take } from '../tar/input.js';
import { countedBy, type Quota } from '../tar/quota.js';
import type { Chunk } from './table.js';

/** Chunks that are larger, compressed, are not taken into memory before they are unpacked, in bytes. */
const MAX_PACKED = 16 * 1024 * 1024;

const ZEROS = Buffer.alloc(64 * 1024);

export interface ReadChunksOptions extends CallOptions {
  readonly compression: 'gzip' | 'zstd';
  /** Keeps each chunk until it is verified. */
  readonly holder: Holder;
  /** Bounds what comes out of few bytes, or of none. */
  readonly quota: Quota;
}

/**
 * The bytes of `chunks`, which are those of a file in order; what lies together is fetched at once. Throws DIGEST_MISMATCH,
 * SIZE_MISMATCH, UNSAFE_ARCHIVE, TOO_LARGE, and what the content throws.
 */
export async function* readChunks(
  content: Content,
  chunks: readonly Chunk[],
  options: ReadChunksOptions,
): AsyncGenerator<Uint8Array> {
  for (const run of runsOf(chunks)) {
    const [first, ...others] = run;
    if (first?.isZeros === true) yield* verifiedZeros(first, options);
    else if (first !== undefined && others.length === 0) yield* readOne(content, first, options);
    else yield* readRun(content, run, options);
  }
}

/** Groups what lies together and is small. */
function runsOf(chunks: readonly Chunk[]): readonly (readonly Chunk[])[] {
  const runs: Chunk[][] = [];
  for (const chunk of chunks) {
    const before = runs.at(-1)?.at(-1);
    const isNext = before?.to === chunk.from && isPlain(before) && isPlain(chunk);
    if (isNext) runs.at(-1)?.push(chunk);
    else runs.push([chunk]);
  }
  return runs;
}

function isPlain({ isZeros, from, to }: Chunk): boolean {
  return !isZeros && to - from <= MAX_PACKED;
}

/** The end of a chunk may be far behind what is needed of it: the reading stops there. */
async function* readOne(
  content: Content,
  chunk: Chunk,
  options: ReadChunksOptions,
): AsyncGenerator<Uint8Array> {
  const { from, to } = chunk;
  yield* unpacked(await content.open({ from, to, signal: options.signal }), chunk, options);
}

async function* readRun(
  content: Content,
  run: readonly Chunk[],
  options: ReadChunksOptions,
): AsyncGenerator<Uint8Array> {
  const { signal } = options;
  const input = new StreamInput(await content.open({ from: run[0]?.from, to: run.at(-1)?.to, signal }));
  try {
    for (const chunk of run)
      yield* unpacked(streamOf(await take(input, chunk.to - chunk.from)), chunk, options);
  } finally {
    await input.close();
  }
}

async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  { digest, size, skip }: Chunk,
  { compression, holder, quota, signal }: ReadChunksOptions,
): AsyncGenerator<Uint8Array> {
  const what = shortDigest(digest);
  const counted = countedBy((count) => quota.addPacked(count), packed);
  const plain = decompress(counted, { compression, what, signal });
  const chunks = stretchOf(
    countedBy((count) => quota.addBytes(count, what), plain),
    { skip, size },
  );
  const held = await holder.hold(verified({ mediaType: UNKNOWN_TYPE, digest, size }, chunks));
  yield* await held.open();
  held.release();
}

/** `size` bytes behind the first `skip`, or fewer where there are no more. */
async function* stretchOf(
  chunks: AsyncIterable<Uint8Array>,
  { skip, size }: Pick<Chunk, 'skip' | 'size'>,
): AsyncGenerator<Uint8Array> {
  let start = -skip;
  for await (const chunk of chunks) {
    const wanted = chunk.subarray(Math.max(0, -start), Math.max(0, size - start));
    start += chunk.byteLength;
    if (wanted.byteLength > 0) yield wanted;
    if (start >= size) return;
  }
}

function* verifiedZeros({ digest, size }: Chunk, { quota }: ReadChunksOptions): Generator<Uint8Array> {
  quota.addBytes(size, shortDigest(digest));
  const verifier = new Verifier({ mediaType: UNKNOWN_TYPE, digest, size });
  for (const piece of zeros(size)) verifier.update(piece);
  verifier.finish();
  yield* zeros(size);
}

function* zeros(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= ZEROS.byteLength) yield ZEROS.subarray(0, left);
}
