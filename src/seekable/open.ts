/** Opens layers that tell what is where in them, so that one file costs no more than itself. */

import type { CallOptions, Content } from '../content/types.js';
import { isDigest, shortDigest } from '../spec/digest.js';
import { placed, type Placed } from '../tar/layer.js';
import { readEstargz } from './estargz.js';
import type { TableEntry } from './table.js';
import { readZstdChunked } from './zstd-chunked.js';

const ESTARGZ = 'containerd.io/snapshot/stargz/toc.digest';

/** Newer programs and older ones; skopeo 1.9 is one of those. */
const ZSTD_CHUNKED = ['io.github.containers.zstd-chunked', 'io.containers.zstd-chunked'] as const;

export interface Table {
  /** Of every chunk. */
  readonly compression: 'gzip' | 'zstd';
  readonly entries: readonly Placed<TableEntry>[];
}

/**
 * The table of contents of a layer, verified by the digest that its descriptor has of it; undefined where it has none. It
 * is what the maker of the image says of the layer, and nobody has compared the two. Throws UNSUPPORTED where the layer
 * can't be had in parts, DIGEST_MISMATCH, UNSAFE_ARCHIVE, TOO_LARGE, SIZE_MISMATCH, and what the content throws.
 */
export async function openTable(content: Content, { signal }: CallOptions = {}): Promise<Table | undefined> {
  const { annotations = {}, digest } = content.descriptor;
  const place = (entry: TableEntry): Placed<TableEntry> => placed(entry, `layer ${shortDigest(digest)}`);
  for (const prefix of ZSTD_CHUNKED) {
    const position = annotations[`${prefix}.manifest-position`];
    const expected = annotations[`${prefix}.manifest-checksum`];
    if (position === undefined || expected === undefined || !isDigest(expected)) continue;
    const entries = await readZstdChunked(content, { position, expected, signal });
    return { compression: 'zstd', entries: entries.map(place) };
  }
  const expected = annotations[ESTARGZ];
  if (expected === undefined || !isDigest(expected)) return undefined;
  const entries = await readEstargz(content, { expected, signal });
  return { compression: 'gzip', entries: entries.map(place) };
}
