/** What an authorizer is asked, and what it tells. */

import type { Scope } from '../transport.js';

/** The request that is to be authorized. */
export interface Wish {
  /** The registry's root URL. */
  readonly base: URL;
  readonly scopes: readonly Scope[];
  readonly signal?: AbortSignal | undefined;
  /**
   * When, by the clock, the request set out that was refused. What kills one token before its time, such as a machine
   * that slept, kills those beside it: only younger ones are worth another try.
   */
  readonly since?: number | undefined;
}

/** What is known of a request that was refused for good. */
export interface Refusal extends Pick<Wish, 'scopes'> {
  readonly challenge?: string | undefined;
}

/** What may be told of a token. */
export interface TokenFacts {
  readonly realm: URL;
  readonly service: string | undefined;
  /** How long it will be used, in milliseconds; undefined for one that was given to us as it is. */
  readonly lifeMs: number | undefined;
  /** What it grants, where it says so. */
  readonly scopes: readonly string[] | undefined;
}
