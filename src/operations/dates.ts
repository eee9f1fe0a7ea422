/** Dates and spans of time, as people and as documents have them. */

const DAY_MS = 86_400_000;
const UNITS = [
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `2026-03-02`; milliseconds since 1970. */
export function formatDate(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** `2026-03-02T10:15:00Z` (RFC 3339), without the milliseconds, which no peer writes. */
export function formatTimestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `96 days`, `3 days ago` */
export function days(ms: number): string {
  const count = Math.floor(Math.abs(ms) / DAY_MS);
  return `${count} ${count === 1 ? 'day' : 'days'}${ms < 0 ? ' ago' : ''}`;
}

/** `12 hours`, `5 minutes`, `1 second`: in the largest unit of which there is one. */
export function span(ms: number): string {
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ['second', 1000];
  const count = Math.round(ms / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
