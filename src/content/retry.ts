/**
 * The one place that tries again: how often, how long between, and when to give up. Requests use it through
 * `retry`, bodies that break through `resilient`.
 */

import { hasCode, isRetryable, RegError } from '../errors.js';

/** Time and chance, so that tests can own them. */
export interface Clock {
  /** Milliseconds of a clock that never jumps; only differences mean something. */
  now(): number;
  /** Resolves after `ms`; rejects as every call does when the signal comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 up to 1. */
  random(): number;
}

export interface RetryPolicy {
  /** Tries in all; default 5. Of a server that keeps silent, at most 3. */
  readonly tries: number;
  /** Shortest wait before a try, in milliseconds; default 500. */
  readonly minWaitMs: number;
  /** Longest wait of our own choice, in milliseconds; default 10 000. */
  readonly maxWaitMs: number;
  /** How long, in all, a server may make us wait by Retry-After, in milliseconds; default 60 000. */
  readonly maxAskedMs: number;
}

export const DEFAULT_POLICY: RetryPolicy = {
  tries: 5,
  minWaitMs: 500,
  maxWaitMs: 10_000,
  maxAskedMs: 60_000,
};

/** Tries in all, at most, while the other side keeps silent: each of them takes a whole time limit. */
const SILENT_TRIES = 3;

/** How much has to come before failures are forgotten, as a share of the whole. */
const PROGRESS = 0.01;

/** One wait before another try; announced once each. */
export interface Wait {
  readonly waitMs: number;
  /** 2 for the second try. */
  readonly attempt: number;
  readonly tries: number;
  readonly error: RegError;
}

export interface RetryOptions {
  readonly clock: Clock;
  readonly policy?: RetryPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: ((wait: Wait) => void) | undefined;
}

/** Counts failures in a row and waits between them. `again` rethrows what cannot or may no longer be retried. */
export class Patience {
  readonly #options: RetryOptions;
  readonly #policy: RetryPolicy;
  #failures = 0;
  /** Failures among them that were silence. */
  #silences = 0;
  #askedMs = 0;
  /** Where the last progress that counted ended. */
  #mark = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
    this.#policy = options.policy ?? DEFAULT_POLICY;
  }

  /** Forgets the failures so far when `position` is 1 % of `size`, both in bytes, beyond where it last did. */
  advance(position: number, size: number): void {
    if (position - this.#mark < Math.max(1, size * PROGRESS)) return;
    this.#mark = position;
    this.#failures = 0;
    this.#silences = 0;
  }

  /** Waits before the next try after `error`, or throws it. */
  async again(error: unknown): Promise<void> {
    this.#failures += 1;
    const { clock, signal, onWait } = this.#options;
    const tries = this.#triesAfter(error);
    if (!isRetryable(error) || signal?.aborted || this.#failures >= tries) throw error;
    const waitMs = this.#waitAfter(error);
    onWait?.({ waitMs, attempt: this.#failures + 1, tries, error });
    await clock.sleep(waitMs, signal);
  }

  /** Tries in all that there may be once the last one ended with `error`. */
  #triesAfter(error: unknown): number {
    const { tries } = this.#policy;
    if (!hasCode(error, 'TIMEOUT')) return tries;
    this.#silences += 1;
    return Math.min(tries, this.#failures + SILENT_TRIES - this.#silences);
  }

  #waitAfter(error: RegError): number {
    const asked = error.context.retryAfterMs;
    if (asked === undefined) return this.#backoff();
    this.#askedMs += asked;
    if (this.#askedMs > this.#policy.maxAskedMs) throw comeBackLater(error, asked);
    return Math.max(asked, this.#policy.minWaitMs);
  }

  /** Full jitter over a ceiling that doubles. */
  #backoff(): number {
    const { minWaitMs, maxWaitMs } = this.#policy;
    const ceiling = Math.min(maxWaitMs, minWaitMs * 2 ** this.#failures);
    return Math.round(minWaitMs + this.#options.clock.random() * (ceiling - minWaitMs));
  }
}

/** The result of `task`, tried again while its errors are retryable. `attempt` counts from 1. */
export async function retry<T>(task: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const patience = new Patience(options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await task(attempt);
    } catch (error) {
      await patience.again(error);
    }
  }
}

function comeBackLater(error: RegError, askedMs: number): RegError {
  const seconds = Math.ceil(askedMs / 1000);
  const hint = `The server asks to come back in ${seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}.`;
  const code = hasCode(error, 'RATE_LIMITED') ? 'RATE_LIMITED' : 'SERVER_ERROR';
  return new RegError(code, error.message, { ...error.context, hint, cause: error });
}
