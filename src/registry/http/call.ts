/** One request under way: what may end it, and how that is told. */

import type { CallOptions } from '../../content/types.js';
import { abortError } from '../../content/abort.js';
import { IdleTimer } from './idle.js';
import { networkError, timeoutError, type Phase, type Situation } from '../net/network-error.js';
import type { Sending } from './request-body.js';

export class Call implements Sending {
  readonly signal: AbortSignal;
  /** Runs until the answer begins. */
  readonly timer: IdleTimer;
  isUnderWay = false;
  readonly #limitMs: number;
  readonly #other: Pick<Situation, 'peer' | 'registry'>;
  readonly #controller = new AbortController();
  /** Made for those only that have something to end with the request. */
  #over: AbortController | undefined;
  readonly #caller: AbortSignal | undefined;
  readonly #follow = (): void => this.#controller.abort(this.#caller?.reason);

  constructor(
    { signal }: CallOptions,
    { limitMs, peer, registry }: Pick<Situation, 'limitMs' | 'peer' | 'registry'>,
  ) {
    this.#limitMs = limitMs;
    this.#other = { peer, registry };
    this.signal = this.#controller.signal;
    this.timer = this.createTimer(() => this.#phase());
    // Not by AbortSignal.any: its weak references keep all that belongs to a request until the next full collection.
    this.#caller = signal;
    signal?.addEventListener('abort', this.#follow);
    if (signal?.aborted === true) this.#follow();
  }

  get over(): AbortSignal {
    this.#over ??= new AbortController();
    return this.#over.signal;
  }

  /** A timer that ends this call with TIMEOUT. */
  createTimer(phase: () => Phase): IdleTimer {
    return new IdleTimer(this.#limitMs, () => this.#controller.abort(timeoutError(this.#situation(phase()))));
  }

  /** To be called when nothing more is to come: the caller's signal lives on. */
  end(): void {
    this.#caller?.removeEventListener('abort', this.#follow);
    // Without our reason: a source whose reader went away did nothing wrong.
    this.#over?.abort();
  }

  /** What went wrong, for the caller. */
  explain(cause: unknown, phase = this.#phase()): unknown {
    return this.signal.aborted ? abortError(this.signal) : networkError(cause, this.#situation(phase));
  }

  #phase(): Phase {
    return this.isUnderWay ? 'upload' : 'answer';
  }

  #situation(phase: Phase): Situation {
    return { ...this.#other, phase, limitMs: this.#limitMs };
  }
}
