/** Times for people. */

/**
 * The day of a time as RFC 3339 has it, in UTC: `2026-10-02`. What is no time is cut to that length; what programs in Go
 * write where they know none is nothing.
 */
export function dayOf(time: string): string {
  if (time.startsWith('0001-01-01')) return '';
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? time.slice(0, 10) : new Date(parsed).toISOString().slice(0, 10);
}
