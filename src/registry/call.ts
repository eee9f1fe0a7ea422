/** One request under way: what may end it, and how that is told. */

import type { CallOptions } from '../content/types.js';
import { abortError } from '../content/abort.js';
import { IdleTimer } from './idle.js';
import { networkError, timeoutError, type Phase, type Situation } from './network-error.js';
import type { Sending } from './request-body.js';

export class Call implements Sending {
  readonly signal: AbortSignal;
  /** Runs until the answer begins. */
  readonly timer: IdleTimer;
  isUnderWay = false;
  readonly #limitMs: number;
  readonly #peer: string;
  readonly #idle = new AbortController();

  constructor({ signal }: CallOptions, { peer, limitMs }: Pick<Situation, 'peer' | 'limitMs'>) {
    this.#limitMs = limitMs;
    this.#peer = peer;
    this.signal = signal === undefined ? this.#idle.signal : AbortSignal.any([signal, this.#idle.signal]);
    this.timer = this.createTimer(() => this.#phase());
  }

  /** A timer that ends this call with TIMEOUT. */
  createTimer(phase: () => Phase): IdleTimer {
    return new IdleTimer(this.#limitMs, () => this.#idle.abort(timeoutError(this.#situation(phase()))));
  }

  /** What went wrong, for the caller. */
  explain(cause: unknown, phase = this.#phase()): unknown {
    return this.signal.aborted ? abortError(this.signal) : networkError(cause, this.#situation(phase));
  }

  #phase(): Phase {
    return this.isUnderWay ? 'upload' : 'answer';
  }

  #situation(phase: Phase): Situation {
    return { peer: this.#peer, phase, limitMs: this.#limitMs };
  }
}
