/** Counts what a copy did, out of its events. */

import type { CopyEvent, CopyListener } from '../content/events.js';
import type { Outcome } from '../content/types.js';

/** Bytes by what became of them; every content counts once, however often it was tried. */
export interface Tally {
  /** Bytes that were moved. */
  readonly written: number;
  /** Bytes that were mounted from another repository. */
  readonly mounted: number;
  /** Bytes that were there already. */
  readonly exists: number;
}

/** A listener that counts and passes on, and the count so far. */
export function createTally(onEvent?: CopyListener): { readonly listener: CopyListener; total: () => Tally } {
  const sizes = new Map<string, { readonly outcome: Outcome; readonly size: number }>();
  const listener = (event: CopyEvent): void => {
    if (event.type === 'done') {
      const { digest, size } = event.descriptor;
      sizes.set(digest, { outcome: event.outcome, size });
    }
    onEvent?.(event);
  };
  const sum = (outcome: Outcome): number =>
    [...sizes.values()].reduce((bytes, entry) => bytes + (entry.outcome === outcome ? entry.size : 0), 0);
  return {
    listener,
    total: () => ({ written: sum('written'), mounted: sum('mounted'), exists: sum('exists') }),
  };
}
