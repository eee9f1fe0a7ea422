/**
 * eStargz: a tar in many gzip members, the last but one of which holds a table of contents (stargz-snapshotter,
 * docs/estargz.md).
 *
 *     headers │ file │ headers, file │ … ║ stargz.index.json ║ footer, which says where that begins
 */

import { streamOf } from '../content/read.js';
import type { CallOptions, Content } from '../content/types.js';
import { RegError } from '../errors.js';
import { digestOf, shortDigest, type Digest } from '../spec/digest.js';
import { decompress } from '../tar/compression.js';
import { BLOCK_SIZE } from '../tar/header.js';
import { readTar } from '../tar/read.js';
import { gather, MAX_TABLE_SIZE, readStretch } from './stretch.js';
import { parseTable, type TableEntry } from './table.js';

const INDEX = 'stargz.index.json';

/** Read at once from the end of the layer, in bytes: the footer, and all of the table where it is small. */
const TAIL_SIZE = 64 * 1024;

/** Length in bytes of an empty gzip member whose extra field is the offset of the table; the older one has no header in it. */
const FOOTERS = [
  { size: 51, prefix: '\u001a\0SG\u0016\0' },
  { size: 47, prefix: '\u0016\0' },
] as const;
const OFFSET = /^([0-9a-f]{16})STARGZ$/;
const GZIP_HEADER_SIZE = 10;

/** Length of what follows the extra field: an empty block, and the sums. */
const FOOTER_END = 13;

/**
 * The table of a layer whose table has the digest `expected`. Throws DIGEST_MISMATCH, UNSAFE_ARCHIVE where there is none
 * or it makes no sense, and what `readStretch` throws.
 */
export async function readEstargz(
  content: Content,
  { expected, signal }: CallOptions & { readonly expected: Digest },
): Promise<readonly TableEntry[]> {
  const { digest, size } = content.descriptor;
  const what = `the table of contents of ${shortDigest(digest)}`;
  // Not to the last byte, which says nothing: who can't give parts would send the whole layer for its end.
  const tailStart = Math.max(0, size - TAIL_SIZE);
  const tail = await readStretch(content, { from: tailStart, to: size - 1, signal });
  const { offset, end } = placeOf(tail, { size, what });
  const from = Math.min(offset, tailStart);
  const head =
    offset < tailStart ? await readStretch(content, { from, to: tailStart, signal }) : tail.subarray(0, 0);
  const member = Buffer.concat([head, tail]).subarray(offset - from, end - from);
  const tar = readTar(decompress(streamOf(member), { compression: 'gzip', what, signal }), { what, signal });
  for await (const { content: bytes, ...facts } of tar) {
    if (facts.name !== INDEX) break;
    const json = await gather(bytes, { most: MAX_TABLE_SIZE, what });
    if (digestOf(json, 'sha256') !== expected)
      throw new RegError('DIGEST_MISMATCH', `${what} is not the one that its manifest names`);
    const index = {
      from: offset,
      to: end,
      skip: BLOCK_SIZE,
      size: json.byteLength,
      digest: expected,
      isZeros: false,
    };
    return [...parseTable(json, { what, end: offset }), { ...facts, digest: expected, chunks: [index] }];
  }
  throw new RegError('UNSAFE_ARCHIVE', `${what} is not where the layer says`);
}

/** Where the table begins and ends, in the layer. `tail` is its end but for the last byte. */
function placeOf(
  tail: Buffer,
  { size, what }: { readonly size: number; readonly what: string },
): { readonly offset: number; readonly end: number } {
  for (const footer of FOOTERS) {
    const start = tail.byteLength + 1 - footer.size;
    const extra = tail.toString('latin1', start + GZIP_HEADER_SIZE, start + footer.size - FOOTER_END);
    if (start < 0 || !extra.startsWith(footer.prefix)) continue;
    const offset = Number.parseInt(OFFSET.exec(extra.slice(footer.prefix.length))?.[1] ?? '', 16);
    const end = size - footer.size;
    if (offset < end) return { offset, end };
  }
  throw new RegError('UNSAFE_ARCHIVE', `${what} is not where the layer should end`);
}
