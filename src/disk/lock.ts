/** A lock across processes on one small file: held for a read, a change and a write, never while bytes move. */

import { createLimit, type Limit } from '../content/limit.js';
import type { Clock } from '../content/retry.js';
import type { CallOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { claimOf, type Claim, type Claims } from './claim.js';
import { formatOwner } from './owner.js';

/** How long to wait for another process, in milliseconds. */
const PATIENCE_MS = 30_000;

/** After how long a wait is announced, in milliseconds. */
const SILENCE_MS = 1000;

/** Something a person should know while it happens; safe to print. */
export interface Notice {
  readonly type: 'wait' | 'warning';
  readonly message: string;
}

export interface LockOptions {
  /** The file that the lock is about. */
  readonly path: string;
  /** What is locked, for messages: `the store "/data"`. */
  readonly what: string;
  /** Makes the folder of the file; called before the first try. */
  readonly prepare: () => Promise<void>;
  readonly claims: Claims;
  readonly clock: Clock;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

export class Lock {
  readonly #options: LockOptions;
  /** Within this process a queue is fairer, and cheaper, than asking the disk. */
  readonly #queue: Limit = createLimit(1);

  constructor(options: LockOptions) {
    this.#options = options;
  }

  /** Runs `task` while no other process changes the file. Throws STORE_LOCKED after 30 seconds. */
  hold<T>(task: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    return this.#queue(async () => {
      const claim = await this.#acquire(signal);
      try {
        return await task();
      } finally {
        await claim.release();
      }
    });
  }

  async #acquire(signal: AbortSignal | undefined): Promise<Claim> {
    const { path, what, prepare, claims, clock, onNotice } = this.#options;
    await prepare();
    const start = clock.now();
    for (let told = false; ;) {
      const claim = await claims.claim(path);
      if (claim !== undefined) return claim;
      const waited = clock.now() - start;
      if (waited >= PATIENCE_MS) throw await this.#locked();
      if (!told && waited >= SILENCE_MS) {
        told = true;
        onNotice?.({ type: 'wait', message: `waiting for ${await this.#holder()} to release ${what}` });
      }
      await clock.sleep(10 + 40 * clock.random(), signal);
    }
  }

  async #holder(): Promise<string> {
    const holder = await this.#options.claims.holderOf(this.#options.path);
    return holder?.owner === undefined ? 'another process' : formatOwner(holder.owner);
  }

  async #locked(): Promise<RegError> {
    const { path, what } = this.#options;
    const message = `${what} is locked by ${await this.#holder()}`;
    const hint = `Try again when it has ended; if it no longer runs, remove ${quoteText(claimOf(path))}.`;
    return new RegError('STORE_LOCKED', message, { hint });
  }
}
