/**
 * Keeps V8 from taking 32 MB for what lives for a moment. It doubles that room whenever enough outlives a collection, as
 * thousands of requests do, and does not give it back. Kept small it is collected more often, for at most a twentieth
 * more of processor time. A flag of Node would do the same, but `bin/reg.js` has none to give; this one is read by V8 at
 * each collection, and a thread that is started later sets it back.
 */

import { versions } from 'node:process';
import { setFlagsFromString } from 'node:v8';

/** What takes less time needs no more room, and is spared the loading of `node:v8`. */
const AFTER_MS = 50;

/** The newest Node whose V8 is known to have the flag. One that has it no more would say so on the standard error. */
const NEWEST_MAJOR = 24;

/** To be called when work begins that may last. */
export function limitYoungMemory(): void {
  if (Number.parseInt(versions.node, 10) > NEWEST_MAJOR) return;
  setTimeout(() => setFlagsFromString('--semi-space-growth-factor=1'), AFTER_MS).unref();
}
