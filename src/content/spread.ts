/**
 * A large content over several connections at once, each of which fetches a stretch of what is missing:
 *
 *     ████████▒▒░░░░░████▒▒▒░░░░░░░░░░░     █ there   ▒ on its way   ░ missing
 *
 * Nothing waits for its turn, so none of it has to be kept in memory. The first connection asks for all of it, and so
 * costs no round trip more than one alone; once others turn out to pay, they take over what it has far before it.
 */

import { hasCode } from '../errors.js';
import type { Connections, Lane } from './connections.js';
import type { Span } from './extents.js';
import type { Content, Receiver } from './types.js';

/** Length in bytes of the stretch by which a host shows for the first time whether it sends parts at all. */
export const FIRST_PART = 1024 * 1024;

/** In bytes: where less is to come, none of it is taken over. What was on its way by then, which is less, comes in vain. */
const MIN_SHARED = 8 * 1024 * 1024;

/** Gives `receiver` what it lacks of `content`, over as many connections as `connections` finds to pay. */
export function spread(content: Content, receiver: Receiver, connections: Connections): Promise<void> {
  return new Spreading(content, receiver, connections).run();
}

/** A stretch on its way. */
interface Fetch {
  readonly from: number;
  /** Offset of the next byte. */
  position: number;
  /** Where it ends: nearer than what was asked for, when others have taken over the rest. */
  to: number;
  /** Where the answer ends. */
  readonly asked: number;
}

class Spreading {
  readonly #content: Content;
  readonly #receiver: Receiver;
  readonly #connections: Connections;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  /** Missing, and not on its way; in order. */
  #left: readonly Span[];
  readonly #running = new Set<Fetch>();
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
    if (this.#running.size === 0) this.#left = this.#missing();
    while (this.#mayPay() && this.#leavesSome()) void this.#fetch();
    if (this.#running.size === 0) this.#onEnd();
  }

  /** Whether one more may pay. */
  #mayPay(): boolean {
    if (this.#isOver) return false;
    // One connection can be denied to nobody.
    if (this.#running.size === 0) return true;
    const { sendsParts, isOneEnough } = this.#connections;
    // The second connection shows whether the host sends parts at all.
    if (isOneEnough || !(sendsParts ?? this.#running.size === 1)) return false;
    const rest = this.#left.length > 0 ? lengthOf(this.#left) : restOf(this.#longest);
    return this.#connections.isWorthIt(rest) && this.#connections.hasRoom(0);
  }

  async #fetch(): Promise<void> {
    const lane = this.#connections.enter();
    const { from, to } = this.#take();
    const fetch = { from, position: from, to, asked: to };
    this.#running.add(fetch);
    try {
      await this.#read(fetch, lane);
      this.#learn(fetch);
    } catch (error) {
      if (hasCode(error, 'UNSUPPORTED') && to < this.#size) this.#goOnWhole();
      else this.#fail(error);
    }
    this.#running.delete(fetch);
    lane.leave();
    this.#goOn();
  }

  async #read(fetch: Fetch, lane: Lane): Promise<void> {
    const { from, asked } = fetch;
    const stretch = this.#receiver.begin(from);
    // One of its own: Node warns of many who listen to the same one.
    const signal = AbortSignal.any([this.#signal]);
    try {
      for await (const bytes of await this.#content.open({ from, to: asked, signal })) {
        // Not before another was seen to get its part: else all might have to come again.
        const isCut = fetch.to < asked && this.#connections.sendsParts === true;
        const wanted = isCut ? bytes.subarray(0, Math.max(0, fetch.to - fetch.position)) : bytes;
        fetch.position += wanted.byteLength;
        lane.count(bytes.byteLength);
        await stretch.add(wanted);
        // From the middle of it, nothing but a part can have come.
        if (from > 0 && asked < this.#size) this.#connections.sendsParts ??= true;
        if (isCut && fetch.position >= fetch.to) break;
        this.#goOn();
      }
    } finally {
      await stretch.end();
    }
  }

  /** A host that goes on past the end of a stretch sends no parts; one that ends before it has no more. */
  #learn({ position, to, asked }: Fetch): void {
    if (position < to) this.#isOver = true;
    else if (position > asked) this.#goOnWhole();
    else if (asked < this.#size) this.#connections.sendsParts ??= true;
  }

  /** Without others: who has asked for all gets back what they were to take over, unless he has let go of it already. */
  #goOnWhole(): void {
    this.#connections.sendsParts = false;
    this.#left = [];
    for (const fetch of this.#running) if (fetch.position < fetch.to) fetch.to = fetch.asked;
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
    // A host that sends no parts sends what is there already, too.
    const isRest = this.#connections.sendsParts === false;
    const to = isRest ? this.#size : Math.min(first.to, from + this.#length());
    const cut = to < first.to ? [{ from: to, to: first.to }] : [];
    this.#left = isRest ? [] : [...cut, ...others];
    return { from, to };
  }

  /** In bytes; without end as long as nothing is known of others for which something is to be left. */
  #length(): number {
    const { sendsParts, isOneEnough, areSeveralWanted } = this.#connections;
    const isFirst = this.#receiver.held.size === 0 && this.#running.size === 0;
    if (isOneEnough || (isFirst && !areSeveralWanted)) return Infinity;
    return sendsParts === undefined ? FIRST_PART : this.#connections.stretchLength(lengthOf(this.#left));
  }

  /** Whether something is left, which is taken from the longest stretch if need be. */
  #leavesSome(): boolean {
    if (this.#left.length > 0) return true;
    const longest = this.#longest;
    const rest = restOf(longest);
    if (longest === undefined || rest < MIN_SHARED || !this.#connections.isWorthLosing(rest)) return false;
    const { position, to } = longest;
    const from = position + this.#connections.stretchLength(rest);
    if (from >= to) return false;
    longest.to = from;
    this.#left = [{ from, to }];
    return true;
  }

  /** The stretch that has most before it. */
  get #longest(): Fetch | undefined {
    return [...this.#running].reduce<Fetch | undefined>(
      (longest, fetch) => (restOf(fetch) > restOf(longest) ? fetch : longest),
      undefined,
    );
  }

  get #size(): number {
    return this.#content.descriptor.size;
  }

  #missing(): readonly Span[] {
    return this.#receiver.held.missing({ from: 0, to: this.#size });
  }
}

function restOf(fetch: Fetch | undefined): number {
  return fetch === undefined ? 0 : fetch.to - fetch.position;
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}
