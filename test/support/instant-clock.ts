import type { Clock } from '../../src/content/retry.js';

/** A clock on which no wait takes time; `waits` has how long each would have been, in milliseconds. */
export function instantClock(): Clock & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      waits.push(ms);
      now += ms;
    },
    random: () => 0,
  };
}
