/**
 * A large content over several connections at once, each of which fetches a stretch of what is missing:
 *
 *     ████████▒▒░░░░░████▒▒▒░░░░░░░░░░░     █ there   ▒ on its way   ░ missing
 *
 * Nothing waits for its turn, so none of it has to be kept in memory.
 */

import { hasCode } from '../errors.js';
import type { Connections, Lane } from './connections.js';
import type { Span } from './extents.js';
import type { Content, Receiver } from './types.js';

/** Length in bytes of the stretch by which a host shows for the first time whether it sends parts at all. */
export const FIRST_PART = 1024 * 1024;

/** Gives `receiver` what it lacks of `content`, over as many connections as `connections` finds to pay. */
export function spread(content: Content, receiver: Receiver, connections: Connections): Promise<void> {
  return new Spreading(content, receiver, connections).run();
}

class Spreading {
  readonly #content: Content;
  readonly #receiver: Receiver;
  readonly #connections: Connections;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  /** Missing, and not on its way; in order. */
  #left: readonly Span[];
  /** Stretches on their way. */
  #running = 0;
  /** Nothing more is begun. */
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #onEnd = (): void => {};

  constructor(content: Content, receiver: Receiver, connections: Connections) {
    const { signal } = receiver;
    this.#content = content;
    this.#receiver = receiver;
    this.#connections = connections;
    this.#signal = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
    this.#left = this.#missing();
  }

  async run(): Promise<void> {
    const stopListening = this.#connections.onRoom(() => this.#goOn());
    await new Promise<void>((resolve) => {
      this.#onEnd = resolve;
      this.#goOn();
    });
    stopListening();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Begins as many stretches as pay. */
  #goOn(): void {
    // What was given up is on its way to nobody.
    if (this.#running === 0) this.#left = this.#missing();
    while (this.#isWanted()) void this.#fetch();
    if (this.#running === 0) this.#onEnd();
  }

  #isWanted(): boolean {
    if (this.#isOver || this.#left.length === 0) return false;
    // One connection can be denied to nobody.
    if (this.#running === 0) return true;
    const { sendsParts, isOneEnough } = this.#connections;
    return (
      sendsParts === true &&
      !isOneEnough &&
      this.#connections.isWorthIt(lengthOf(this.#left)) &&
      this.#connections.hasRoom(0)
    );
  }

  async #fetch(): Promise<void> {
    const lane = this.#connections.enter();
    const span = this.#take();
    this.#running += 1;
    try {
      this.#learn(span, await this.#read(span, lane));
    } catch (error) {
      if (hasCode(error, 'UNSUPPORTED') && span.to < this.#size) this.#connections.sendsParts = false;
      else this.#fail(error);
    }
    this.#running -= 1;
    lane.leave();
    this.#goOn();
  }

  /** Reads a stretch to its end; answers where that was. */
  async #read({ from, to }: Span, lane: Lane): Promise<number> {
    const stretch = this.#receiver.begin(from);
    // One of its own: Node warns of many who listen to the same one.
    const signal = AbortSignal.any([this.#signal]);
    let position = from;
    try {
      for await (const bytes of await this.#content.open({ from, to, signal })) {
        position += bytes.byteLength;
        lane.count(bytes.byteLength);
        await stretch.add(bytes);
      }
    } finally {
      await stretch.end();
    }
    return position;
  }

  /** A host that goes on past the end of a stretch sends no parts; one that ends before it has no more. */
  #learn({ to }: Span, end: number): void {
    if (end < to) this.#isOver = true;
    else if (end > to) this.#connections.sendsParts = false;
    else if (to < this.#size) this.#connections.sendsParts ??= true;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#isOver = true;
    this.#abort.abort(error);
  }

  /** The next stretch, taken from what is left: the first bytes that are missing, so that there are as few gaps as can be. */
  #take(): Span {
    const [first = { from: 0, to: 0 }, ...others] = this.#left;
    const { from } = first;
    const to =
      this.#connections.sendsParts === false
        ? this.#size
        : Math.min(first.to, from + Math.floor(this.#length()));
    this.#left =
      to < first.to ? [{ from: to, to: first.to }, ...others] : others.filter((each) => each.from >= to);
    return { from, to };
  }

  #length(): number {
    const { sendsParts, isOneEnough } = this.#connections;
    if (sendsParts === undefined) return FIRST_PART;
    return isOneEnough ? Infinity : this.#connections.stretchLength(lengthOf(this.#left));
  }

  get #size(): number {
    return this.#content.descriptor.size;
  }

  #missing(): readonly Span[] {
    return this.#receiver.held.missing({ from: 0, to: this.#size });
  }
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}
