/** The arithmetic of a slow network, without a clock of its own. */

/** How fast a network is. What is left out is without limit. */
export interface Shape {
  /** Milliseconds from one end to the other; a round trip takes twice that. */
  readonly delayMs?: number;
  /** Bytes per second of each connection, each way. */
  readonly connectionRate?: number;
  /** Bytes per second of all connections together, each way. */
  readonly linkRate?: number;
}

/** A line that takes so many bytes per second, one after the other. */
export interface Line {
  /** When `size` bytes that are handed over at `now` have left, in milliseconds. */
  readonly leave: (size: number, now: number) => number;
}

export function createLine(bytesPerSecond = Number.POSITIVE_INFINITY): Line {
  let freeAt = Number.NEGATIVE_INFINITY;
  return {
    leave(size, now) {
      freeAt = Math.max(now, freeAt) + (size / bytesPerSecond) * 1000;
      return freeAt;
    },
  };
}

/** One direction of one connection: its own line, then the one that all share, then the way. */
export function createRoute({ delayMs = 0, connectionRate }: Shape, shared: Line): Line {
  const own = createLine(connectionRate);
  return { leave: (size, now) => shared.leave(size, own.leave(size, now)) + delayMs };
}

/** How many bytes are on their way at most, as a receive window has it: enough to fill the line, and not all memory. */
export function windowOf({ delayMs = 0, connectionRate, linkRate }: Shape): number {
  const rate = Math.min(connectionRate ?? Number.POSITIVE_INFINITY, linkRate ?? Number.POSITIVE_INFINITY);
  const window = (rate * (2 * delayMs + SLACK_MS)) / 1000;
  return Math.min(window, MAX_WINDOW);
}

/** For timers that come late. */
const SLACK_MS = 20;

/** What Linux grows the window of a connection to (`tcp_rmem`), in bytes. */
const MAX_WINDOW = 6 * 1024 * 1024;
