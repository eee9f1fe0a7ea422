/**
 * How many connections to one host carry large blobs at once: as many as pay.
 *
 *     1 ── fast enough? ──▶ 4 ── faster? ──▶ 8 ── … ──▶ most      what brings no more bytes in all is given back
 *
 * All blobs of a host share one budget, of connections and of the memory for what comes before its turn.
 */

import { hasCode } from '../errors.js';
import type { Clock } from './retry.js';

/** Most bytes that are kept, for all blobs together, because others have to come before them. */
const MAX_AHEAD = 16 * 1024 * 1024;

/** Lengths of a part, in bytes: long ones cost fewer round trips, short ones less memory where there are many. */
const MIN_PART = 1024 * 1024;
const MAX_PART = 4 * 1024 * 1024;

/** Longest stretch, in bytes, and how long it takes, in milliseconds: the round trip before it is little to that. */
const MAX_STRETCH = 16 * 1024 * 1024;
const STRETCH_MS = 1000;

/** How long a part takes that nothing was fetched beyond, in milliseconds: the round trip before it is little to that. */
const LONE_PART_MS = 250;

/** What one connection brings within so many milliseconds is not worth a second one. */
const WORTH_MS = 150;

/** How many parts there is room for to a connection: some have come and wait for one that is slower. */
const SLACK = 1.5;

/** How long the speed is measured before it is judged, in milliseconds. */
const PERIOD_MS = 250;
/** How long new connections may take to bring their first bytes before they are judged, in milliseconds. */
const START_MS = 2000;
/** After how long more connections are tried again, in milliseconds: networks change. */
const REST_MS = 5000;

/** What is enough for anybody, in bytes a millisecond: the disk and the digest take about as long. */
const ENOUGH = 200_000;

/** What does no harm, and is not on trial: a link may have stood still just while it was measured. */
const FEW = 4;

/** By what factor more connections have to be faster. */
const GAIN = 1.2;

/** One connection in use. */
export interface Lane {
  /** To be told of bytes when they come. */
  readonly count: (bytes: number) => void;
  /** To be called once, when the last byte has come or none will. */
  readonly leave: () => void;
}

export interface ConnectionsOptions {
  /** Most connections at once; 1 means that no blob is spread over several. */
  readonly most: number;
  readonly clock: Pick<Clock, 'now'>;
}

export class Connections {
  readonly #most: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onRoom = new Set<() => void>();
  #limit = 1;
  #active = 0;
  #ahead = 0;
  /** What one connection brings, in bytes a millisecond, by the one that brought something last. */
  #pace: number | undefined;
  #sendsParts: boolean | undefined;
  /** The limit and the speed, in bytes a millisecond, before the one that is on trial. */
  #before: { readonly limit: number; readonly speed: number } | undefined;
  #restUntil = 0;
  /** When the measurement began, and what has come since. */
  #since: number | undefined;
  #bytes = 0;
  /** Whether, since then, more connections would have been made use of. */
  #isShort = false;
  /** Connections that have yet to bring something before the trial is judged, and how long that is waited for. */
  #awaited = 0;
  #awaitedUntil = 0;

  constructor({ most, clock }: ConnectionsOptions) {
    this.#most = most;
    this.#clock = clock;
  }

  /** Whether the host sends parts of blobs; undefined as long as nobody has tried. */
  get sendsParts(): boolean | undefined {
    return this.#most === 1 ? false : this.#sendsParts;
  }

  set sendsParts(value: boolean) {
    this.#sendsParts = value;
  }

  /** Whether one connection is fast, or all that the host wants: then a blob may just as well come in one piece. */
  get isOneEnough(): boolean {
    return this.#limit === 1 && this.#restUntil > 0;
  }

  /** Whether more than one connection is wanted, as far as is known. */
  get areSeveralWanted(): boolean {
    return this.#limit > 1;
  }

