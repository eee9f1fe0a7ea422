/**
 * Keeps V8 from taking 32 MB for what lives for a moment. It doubles that room whenever enough outlives a collection, as
 * thousands of requests do, and does not give it back. Kept small it is collected more often, which costs nothing that
 * can be measured; a flag of Node would do the same, but `bin/reg.js` has none to give.
 */

import { setFlagsFromString } from 'node:v8';

/** What takes less time needs no more room, and is spared the loading of `node:v8`. */
const AFTER_MS = 50;

/** To be called when work begins that may last. */
export function limitYoungMemory(): void {
  setTimeout(() => setFlagsFromString('--semi-space-growth-factor=1'), AFTER_MS).unref();
}
