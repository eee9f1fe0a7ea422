/** What is said of a number of runs. */

/** Of one quantity over all runs. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of at least one value. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (index: number): number => {
    const value = sorted[index];
    if (value === undefined) throw new Error('There is no spread of no values.');
    return value;
  };
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/**
 * The ratio of two series taken in turn, pair by pair: what slows the machine for a while slows both of a pair. `less`
 * is a third series that is taken off the first.
 */
export function pairedRatio(
  ours: readonly number[],
  theirs: readonly number[],
  { less = [] }: { readonly less?: readonly number[] } = {},
): Spread {
  return spread(theirs.map((value, run) => ((ours[run] ?? Number.NaN) - (less[run] ?? 0)) / value));
}
