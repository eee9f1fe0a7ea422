/**
 * zstd:chunked: a tar in many zstd frames, behind which a skippable one holds a table of contents (containers/storage,
 * pkg/chunked/internal/minimal/compression.go). Where that is, and its digest, stand in the manifest.
 *
 *     headers │ file │ headers, file │ … ║ table of contents │ … │ footer, which nobody needs
 */

import { streamOf } from '../content/read.js';
import type { CallOptions, Content } from '../content/types.js';
import { RegError } from '../errors.js';
import { digestOf, shortDigest, type Digest } from '../spec/digest.js';
import { decompress } from '../tar/compression.js';
import { gather, MAX_TABLE_SIZE, readStretch } from './stretch.js';
import { parseTable, type TableEntry } from './table.js';

/** Offset, length, length uncompressed, and a type, of which there is one. */
const POSITION = /^(\d{1,16}):(\d{1,16}):(\d{1,16}):1$/;

export interface ZstdChunkedOptions extends CallOptions {
  /** What the manifest says of where the table is: `3001131:3100:11188:1`. */
  readonly position: string;
  /** Digest of the table, compressed as it is. */
  readonly expected: Digest;
}

/** The table of a layer. Throws DIGEST_MISMATCH, UNSAFE_ARCHIVE, TOO_LARGE, and what `readStretch` throws. */
export async function readZstdChunked(
  content: Content,
  { position, expected, signal }: ZstdChunkedOptions,
): Promise<readonly TableEntry[]> {
  const { digest, size } = content.descriptor;
  const what = `the table of contents of ${shortDigest(digest)}`;
  const [from = NaN, length = NaN, unpacked = NaN] = (POSITION.exec(position) ?? []).slice(1).map(Number);
  const to = from + length;
  if (!(from > 0 && to < size)) throw new RegError('UNSAFE_ARCHIVE', `${what} is not in the layer`);
  if (unpacked > MAX_TABLE_SIZE)
    throw new RegError('TOO_LARGE', `${what} has ${unpacked} bytes; at most ${MAX_TABLE_SIZE} are read`);
  const frame = await readStretch(content, { from, to, signal });
  if (digestOf(frame, 'sha256') !== expected)
    throw new RegError('DIGEST_MISMATCH', `${what} is not the one that its manifest names`);
  const stream = decompress(streamOf(frame), { compression: 'zstd', what, signal });
  const json = await gather(stream, { most: unpacked, what });
  if (json.byteLength !== unpacked)
    throw new RegError('SIZE_MISMATCH', `${what} has ${json.byteLength} bytes, not ${unpacked}`);
  return parseTable(json, { what, end: from });
}
