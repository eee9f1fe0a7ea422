/** Spans of time as Go writes them: `1s`, `1m30s`, `1.5h` (Go, `time.ParseDuration`). */

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Longest that is believed: a day. Timers beyond 24 days fire at once. */
const MAX_MS = 86_400_000;

/** In milliseconds; undefined for what is no such span, is shorter than one millisecond or longer than a day. */
export function parseGoDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  const ms = parts.reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (UNITS_MS.get(unit) ?? 0),
    0,
  );
  return ms >= 1 && ms <= MAX_MS ? ms : undefined;
}
