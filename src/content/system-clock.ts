/** The clock of this machine, for everything that is no test. */

import { hrtime } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

import { abortError } from './abort.js';
import type { Clock } from './retry.js';

/** Time that only goes forward, chance, and waiting that a signal ends: what `connect` and `openStore` use by default. */
export const systemClock: Clock = {
  now() {
    // Not by `performance`, which takes a millisecond to load.
    const [seconds, nanoseconds] = hrtime();
    return seconds * 1000 + nanoseconds / 1_000_000;
  },
  random: () => Math.random(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      throw signal?.aborted === true ? abortError(signal) : error;
    }
  },
};

/** Milliseconds since 1970, as far as this machine knows. For dates that others write or read; never for waiting. */
export function wallTime(): number {
  return Date.now();
}
