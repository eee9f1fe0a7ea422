/** One record of a table of contents: an entry of the layer, or a further chunk of the file before it. */

import { RegError } from '../errors.js';
import { isDigest, type Digest } from '../spec/digest.js';
import { isObject, type JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import type { EntryFacts, EntryType } from '../tar/entry.js';

/** What is told of the bytes of a file, or of a part of it. */
export interface DataRecord {
  /** Where its compressed bytes begin in the layer; undefined where there are none. */
  readonly offset: number | undefined;
  /** Where those of the whole file end; only zstd:chunked says so. */
  readonly endOffset: number | undefined;
  /** Bytes before it once what begins at `offset` is unpacked. */
  readonly innerOffset: number;
  readonly chunkOffset: number;
  /** 0 for all that is left. */
  readonly chunkSize: number;
  readonly chunkDigest: Digest | undefined;
  readonly isZeros: boolean;
}

export interface EntryRecord extends DataRecord {
  readonly facts: EntryFacts;
  /** Of the whole content. */
  readonly digest: Digest | undefined;
}

export type TableRecord = EntryRecord | (DataRecord & { readonly facts: undefined });

const TYPES: ReadonlyMap<unknown, EntryType> = new Map([
  ['reg', 'file'],
  ['dir', 'directory'],
  ['symlink', 'symlink'],
  ['hardlink', 'hardlink'],
  ['char', 'character'],
  ['block', 'block'],
  ['fifo', 'fifo'],
]);

/** Go's zero time, which stands for none; in seconds. */
const NO_TIME = -62_135_596_800;

/** `where` names the record, for messages. Throws UNSAFE_ARCHIVE. */
export function parseRecord(value: unknown, where: string): TableRecord {
  if (!isObject(value)) throw wrong(where, 'is not an object');
  const data = dataOf(value, where);
  if (value['type'] === 'chunk') return { ...data, facts: undefined };
  return { ...data, facts: factsOf(value, where), digest: digestIn(value, 'digest', where) };
}

function dataOf(value: JsonObject, where: string): DataRecord {
  return {
    offset: numberIn(value, 'offset', where),
    endOffset: numberIn(value, 'endOffset', where),
    innerOffset: numberIn(value, 'innerOffset', where) ?? 0,
    chunkOffset: numberIn(value, 'chunkOffset', where) ?? 0,
    chunkSize: numberIn(value, 'chunkSize', where) ?? 0,
    chunkDigest: digestIn(value, 'chunkDigest', where),
    isZeros: value['chunkType'] === 'zeros',
  };
}

function factsOf(value: JsonObject, where: string): EntryFacts {
  const type = TYPES.get(value['type']);
  if (type === undefined) throw wrong(where, 'is of an unknown type');
  const isLink = type === 'symlink' || type === 'hardlink';
  return {
    type,
    name: nameIn(value, where),
    // eStargz has the bits for the type in it, too.
    mode: (numberIn(value, 'mode', where) ?? 0) & 0o7777,
    uid: numberIn(value, 'uid', where) ?? 0,
    gid: numberIn(value, 'gid', where) ?? 0,
    mtime: timeIn(value, where),
    size: type === 'file' ? (numberIn(value, 'size', where) ?? 0) : 0,
    target: isLink ? textIn(value, 'linkName', where) : '',
    device: [numberIn(value, 'devMajor', where) ?? 0, numberIn(value, 'devMinor', where) ?? 0],
    xattrs: xattrsIn(value, where),
  };
}

function nameIn(value: JsonObject, where: string): string {
  const name = textIn(value, 'name', where);
  if (name === '') throw wrong(where, 'has no name');
  if (name.split('/').includes('..')) throw wrong(where, `has the name ${quoteText(name)}`);
  return name;
}

function textIn(value: JsonObject, key: string, where: string): string {
  const text = value[key] ?? '';
  if (typeof text !== 'string' || text.includes('\0')) throw wrong(where, `has an invalid ${key}`);
  return text;
}

function numberIn(value: JsonObject, key: string, where: string): number | undefined {
  const number = value[key];
  if (number === undefined || number === null) return undefined;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw wrong(where, `has an invalid ${key}`);
}

function digestIn(value: JsonObject, key: string, where: string): Digest | undefined {
  const digest = value[key];
  if (digest === undefined || digest === null || digest === '') return undefined;
  if (typeof digest === 'string' && isDigest(digest)) return digest;
  throw wrong(where, `has an invalid ${key}`);
}

function timeIn(value: JsonObject, where: string): number {
  const time = textIn(value, 'modtime', where);
  const seconds = time === '' ? 0 : Date.parse(time) / 1000;
  if (Number.isNaN(seconds)) throw wrong(where, 'has an invalid time');
  return seconds === NO_TIME ? 0 : seconds;
}

/** Of nearly every entry; one for all. */
const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();

/** Values in base64. */
function xattrsIn(value: JsonObject, where: string): ReadonlyMap<string, Buffer> {
  const { xattrs } = value;
  if (xattrs === undefined || xattrs === null) return NO_XATTRS;
  if (!isObject(xattrs)) throw wrong(where, 'has invalid attributes');
  return new Map(Object.entries(xattrs).map(([key, bytes]) => [key, Buffer.from(String(bytes), 'base64')]));
}

function wrong(where: string, what: string): RegError {
  return new RegError('UNSAFE_ARCHIVE', `${where} ${what}`);
}
