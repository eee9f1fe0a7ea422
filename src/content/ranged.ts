/**
 * A large content in parts, several on their way at once, one after the other in order:
 *
 *     read ◀── part ── part ── part ── …      the first is read as it comes, those behind it are fetched ahead
 *
 * Whoever reads sees one stream, so hashing, partial files and resuming stay what they are.
 */

import { hasCode } from '../errors.js';
import type { Connections } from './connections.js';
import { readAhead } from './read-ahead.js';
import { FIRST_PART, spread } from './spread.js';
import type { Content, OpenOptions } from './types.js';

/** What has fewer bytes to come than these is not worth a second connection. */
const MIN_SIZE = 16 * 1024 * 1024;

/**
 * `content`, fetched over as many connections as `connections` finds to pay. Comes in one piece where it is small,
 * where the host does not send parts, and where one connection is as fast as several.
 */
export function ranged(content: Content, connections: Connections): Content {
  const { size } = content.descriptor;
  return {
    ...content,
    ...(size >= MIN_SIZE && { spread: (receiver) => spread(content, receiver, connections) }),
    async open(options = {}) {
      const { from = 0, to = size } = options;
      if (to - from < MIN_SIZE || connections.sendsParts === false) return content.open(options);
      return new Parts(content, { ...options, from, to, connections }).read();
    },
  };
}

interface PartsOptions extends OpenOptions {
  readonly from: number;
  readonly to: number;
  readonly connections: Connections;
}

interface Part {
  /** Offset after its last byte. */
  readonly to: number;
  /** To be called once. */
  open(): Promise<AsyncIterable<Uint8Array>>;
  /** To be told of bytes when they are read. */
  count(bytes: number): void;
  end(): void;
}

/** One reading. */
class Parts {
  readonly #content: Content;
  readonly #options: PartsOptions;
  /** Begun, in order, and not read yet. */
  #ahead: Part[] = [];
  #abort = new AbortController();
  /** How far was read. */
  #position: number;
  /** Where the part begins that is begun next. */
  #next: number;

  constructor(content: Content, options: PartsOptions) {
    this.#content = content;
    this.#options = options;
    this.#position = options.from;
    this.#next = options.from;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    const { to, connections } = this.#options;
    const stopListening = connections.onRoom(() => this.#fetchAhead());
    try {
      this.#fetchAhead();
      while (this.#position < to) {
        const part = this.#ahead.shift() ?? this.#partInTurn();
        try {
          for await (const chunk of await part.open()) {
            this.#position += chunk.byteLength;
            part.count(chunk.byteLength);
            yield chunk;
          }
          if (this.#position < part.to) return;
          this.#learnFrom(part);
        } catch (error) {
          if (!hasCode(error, 'UNSUPPORTED') || part.to === to) throw error;
          this.#goOnWhole();
        } finally {
          part.end();
        }
      }
    } finally {
      stopListening();
      this.#dropAhead();
    }
  }

  /** What is read as it comes, because nothing was begun ahead: no memory limits it. */
  #partInTurn(): Part {
    const { connections } = this.#options;
    const lane = connections.enter();
    const from = this.#position;
    const to = Math.min(this.#options.to, from + this.#lengthInTurn());
    this.#next = to;
    return {
      to,
      open: () => this.#content.open({ from, to, signal: this.#options.signal }),
      count: lane.count,
      end: lane.leave,
    };
  }

  #lengthInTurn(): number {
    const { sendsParts, isOneEnough, lonePartLength } = this.#options.connections;
    if (sendsParts === undefined) return FIRST_PART;
    return sendsParts && !isOneEnough ? lonePartLength : Infinity;
  }

  #fetchAhead(): void {
    const { to, connections } = this.#options;
    if (connections.sendsParts !== true || connections.isOneEnough) return;
    while (this.#next < to && connections.isWorthIt(to - this.#next)) {
      const length = Math.min(connections.partLength, to - this.#next);
      if (!connections.hasRoom(length)) return;
      this.#ahead.push(this.#partAhead(length));
    }
  }

  #partAhead(length: number): Part {
    const { connections, signal: outer } = this.#options;
    const [from, to] = [this.#next, this.#next + length];
    this.#next = to;
    const signal = AbortSignal.any(outer === undefined ? [this.#abort.signal] : [outer, this.#abort.signal]);
    const lane = connections.enter();
    const chunks = readAhead(() => this.#content.open({ from, to, signal }), {
      onBytes: lane.count,
      onEnd: lane.leave,
    });
    return { to, open: async () => chunks, count: () => {}, end: connections.reserve(length) };
  }

  /** A host that goes on past the end of a part, or refuses one, sends none. */
  #learnFrom({ to }: Part): void {
    const { connections } = this.#options;
    if (this.#position > to) return this.#goOnWhole();
    if (connections.sendsParts !== undefined || to === this.#options.to) return;
    connections.sendsParts = true;
    this.#fetchAhead();
  }

  #goOnWhole(): void {
    this.#options.connections.sendsParts = false;
    this.#dropAhead();
  }

  #dropAhead(): void {
    const dropped = this.#ahead;
    this.#ahead = [];
    this.#next = this.#options.to;
    this.#abort.abort();
    for (const part of dropped) part.end();
  }
}
