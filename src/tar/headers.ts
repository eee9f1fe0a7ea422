/** Gathers what stands before the content of an entry: its header, and the extended headers before that. */

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import type { Headers } from './entry.js';
import { BLOCK_SIZE, isEmpty, isHeader, parseHeader, textIn, type Header } from './header.js';
import { take, type TarInput } from './input.js';
import { parsePax, type PaxRecords } from './pax.js';

/** Most bytes of headers before one entry: long names and extended attributes (Go's GO-2022-1037). */
const MAX_HEADER_SIZE = 1024 * 1024;

/** What programs disagree about when it is said for all entries at once. */
const NOT_FOR_ALL = /^(?:path|linkpath|size|GNU\.sparse\..*)$/;

/** Of an input that does not begin as a tar does. */
export const NO_TAR = 'it is not a tar archive';

/** Headers as they are gathered. */
interface Gathered {
  pax?: PaxRecords;
  longName?: Buffer;
  longTarget?: Buffer;
}

/**
 * The headers of the next entry; undefined at the end of the tar, which is two empty blocks, or that of the input.
 * Throws UNSAFE_ARCHIVE, TOO_LARGE.
 */
export async function readHeaders(input: TarInput): Promise<Headers | undefined> {
  const start = input.position;
  const gathered: Gathered = {};
  const body = async ({ size }: Header): Promise<Buffer> => {
    if (input.position - start + size > MAX_HEADER_SIZE)
      throw new RegError('TOO_LARGE', `its headers have more than ${MAX_HEADER_SIZE} bytes`);
    return readBody(input, size);
  };
  for (;;) {
    const header = await readHeader(input);
    if (header === undefined && input.position > start + BLOCK_SIZE * 2) throw cutOff();
    if (header === undefined) return undefined;
    if (!(await gather(gathered, header, body)))
      return { ...gathered, header, pax: gathered.pax ?? new Map() };
  }
}

/** Whether `header` is one that says something about what follows, of which `gathered` then takes note. */
async function gather(
  gathered: Gathered,
  header: Header,
  body: (header: Header) => Promise<Buffer>,
): Promise<boolean> {
  switch (header.flag) {
    case 'g':
      return checkGlobal(parsePax(await body(header)));
    case 'x':
      return gatherOne(gathered, 'pax', parsePax(await body(header)));
    case 'L':
      return gatherOne(gathered, 'longName', textIn(await body(header)));
    case 'K':
      return gatherOne(gathered, 'longTarget', textIn(await body(header)));
    default:
      return false;
  }
}

/** Said twice, it is the first for some programs and the last for others. */
function gatherOne<Key extends keyof Gathered>(
  gathered: Gathered,
  key: Key,
  value: NonNullable<Gathered[Key]>,
): true {
  if (gathered[key] !== undefined) throw new RegError('UNSAFE_ARCHIVE', 'it has two headers of one kind');
  gathered[key] = value;
  return true;
}

/** Records for all entries that follow are passed over, as Docker does: git and others put comments there. */
function checkGlobal(records: PaxRecords): true {
  const key = [...records.keys()].find((name) => NOT_FOR_ALL.test(name));
  if (key === undefined) return true;
  throw new RegError('UNSAFE_ARCHIVE', `a header before it sets ${quoteText(key)} for all entries`);
}

async function readHeader(input: TarInput): Promise<Header | undefined> {
  const block = await take(input, BLOCK_SIZE);
  if (isEmpty(block)) return requireEnd(input, block.byteLength);
  const isFirst = input.position <= BLOCK_SIZE;
  if (block.byteLength < BLOCK_SIZE) throw isFirst ? new RegError('UNSAFE_ARCHIVE', NO_TAR) : cutOff();
  if (!isHeader(block)) throw new RegError('UNSAFE_ARCHIVE', isFirst ? NO_TAR : 'its header is damaged');
  const header = parseHeader(block);
  if (header.size >= 0) return header;
  throw new RegError('UNSAFE_ARCHIVE', `its size ${header.size} is out of range`);
}

/** Behind one empty block there has to be another, or nothing. */
async function requireEnd(input: TarInput, length: number): Promise<undefined> {
  if (length < BLOCK_SIZE || isEmpty(await take(input, BLOCK_SIZE))) return undefined;
  throw new RegError('UNSAFE_ARCHIVE', 'an empty block stands before it');
}

async function readBody(input: TarInput, size: number): Promise<Buffer> {
  const bytes = await take(input, size);
  if (bytes.byteLength < size || !(await input.skip(paddingOf(size)))) throw cutOff();
  return bytes;
}

/** Length in bytes of what fills the last block. */
export function paddingOf(size: number): number {
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
}

export function cutOff(): RegError {
  return new RegError('UNSAFE_ARCHIVE', 'it is cut off');
}
