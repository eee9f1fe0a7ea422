/** Counts what a copy did, out of its events. */

import type { CopyEvent, CopyListener } from '../../content/events.js';
import type { Outcome } from '../../content/types.js';

/** Bytes by what became of them. */
export interface Tally {
  /**
   * Bytes that really moved, in all tries: of a content that an earlier run had begun only the rest, of one that had
   * to be begun again all that came before that, too.
   */
  readonly written: number;
  /** Sizes of the contents that were mounted from another repository; some may have been here, too. */
  readonly mounted: number;
  /** Sizes of the contents that were there already. */
  readonly exists: number;
}

/** A listener that counts and passes on, and the count so far. */
export function createTally(onEvent?: CopyListener): {
  readonly listener: CopyListener;
  readonly total: () => Tally;
} {
  const positions = new Map<string, number>();
  const finished = new Map<string, { readonly outcome: Outcome; readonly size: number }>();
  let written = 0;
  const listener = (event: CopyEvent): void => {
    const { digest, size } = event.descriptor;
    if (event.type === 'progress') {
      // The first position is where the content was opened, and one that falls back is where it was opened again.
      written += Math.max(0, event.position - (positions.get(digest) ?? event.position));
      positions.set(digest, event.position);
    }
    if (event.type === 'done') finished.set(digest, { outcome: event.outcome, size });
    onEvent?.(event);
  };
  const sum = (outcome: Outcome): number =>
    [...finished.values()].reduce((bytes, entry) => bytes + (entry.outcome === outcome ? entry.size : 0), 0);
  return { listener, total: () => ({ written, mounted: sum('mounted'), exists: sum('exists') }) };
}
