/** When a server asks us to come back (RFC 9110, 10.2.3). */

const SECONDS = /^\d{1,9}$/;
/** The three forms of a date: IMF-fixdate, RFC 850, asctime (RFC 9110, 5.6.7). */
const DATE = /^[A-Z][a-z]{2,8},? [\w -]{5,12} \d\d:\d\d:\d\d( GMT| \d{4})$/;

/**
 * Milliseconds to wait by a Retry-After header; undefined for nonsense and for what is past. `date` is the Date
 * header of the same answer: a date is measured by the server's own clock, whatever ours says.
 */
export function parseRetryAfter(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (SECONDS.test(value)) return Number(value) * 1000;
  const waitMs = parseDate(value) - parseDate(date ?? '');
  return waitMs >= 0 ? waitMs : undefined;
}

/** Milliseconds since 1970; NaN for what is no date. */
function parseDate(text: string): number {
  if (!DATE.test(text)) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
