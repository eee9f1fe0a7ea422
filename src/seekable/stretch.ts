/** Brings a stretch of a layer into memory. */

import { RegError } from '../errors.js';
import { shortDigest } from '../spec/digest.js';
import type { CallOptions, Content } from '../content/types.js';

/** Largest table of contents that is read, in bytes, compressed and not; containers/storage reads up to 150 MiB. */
export const MAX_TABLE_SIZE = 128 * 1024 * 1024;

export interface StretchOptions extends CallOptions {
  readonly from: number;
  readonly to: number;
}

/**
 * The bytes from `from` up to but without `to`. Throws UNSUPPORTED where the layer can't be had in parts, SIZE_MISMATCH
 * where it ends before, TOO_LARGE over `MAX_TABLE_SIZE`.
 */
export async function readStretch(content: Content, { from, to, signal }: StretchOptions): Promise<Buffer> {
  if (to - from > MAX_TABLE_SIZE)
    throw new RegError('TOO_LARGE', `${to - from} bytes are more than is read into memory`);
  const chunks: Uint8Array[] = [];
  let left = to - from;
  for await (const chunk of await content.open({ from, to, signal })) {
    chunks.push(chunk.subarray(0, left));
    left -= Math.min(left, chunk.byteLength);
    if (left === 0) break;
  }
  if (left === 0) return Buffer.concat(chunks);
  const { digest } = content.descriptor;
  throw new RegError('SIZE_MISMATCH', `${shortDigest(digest)} ends before byte ${to}`, { digest });
}

/** All of a stream, which may have `most` bytes. Throws TOO_LARGE, and what the stream throws. */
export async function gather(
  chunks: AsyncIterable<Uint8Array>,
  { most, what }: { readonly most: number; readonly what: string },
): Promise<Buffer> {
  const gathered: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    gathered.push(chunk);
    size += chunk.byteLength;
    if (size > most) throw new RegError('TOO_LARGE', `${what} has more than ${most} bytes`);
  }
  return Buffer.concat(gathered);
}
