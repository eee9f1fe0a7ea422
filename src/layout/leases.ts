/** What says, for as long as this process runs, that it puts things in. */

import { hasCode } from '../errors.js';
import { FOREIGN_LIFE_MS, makeReady, type LayoutOptions, type Parts } from './parts.js';
import type { Lease } from './work.js';

/**
 * How long a lease is put to use, in milliseconds: others, who can't see whether this process runs, take it for left behind
 * after four times as long. So that of what came in under the last one and is not named yet, too, there is one that counts.
 */
const USE_MS = FOREIGN_LIFE_MS / 4;

interface Taken {
  readonly lease: Lease;
  /** In milliseconds of the clock. */
  readonly since: number;
}

export class Leases {
  readonly #parts: Parts;
  readonly #unnamedLifeMs: number;
  /** The oldest first. */
  #held: readonly Taken[] = [];
  #taking: Promise<Taken> | undefined;

  constructor(
    parts: Parts,
    { unnamedLifeMs = Number.POSITIVE_INFINITY }: Pick<LayoutOptions, 'unnamedLifeMs'>,
  ) {
    this.#parts = parts;
    this.#unnamedLifeMs = unnamedLifeMs;
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
    const held = this.#held;
    this.#held = [];
    for (const { lease } of held) await lease.release();
  }

  async #take(): Promise<Taken> {
    const taken = { since: this.#parts.clock.now(), lease: await makeReady(this.#parts) };
    const held = [...this.#held, taken];
    // What came in under one came before the next began.
    const isWanted = (next = taken): boolean => taken.since - next.since < this.#unnamedLifeMs;
    this.#held = held.filter((one, position) => one === taken || isWanted(held[position + 1]));
    for (const one of held) if (!this.#held.includes(one)) await giveBack(one.lease);
    return taken;
  }
}

/** One that the disk does not let go of keeps more from a prune than it need, and ends with this process. */
async function giveBack(lease: Lease): Promise<void> {
  try {
    await lease.release();
  } catch (error) {
    if (!hasCode(error, 'DISK_ERROR', 'DISK_FULL')) throw error;
  }
}
