/** What says, for as long as this process runs, that it puts things in. */

import { FOREIGN_LIFE_MS, makeReady, type Parts } from './parts.js';
import type { Lease } from './work.js';

/**
 * How long a lease is put to use, in milliseconds: others, who can't see whether this process runs, take it for left behind
 * after four times as long. So that of what came in under the last one and is not named yet, too, there is one that counts.
 */
const USE_MS = FOREIGN_LIFE_MS / 4;

/** How many are held: the one in use, and the one before. */
const MOST = 2;

interface Taken {
  readonly lease: Lease;
  /** In milliseconds of the clock. */
  readonly since: number;
}

export class Leases {
  readonly #parts: Parts;
  /** The oldest first. */
  #held: readonly Taken[] = [];
  #taking: Promise<Taken> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The lease for what is put in now, with the directory made ready. Throws as `makeReady`. */
  async current(): Promise<Lease> {
    const last = this.#held.at(-1);
    if (last !== undefined && this.#parts.clock.now() - last.since < USE_MS) return last.lease;
    this.#taking ??= this.#take().finally(() => (this.#taking = undefined));
    return (await this.#taking).lease;
  }

  /** To be called when nothing is put in any more. */
  async close(): Promise<void> {
    await this.#taking?.catch(() => {});
    await this.#keep([]);
  }

  async #take(): Promise<Taken> {
    const taken = { since: this.#parts.clock.now(), lease: await makeReady(this.#parts) };
    await this.#keep([...this.#held, taken].slice(-MOST));
    return taken;
  }

  async #keep(taken: readonly Taken[]): Promise<void> {
    const over = this.#held.filter((one) => !taken.includes(one));
    this.#held = taken;
    for (const { lease } of over) await lease.release();
  }
}
