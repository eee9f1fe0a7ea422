/** The wait for the other side, limited. */

/** Calls `onIdle` when a wait lasts too long. */
export class IdleTimer {
  readonly #limitMs: number;
  readonly #onIdle: () => void;
  /** Runs on through our turns: to stop it and begin anew with each piece of a body costs more than to ignore it. */
  #timer: NodeJS.Timeout | undefined;
  #isWaiting = false;
  #isOver = false;

  constructor(limitMs: number, onIdle: () => void) {
    this.#limitMs = limitMs;
    this.#onIdle = onIdle;
  }

  /** A wait begins, or begins anew because something moved. */
  start(): void {
    if (this.#isOver) return;
    this.#isWaiting = true;
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#tell(), this.#limitMs);
    else this.#timer.refresh();
  }

  /** It is our turn: the other side need not do anything. */
  pause(): void {
    this.#isWaiting = false;
  }

  /** No wait counts any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #tell(): void {
    if (this.#isWaiting) this.#onIdle();
  }
}
