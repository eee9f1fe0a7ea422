/** Sizes as people read and write them, in the decimal units that docker shows. */

import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `0 B`, `1.25 kB`, `31.4 MB`, `512 MB`: three digits. */
export function formatBytes(bytes: number): string {
  const power = powerOf(bytes);
  return `${scaled(bytes, power, decimalsOf(bytes, power))} ${UNITS[power]}`;
}

/** How much of how much, in the unit of the whole: `10.2/25.3 MB`. */
export function formatShare(part: number, whole: number): string {
  const power = powerOf(whole);
  const decimals = decimalsOf(whole, power);
  return `${scaled(part, power, decimals)}/${scaled(whole, power, decimals)} ${UNITS[power]}`;
}

/** Bytes a second: `6.2 MB/s`. */
export function formatSpeed(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

const BASES: Readonly<Record<string, number>> = { '': 1000, i: 1024 };

/** Reads `500MB`, `2GiB`, `1.5 TB` or a number of bytes. Throws INVALID_ARGUMENT. */
export function parseBytes(text: string, what: string): number {
  const [, amount, unit = '', binary = ''] =
    /^(\d{1,15}(?:\.\d{1,3})?) *(?:([kmgtp]?)(i?)b?)$/i.exec(text.trim()) ?? [];
  const power = unit === '' ? 0 : ' kmgtp'.indexOf(unit.toLowerCase());
  const bytes = Math.round(Number(amount) * (BASES[binary.toLowerCase()] ?? NaN) ** power);
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new RegError('INVALID_ARGUMENT', `invalid ${what} ${quoteText(text, 40)}`, {
    hint: 'Write a size such as 500MB, 20GiB or a number of bytes.',
  });
}

function powerOf(bytes: number): number {
  let power = 0;
  // 999.5 would be shown as 1000.
  while (bytes / 1000 ** power >= 999.5 && power < UNITS.length - 1) power += 1;
  return power;
}

function decimalsOf(bytes: number, power: number): number {
  const value = bytes / 1000 ** power;
  if (power === 0 || value >= 99.95) return 0;
  return value >= 9.995 ? 1 : 2;
}

function scaled(bytes: number, power: number, decimals: number): string {
  return (bytes / 1000 ** power).toFixed(decimals);
}
