/**
 * The block of 512 bytes that stands before each entry of a tar (POSIX.1-2001, pax, "ustar Interchange Format"; GNU tar's
 * manual, "Basic Tar Format"). Numbers are checked here: what is no number, or a negative size, ends the reading.
 */

import { RegError } from '../errors.js';

export const BLOCK_SIZE = 512;

/** As it stands; what extended headers say comes on top of it. */
export interface Header {
  /** What kind of entry follows: one character, `0` for a file. */
  readonly flag: string;
  readonly name: Buffer;
  readonly target: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Major and minor number. */
  readonly device: readonly [number, number];
}

const NO_DEVICE = [0, 0] as const;

/** Whether a block is one of those that end a tar. */
export function isEmpty(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Whether the sum of a block is the one that stands in it: nothing else tells a header from any other bytes. */
export function isHeader(block: Buffer): boolean {
  const wanted = numberIn(block.subarray(148, 156));
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let at = 0; at < BLOCK_SIZE; at++) {
    if (at === 148) at = 156;
    const byte = block[at] ?? 0;
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  // Some old programs added up signed bytes, and every tar takes that, too.
  return wanted === unsigned || wanted === signed;
}

/** Reads a block that `isHeader`. Throws UNSAFE_ARCHIVE. */
export function parseHeader(block: Buffer): Header {
  const flag = String.fromCharCode(block[156] || 0x30);
  const number = (from: number, to: number, what: string): number =>
    required(numberIn(block.subarray(from, to)), what);
  return {
    flag,
    name: nameIn(block),
    target: textIn(block.subarray(157, 257)),
    mode: number(100, 108, 'mode'),
    uid: number(108, 116, 'owner'),
    gid: number(116, 124, 'group'),
    size: number(124, 136, 'size'),
    mtime: number(136, 148, 'time'),
    // Others have anything there.
    device:
      flag === '3' || flag === '4' ? [number(329, 337, 'device'), number(337, 345, 'device')] : NO_DEVICE,
  };
}

/** Bytes up to the first that is zero. */
export function textIn(field: Buffer): Buffer {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

/** Throws UNSAFE_ARCHIVE for what is no number. */
export function required(value: number | undefined, what: string): number {
  if (value !== undefined) return value;
  throw new RegError('UNSAFE_ARCHIVE', `its ${what} is not a number that makes sense`);
}

/** GNU tar has times where POSIX has the first part of a long name; star has both. */
function nameIn(block: Buffer): Buffer {
  const name = textIn(block.subarray(0, 100));
  if (block.toString('latin1', 257, 263) !== 'ustar\0') return name;
  const isStar = block.toString('latin1', 508, 512) === 'tar\0';
  const prefix = textIn(block.subarray(345, isStar ? 476 : 500));
  return prefix.byteLength === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

/** Octal digits, or base 256 where the first bit is set, as GNU tar has it; undefined where it is neither. */
function numberIn(field: Buffer): number | undefined {
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) return octal(field);
  const bytes = Buffer.from(field);
  // The second bit says whether it is negative.
  bytes[0] = (first & 0x40) === 0 ? first & 0x7f : first;
  const value = Number(BigInt.asIntN(8 * bytes.byteLength, BigInt(`0x${bytes.toString('hex')}`)));
  return Number.isSafeInteger(value) ? value : undefined;
}

function octal(field: Buffer): number | undefined {
  const text = /^[ \0]*([^\0]*?)[ ]*(?:\0|$)/.exec(field.toString('latin1'))?.[1] ?? '';
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}
