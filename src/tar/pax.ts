/** Records of extended headers: `30 mtime=1717243200.123456789` and a line break (POSIX.1-2001, pax). */

import { RegError } from '../errors.js';

export type PaxRecords = ReadonlyMap<string, Buffer>;

const BLANK = 0x20;
const EQUALS = 0x3d;
const LINE_BREAK = 0x0a;

/** Longest number before a record; extended headers are smaller than a megabyte. */
const MAX_DIGITS = 7;

/** Of records with one key the last counts; an empty value takes it away. Throws UNSAFE_ARCHIVE. */
export function parsePax(bytes: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.byteLength;) {
    const length = lengthAt(bytes, at);
    const record = bytes.subarray(at, at + length);
    const equals = record.indexOf(EQUALS);
    const blank = record.indexOf(BLANK);
    const isWhole = record.byteLength === length && record.at(-1) === LINE_BREAK;
    if (!isWhole || equals < blank + 2) throw wrong();
    const key = record.toString('utf8', blank + 1, equals);
    const value = record.subarray(equals + 1, -1);
    if (value.byteLength === 0) records.delete(key);
    else records.set(key, value);
    at += length;
  }
  return records;
}

function lengthAt(bytes: Buffer, at: number): number {
  const [, digits] = /^(\d+) /.exec(bytes.toString('latin1', at, at + MAX_DIGITS + 1)) ?? [];
  const length = Number(digits);
  if (digits === undefined || length <= digits.length) throw wrong();
  return length;
}

function wrong(): RegError {
  return new RegError('UNSAFE_ARCHIVE', 'its extended header is damaged');
}

/** A whole number in decimal digits; undefined for anything else. */
export function wholeNumber(value: Buffer): number | undefined {
  const text = value.toString('latin1');
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}

/** Seconds with a fraction, before 1970 with a minus; undefined for anything else. */
export function time(value: Buffer): number | undefined {
  const text = value.toString('latin1');
  return /^-?\d+(?:\.\d*)?$/.test(text) ? Number(text) : undefined;
}
