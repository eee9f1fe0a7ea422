/** The bearer tokens of one registry: each fetched once, used as long as it lives, by all that it covers. */

import type { Clock } from '../../content/retry.js';
import { coversScopes } from './scope.js';
import type { Token } from './token.js';

/** How long before its end a token is no longer used, in milliseconds: it has to live until it arrives. */
const MARGIN_MS = 5_000;

export interface Wanted {
  /** Realm, service, and whom the token was given to. */
  readonly issuer: string;
  readonly scopes: readonly string[];
  /** Only a token that was asked for at this time of the clock or later will do. Default: any. */
  readonly since?: number | undefined;
}

interface Entry extends Wanted {
  readonly value: Promise<string>;
  readonly askedAt: number;
  /** Infinity while the token is under way. */
  endsAt: number;
}

export class TokenCache {
  readonly #clock: Clock;
  #entries: readonly Entry[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A token, or one under way, that allows all that is wanted. */
  find({ issuer, scopes, since = -Infinity }: Wanted): Promise<string> | undefined {
    const now = this.#clock.now();
    this.#entries = this.#entries.filter(({ endsAt }) => now < endsAt - MARGIN_MS);
    return this.#entries.find(
      (entry) => entry.issuer === issuer && entry.askedAt >= since && coversScopes(entry.scopes, scopes),
    )?.value;
  }

  /** Fetches a token and keeps it; whoever wants it meanwhile waits for the same. */
  fetch(wanted: Wanted, task: () => Promise<Token>): Promise<string> {
    const askedAt = this.#clock.now();
    const fetching = task();
    const value = fetching.then((token) => token.value);
    const entry: Entry = { ...wanted, value, askedAt, endsAt: Infinity };
    this.#entries = [...this.#entries, entry];
    fetching.then(
      ({ lifeMs }) => (entry.endsAt = this.#clock.now() + lifeMs),
      () => this.#drop(entry),
    );
    return entry.value;
  }

  /** How long the token `value` will be used, in milliseconds; undefined for one that is not kept. */
  async lifeOf(value: string): Promise<number | undefined> {
    for (const { endsAt, value: kept } of this.#entries)
      if (endsAt !== Infinity && (await kept) === value) return endsAt - this.#clock.now();
    return undefined;
  }

  /** Never uses the token `value` again. */
  async forget(value: string): Promise<void> {
    for (const entry of this.#entries) {
      // One under way cannot be the one that was refused.
      if (entry.endsAt !== Infinity && (await entry.value) === value) this.#drop(entry);
    }
  }

  #drop(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }
}
