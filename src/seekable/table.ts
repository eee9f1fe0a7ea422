/**
 * Tables of contents of layers: what is in a layer, and where in its compressed bytes. eStargz (stargz-snapshotter,
 * docs/estargz.md) and zstd:chunked (containers/storage, pkg/chunked/internal/minimal/compression.go) have the same JSON:
 *
 *     { "type": "reg", "name": "a", "size": 9, "offset": 126, "chunkSize": 5, "chunkDigest": "sha256:…" }
 *     { "type": "chunk",                       "offset": 180, "chunkOffset": 5, "chunkDigest": "sha256:…" }
 *
 * A table is as good as its digest, which stands in the manifest: whoever reads it checks that. One that makes no sense
 * is refused as a whole; the layer can be read without.
 */

import { RegError } from '../errors.js';
import type { Digest } from '../spec/digest.js';
import { parseJsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import type { EntryFacts } from '../tar/entry.js';
import { parseRecord, type DataRecord, type EntryRecord } from './record.js';

/** Most entries and chunks of one layer; large real ones have some hundred thousand. */
const MAX_RECORDS = 1_000_000;

/** Most objects and lists of a table, and most commas: each may take a hundred times its bytes once it is parsed. */
const MAX_NESTED = 3 * MAX_RECORDS;
const MAX_COMMAS = 32 * MAX_RECORDS;

/** A part of a file that is compressed by itself. */
export interface Chunk {
  /** Where its compressed bytes begin in the layer, and where they end at the latest. */
  readonly from: number;
  readonly to: number;
  /** Bytes before it once these are unpacked. */
  readonly skip: number;
  /** Length in bytes, unpacked. */
  readonly size: number;
  readonly digest: Digest;
  /** Nothing but zeros, which need not be fetched. */
  readonly isZeros: boolean;
}

export interface TableEntry extends EntryFacts {
  /** All the content of a file, in order. */
  readonly chunks: readonly Chunk[];
  /** Digest of the content; undefined where the table does not say, and where there is none. */
  readonly digest: Digest | undefined;
}

export interface TableOptions {
  /** For messages: `the table of contents of sha256:…`. */
  readonly what: string;
  /** Where in the layer the table begins: no content lies behind it. */
  readonly end: number;
}

/** Throws UNSAFE_ARCHIVE for whatever makes no sense, UNSUPPORTED for another version, TOO_LARGE. */
export function parseTable(json: Uint8Array, { what, end }: TableOptions): readonly TableEntry[] {
  requireFew(json, what);
  const { version, entries } = parseJsonObject(json, { what, code: 'UNSAFE_ARCHIVE' });
  if (version !== 1) throw new RegError('UNSUPPORTED', `${what} is not of version 1`);
  if (!Array.isArray(entries)) throw new RegError('UNSAFE_ARCHIVE', `${what} has no list of entries`);
  if (entries.length > MAX_RECORDS)
    throw new RegError('TOO_LARGE', `${what} has more than ${MAX_RECORDS} entries`);
  const records = entries.map((entry, at) => parseRecord(entry, `entry ${at + 1} of ${what}`));
  const ends = endsOf(records, { what, end });
  const files: { readonly first: EntryRecord; readonly parts: DataRecord[] }[] = [];
  for (const record of records) {
    if (record.facts !== undefined) files.push({ first: record, parts: [record] });
    else if (files.at(-1)?.first.facts.type === 'file') files.at(-1)?.parts.push(record);
    else throw new RegError('UNSAFE_ARCHIVE', `${what} has a part of no file`);
  }
  return files.map(({ first, parts }) => ({
    ...first.facts,
    digest: first.digest,
    chunks: first.facts.type === 'file' ? chunksOf(first, parts, ends) : [],
  }));
}

/** Throws TOO_LARGE for what would be too much once it is parsed. */
function requireFew(json: Uint8Array, what: string): void {
  let nested = 0;
  let commas = 0;
  for (const byte of json) {
    if (byte === MARKS.object || byte === MARKS.list) nested += 1;
    else if (byte === MARKS.comma) commas += 1;
  }
  if (nested > MAX_NESTED || commas > MAX_COMMAS)
    throw new RegError('TOO_LARGE', `${what} has more than ${MAX_RECORDS} entries`);
}

const MARKS = { object: 0x7b, list: 0x5b, comma: 0x2c } as const;

/** Where the compressed bytes that begin at an offset end: where the next begin. */
type Ends = ReadonlyMap<number, number>;

function endsOf(records: readonly DataRecord[], { what, end }: TableOptions): Ends {
  const edges = new Set([end]);
  for (const { offset = 0, endOffset = 0 } of records) {
    if (offset >= end || endOffset > end)
      throw new RegError('UNSAFE_ARCHIVE', `${what} has offsets that are outside of the layer`);
    edges.add(offset).add(endOffset);
  }
  const sorted = [...edges].sort((one, other) => one - other);
  return new Map(sorted.map((edge, at) => [edge, sorted[at + 1] ?? edge]));
}

/** The parts have to be the whole file, one behind the other, each with a digest. */
function chunksOf(
  { facts: { name, size }, digest }: EntryRecord,
  parts: readonly DataRecord[],
  ends: Ends,
): readonly Chunk[] {
  const wrong = (why: string): RegError =>
    new RegError('UNSAFE_ARCHIVE', `the table of contents says of ${quoteText(name)} ${why}`);
  const chunks: Chunk[] = [];
  let position = 0;
  for (const part of size === 0 && parts.length === 1 ? [] : parts) {
    const length = part.chunkSize || size - position;
    const known = part.chunkDigest ?? (parts.length === 1 ? digest : undefined);
    if (part.chunkOffset !== position || length < 1) throw wrong('that its parts overlap or leave gaps');
    if (part.offset === undefined) throw wrong('no place where it is');
    if (known === undefined) throw wrong('no digest by which it could be verified');
    chunks.push({
      from: part.offset,
      to: ends.get(part.offset) ?? part.offset,
      skip: part.innerOffset,
      size: length,
      digest: known,
      isZeros: part.isZeros,
    });
    position += length;
  }
  if (position !== size) throw wrong(`that it has ${size} bytes, and parts of ${position}`);
  return chunks;
}