  /** Length in bytes of the next part. */
  get partLength(): number {
    return Math.min(MAX_PART, Math.max(MIN_PART, Math.floor(MAX_AHEAD / (this.#limit * SLACK))));
  }

  /** The same of one that is read as it comes: without others it need not be short, for no memory is taken by it. */
  get lonePartLength(): number {
    const hasOthers = this.#active < this.#limit;
    return hasOthers
      ? this.partLength
      : Math.max(this.partLength, Math.floor((this.#pace ?? 0) * LONE_PART_MS));
  }

  /** The same of one that takes no memory, where `left` bytes are left to come: the last ones are short, so that all end together. */
  stretchLength(left: number): number {
    if (this.#limit === 1) return this.lonePartLength;
    const share = left / (2 * this.#limit);
    return Math.floor(Math.max(MIN_PART, Math.min((this.#pace ?? 0) * STRETCH_MS, share, MAX_STRETCH)));
  }

  /** A connection that nobody can be denied: the one that every blob needs. */
  enter(): Lane {
    this.#active += 1;
    const since = this.#clock.now();
    let count = 0;
    return {
      count: (bytes) => {
        if (count === 0) this.#awaited -= 1;
        count += bytes;
        const now = this.#clock.now();
        if (now > since) this.#pace = count / (now - since);
        this.#count(bytes, now);
      },
      leave: () => {
        this.#active -= 1;
        this.#tellOfRoom();
      },
    };
  }

  /** Whether one connection would take so long for `left` bytes that another one may pay. */
  isWorthIt(left: number): boolean {
    return this.#pace === undefined || left > this.#pace * WORTH_MS;
  }

  /** Whether one that was asked for `left` bytes more would take so long that it is worth its loss when others take over. */
  isWorthLosing(left: number): boolean {
    return left > (this.#pace ?? Infinity) * STRETCH_MS;
  }

  /** Whether there is room for another connection that fetches `length` bytes before their turn. */
  hasRoom(length: number): boolean {
    const hasRoom = this.#active < this.#limit && this.#ahead + length <= MAX_AHEAD;
    this.#isShort ||= !hasRoom;
    return hasRoom;
  }

  /** Takes memory for bytes that come before their turn; the function that is answered gives it back. */
  reserve(length: number): () => void {
    this.#ahead += length;
    return () => {
      this.#ahead -= length;
      this.#tellOfRoom();
    };
  }

  /** Calls `listener` whenever there may be room, until the function that is answered is called. */
  onRoom(listener: () => void): () => void {
    this.#onRoom.add(listener);
    return () => void this.#onRoom.delete(listener);
  }

  /** To be told of errors that are tried again: a host that is out of breath, or refuses connections, wants fewer. */
  heed(error: unknown): void {
    const isTired = hasCode(error, 'RATE_LIMITED', 'SERVER_ERROR');
    if (!isTired && this.#limit === 1) return;
    this.#limit = isTired ? 1 : Math.min(this.#limit, Math.max(2, Math.ceil(this.#limit / 2)));
    this.#settle(isTired ? Infinity : this.#clock.now() + REST_MS);
  }

  #count(bytes: number, now: number): void {
    if (this.#awaited > 0 && now < this.#awaitedUntil) return;
    this.#since ??= now;
    this.#bytes += bytes;
    const elapsed = now - this.#since;
    if (elapsed < PERIOD_MS) return;
    const speed = this.#bytes / elapsed;
    // Where nobody wanted more, the speed says nothing about how many would pay.
    const isTelling = this.#isShort;
    this.#since = undefined;
    this.#bytes = 0;
    this.#isShort = false;
    if (isTelling) this.#judge(speed, now);
  }

  #judge(speed: number, now: number): void {
    if (now < this.#restUntil) return;
    const hasPaid = this.#before === undefined || speed >= this.#before.speed * GAIN;
    if (!hasPaid) this.#limit = this.#before?.limit ?? this.#limit;
    if (!hasPaid || speed >= ENOUGH) return this.#settle(now + REST_MS);
    const limit = Math.max(this.#limit, this.#active);
    this.#before = limit < FEW ? undefined : { limit, speed };
    this.#limit = Math.min(this.#most, limit < FEW ? FEW : limit * 2);
    this.#awaited = this.#limit - limit;
    this.#awaitedUntil = now + START_MS;
    this.#tellOfRoom();
  }

  #settle(until: number): void {
    this.#before = undefined;
    this.#restUntil = until;
    this.#awaited = 0;
  }

  #tellOfRoom(): void {
    for (const listener of this.#onRoom) listener();
  }
}
