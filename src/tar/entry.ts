/** One entry of a tar: what its header and the extended headers before it say, put together. */

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { required, type Header } from './header.js';
import { decodeName } from './name.js';
import { time, wholeNumber, type PaxRecords } from './pax.js';

export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';

/** What is told of an entry before its content. */
export interface EntryFacts {
  /** As it stands in the tar, by `decodeName`: may begin with a slash, or lead anywhere. */
  readonly name: string;
  readonly type: EntryType;
  /** The permissions and what stands above them: 0 to 07777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970, with a fraction where there is one. */
  readonly mtime: number;
  /** Length of the content in bytes; 0 for what is no file. */
  readonly size: number;
  /** Of a symbolic link: where it leads, as it stands. Of a hard link: the name of another entry. Else empty. */
  readonly target: string;
  /** Major and minor number of a device; else zeros. */
  readonly device: readonly [number, number];
  /** Extended attributes by name. Values are bytes. */
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

/** A header and what came before it. */
export interface Headers {
  readonly header: Header;
  readonly pax: PaxRecords;
  /** GNU tar's long names. */
  readonly longName?: Buffer | undefined;
  readonly longTarget?: Buffer | undefined;
}

const TYPES: ReadonlyMap<string, EntryType> = new Map([
  ['0', 'file'],
  // "Contiguous": a file like any other.
  ['7', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'character'],
  ['4', 'block'],
  ['5', 'directory'],
  ['6', 'fifo'],
]);

/** Where libarchive, Go and Docker have extended attributes. */
const XATTR = 'SCHILY.xattr.';

/** -1, which is no user, in 32 bits. */
const NOBODY = 0xffff_ffff;

/** As far as dates go, in seconds. */
const MAX_TIME = 8.64e12;

/** What eleven octal digits hold. */
const MAX_OCTAL_SIZE = 0o77777777777;

/** Throws UNSAFE_ARCHIVE for numbers that are out of range, UNSUPPORTED for entries that we can't read. */
export function describeEntry(headers: Headers): EntryFacts {
  const { header, pax } = headers;
  if (header.flag === 'S' || [...pax.keys()].some((key) => key.startsWith('GNU.sparse.')))
    throw new RegError('UNSUPPORTED', 'it is a sparse file, which no image may have');
  const nameBytes = pax.get('path') ?? headers.longName ?? header.name;
  const name = nameOf(nameBytes);
  const kind = kindOf(header.flag);
  const size = kind === 'file' ? sizeOf(pax.get('size'), header.size) : 0;
  return {
    name,
    type: typeOf(kind, { name, size }),
    mode: header.mode & 0o7777,
    uid: ownerOf(pax.get('uid'), header.uid),
    gid: ownerOf(pax.get('gid'), header.gid),
    mtime: timeOf(pax.get('mtime'), header.mtime),
    size,
    target: nameOf(pax.get('linkpath') ?? headers.longTarget ?? header.target),
    device: header.device,
    xattrs: xattrsOf(pax),
  };
}

function kindOf(flag: string): EntryType {
  const kind = TYPES.get(flag);
  if (kind !== undefined) return kind;
  throw new RegError('UNSUPPORTED', `it is of a kind unknown here, ${quoteText(flag)}`);
}

/** A slash at the end is how tars before POSIX have folders. */
function typeOf(
  kind: EntryType,
  { name, size }: { readonly name: string; readonly size: number },
): EntryType {
  if (kind !== 'file' || !name.endsWith('/')) return kind;
  if (size === 0) return 'directory';
  // Content for some programs, further headers for others.
  throw new RegError('UNSAFE_ARCHIVE', 'it is a directory with content');
}

function nameOf(bytes: Buffer): string {
  if (!bytes.includes(0)) return decodeName(bytes);
  throw new RegError('UNSAFE_ARCHIVE', 'its name has a zero byte in it');
}

function ownerOf(record: Buffer | undefined, inHeader: number): number {
  const id = record === undefined ? inHeader : required(wholeNumber(record), 'owner');
  if (id >= 0 && id < NOBODY) return id;
  throw new RegError('UNSAFE_ARCHIVE', `its owner or group ${id} is out of range`);
}

function timeOf(record: Buffer | undefined, inHeader: number): number {
  const seconds = record === undefined ? inHeader : required(time(record), 'time');
  if (Math.abs(seconds) <= MAX_TIME) return seconds;
  throw new RegError('UNSAFE_ARCHIVE', `its time ${seconds} is out of range`);
}

/**
 * The record counts, but a header that says something else about a size that it could hold is a trap: other programs
 * would take the content for headers, or headers for content (CVE-2025-62518).
 */
function sizeOf(record: Buffer | undefined, inHeader: number): number {
  const size = record === undefined ? inHeader : required(wholeNumber(record), 'size');
  if (size < 0) throw new RegError('UNSAFE_ARCHIVE', `its size ${size} is out of range`);
  if (size === inHeader || inHeader === 0 || size > MAX_OCTAL_SIZE) return size;
  throw new RegError('UNSAFE_ARCHIVE', `it has two sizes, ${inHeader} and ${size}`);
}

/** Of nearly every entry; one for all, as an image may have hundreds of thousands. */
const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();

function xattrsOf(pax: PaxRecords): ReadonlyMap<string, Buffer> {
  if (pax.size === 0) return NO_XATTRS;
  const found = [...pax].filter(([key]) => key.startsWith(XATTR));
  if (found.length === 0) return NO_XATTRS;
  // Copies: what the records lie in is larger, and not kept.
  return new Map(found.map(([key, value]) => [key.slice(XATTR.length), Buffer.from(value)]));
}
