/** The wait for the other side, limited. */

/** Calls `onIdle` when a wait lasts too long. */
export class IdleTimer {
  readonly #limitMs: number;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(limitMs: number, onIdle: () => void) {
    this.#limitMs = limitMs;
    this.#onIdle = onIdle;
  }

  /** A wait begins, or begins anew because something moved. */
  start(): void {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(this.#onIdle, this.#limitMs);
  }

  /** It is our turn: the other side need not do anything. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** No wait counts any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
