/** Spans of time as people write and read them: `500ms`, `5s`, `2m`, `1h 05m`. */

import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const SHAPE = /^(\d{1,10}(?:\.\d{1,3})?) *(ms|s|m|h|d)?$/;

/** Longest time that can be waited for: a day. Timers beyond 24 days fire at once. */
const MAX_MS = 86_400_000;

/** Longest time that can be looked back: ten years. */
const MAX_AGE_MS = 3650 * MAX_MS;

/** Reads `5s`, `500ms`, `1.5m`, `1h` or a number of seconds into milliseconds. Throws INVALID_ARGUMENT. */
export function parseDuration(text: string, what: string): number {
  const hint = 'such as 500ms, 30s or 2m, up to 24h; a number alone means seconds';
  return parseTime(text, { what, maxMs: MAX_MS, hint, usualUnit: 's' });
}

/**
 * As `parseDuration`, for times that have passed: `30d`. A number alone is none: whoever writes 30 means days, and what is
 * older than 30 seconds would be gone.
 */
export function parseAge(text: string, what: string): number {
  return parseTime(text, { what, maxMs: MAX_AGE_MS, hint: 'with its unit, such as 12h or 30d' });
}

interface TimeOptions {
  readonly what: string;
  readonly maxMs: number;
  readonly hint: string;
  /** Of a number alone; default: it is refused. */
  readonly usualUnit?: string;
}

function parseTime(text: string, { what, maxMs, hint, usualUnit = '' }: TimeOptions): number {
  const [, amount, unit = usualUnit] = SHAPE.exec(text.trim()) ?? [];
  const ms = Math.round(Number(amount) * (UNITS_MS.get(unit) ?? NaN));
  if (ms >= 1 && ms <= maxMs) return ms;
  throw new RegError('INVALID_ARGUMENT', `invalid ${what} ${quoteText(text, 40)}`, {
    hint: `Write a time ${hint}.`,
  });
}

/** A span for people: `0.4s`, `4s`, `12s`, `3m 05s`, `1h 02m`. */
export function formatDuration(ms: number): string {
  if (ms < 9950) return `${Number((ms / 1000).toFixed(1))}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${twoDigits(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
