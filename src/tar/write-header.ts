/**
 * Headers as they are written (POSIX.1-2001): ustar, and before it an extended header with what ustar has no room for.
 * The same facts make the same bytes.
 */

import type { EntryFacts, EntryType } from './entry.js';
import { BLOCK_SIZE } from './header.js';
import { paddingOf } from './headers.js';
import { encodeName } from './name.js';

const FLAGS: Readonly<Record<EntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/** Where each field of ustar begins, and how many bytes it has. */
const NAME = [0, 100] as const;
const TARGET = [157, 100] as const;

type Records = Map<string, Buffer>;

/** What stands before the content of an entry. A folder's name gets its slash here. */
export function encodeHeader(facts: EntryFacts): Buffer {
  const records: Records = new Map();
  const header = ustar(facts, records);
  if (records.size === 0) return header;
  const body = encodeRecords(records);
  const extended = ustar({ ...EXTENDED, size: body.byteLength }, new Map(), 'x');
  return Buffer.concat([extended, body, Buffer.alloc(paddingOf(body.byteLength)), header]);
}

const EXTENDED: EntryFacts = {
  name: 'PaxHeaders',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  size: 0,
  target: '',
  device: [0, 0],
  xattrs: new Map(),
};

/** What does not fit goes to `records`. */
function ustar(facts: EntryFacts, records: Records, flag = FLAGS[facts.type]): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  const name = facts.type === 'directory' && !facts.name.endsWith('/') ? `${facts.name}/` : facts.name;
  putText(block, NAME, { key: 'path', text: name, records });
  putText(block, TARGET, { key: 'linkpath', text: facts.target, records });
  putNumber(block, 100, { digits: 7, value: facts.mode });
  putNumber(block, 108, { digits: 7, value: facts.uid, key: 'uid', records });
  putNumber(block, 116, { digits: 7, value: facts.gid, key: 'gid', records });
  putNumber(block, 124, { digits: 11, value: facts.size, key: 'size', records });
  putNumber(block, 136, { digits: 11, value: facts.mtime, key: 'mtime', records });
  block.write(flag, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  putNumber(block, 329, { digits: 7, value: facts.device[0] });
  putNumber(block, 337, { digits: 7, value: facts.device[1] });
  for (const [key, value] of facts.xattrs) records.set(`SCHILY.xattr.${key}`, value);
  // Counted as blanks while it is not there.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

interface TextField {
  readonly key: string;
  readonly text: string;
  readonly records: Records;
}

/** ustar is for ASCII; what is longer than the field is cut there, for programs that know no extended headers. */
function putText(block: Buffer, [at, length]: readonly [number, number], field: TextField): void {
  const bytes = encodeName(field.text);
  if (bytes.byteLength > length || bytes.some((byte) => byte >= 0x80)) field.records.set(field.key, bytes);
  block.set(bytes.subarray(0, length), at);
}

interface NumberField {
  readonly digits: number;
  readonly value: number;
  /** Where a number goes that the digits can't hold. */
  readonly key?: string;
  readonly records?: Records;
}

function putNumber(block: Buffer, at: number, { digits, value, key, records }: NumberField): void {
  const fits = Number.isSafeInteger(value) && value >= 0 && value < 8 ** digits;
  if (!fits && key !== undefined) records?.set(key, Buffer.from(decimal(value)));
  const text = (fits ? value : 0).toString(8).padStart(digits, '0');
  block.write(`${text}\0`, at, 'latin1');
}

/** Times have a fraction, as far as they are exact: microseconds. */
function decimal(value: number): string {
  return Number.isSafeInteger(value) ? `${value}` : value.toFixed(6).replace(/\.?0+$/, '');
}

function encodeRecords(records: Records): Buffer {
  return Buffer.concat(
    [...records].map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
      // The length counts its own digits.
      let length = rest.byteLength;
      while (`${length}`.length + rest.byteLength > length) length += 1;
      return Buffer.concat([Buffer.from(`${length}`), rest]);
    }),
  );
}
