/** A relay between a client and a server on loopback that makes a slow, far network of it; no privileges needed. */

import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { listen } from '../support/listen.js';
import type { Scope } from '../support/temp.js';
import { createLine, createRoute, windowOf } from './line.js';
import type { Line, Shape } from './line.js';

/** Bytes that travel as one: small, so that connections share a link evenly. */
const PIECE = 16 * 1024;

export interface Relay {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** Bytes so far, of all connections. */
  readonly bytes: { readonly up: number; readonly down: number };
  /** Connections made so far. */
  readonly connections: number;
  /** Resolves when so many bytes more have come down. */
  readonly down: (count: number) => Promise<void>;
  /** Breaks every connection that is open. */
  readonly cut: () => void;
}

interface State {
  readonly shape: Shape;
  readonly lines: { readonly up: Line; readonly down: Line };
  readonly sockets: Set<Socket>;
  readonly waiting: Set<{ readonly count: number; readonly resolve: () => void }>;
  readonly bytes: { up: number; down: number };
  connections: number;
}

/** Starts a relay to `127.0.0.1:<port>`. */
export async function startRelay(scope: Scope, host: string, shape: Shape = {}): Promise<Relay> {
  const { linkRate } = shape;
  const state: State = {
    shape,
    lines: { up: createLine(linkRate), down: createLine(linkRate) },
    sockets: new Set(),
    waiting: new Set(),
    bytes: { up: 0, down: 0 },
    connections: 0,
  };
  const port = Number(host.split(':').at(-1));
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    state.connections++;
    for (const socket of [client, upstream]) track(state, socket);
    void carry(state, { from: client, to: upstream, direction: 'up' });
    void carry(state, { from: upstream, to: client, direction: 'down' });
  });
  const { port: own } = await listen(scope, server);
  return {
    host: `127.0.0.1:${own}`,
    bytes: state.bytes,
    get connections() {
      return state.connections;
    },
    cut: () => state.sockets.forEach((socket) => socket.resetAndDestroy()),
    down(more) {
      return new Promise((resolve) => state.waiting.add({ count: state.bytes.down + more, resolve }));
    },
  };
}

interface Lane {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: 'up' | 'down';
}

async function carry(state: State, { from, to, direction }: Lane): Promise<void> {
  const { shape, lines } = state;
  const route = createRoute(shape, lines[direction]);
  const way = createWay(windowOf(shape));
  // Before its first byte a connection costs a round trip: the handshake.
  const openAt = performance.now() + (direction === 'up' ? 2 * (shape.delayMs ?? 0) : 0);
  // The end of what one side says is not the end of what it hears.
  const chunks: AsyncIterable<Buffer> = from.iterator({ destroyOnReturn: false });
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        const piece = chunk.subarray(at, at + PIECE);
        const due = route.leave(piece.length, Math.max(openAt, performance.now()));
        await way.send(piece.length, async () => {
          await arrive(to, piece, due);
          count(state, direction, piece.length);
        });
      }
    }
    await way.idle();
    to.end();
  } catch {
    // A connection that breaks is daily bread here: the other side hears of it.
    from.destroy();
    to.destroy();
  }
}

function track({ sockets }: State, socket: Socket): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  // It comes to light where the socket is read.
  socket.on('error', () => {});
}

/** What is on its way: pieces that arrive one after the other, and at most `window` bytes of them. */
function createWay(window: number): {
  send(size: number, arrival: () => Promise<void>): Promise<void>;
  idle(): Promise<void>;
} {
  const pieces: { readonly size: number; readonly arrived: Promise<void> }[] = [];
  let size = 0;
  let last: Promise<void> = Promise.resolve();
  return {
    async send(more, arrival) {
      last = last.then(arrival);
      // Heard of when it is waited for.
      last.catch(() => {});
      pieces.push({ size: more, arrived: last });
      size += more;
      for (let first = pieces[0]; size >= window && first !== undefined; first = pieces[0]) {
        await first.arrived;
        pieces.shift();
        size -= first.size;
      }
    },
    idle: () => last,
  };
}

async function arrive(to: Socket, piece: Uint8Array, due: number): Promise<void> {
  const wait = due - performance.now();
  if (wait >= 1) await sleep(wait);
  if (to.destroyed) throw new Error('The other side is gone.');
  if (to.write(piece)) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      to.off('drain', go);
      to.off('close', go);
      resolve();
    };
    to.on('drain', go);
    to.on('close', go);
  });
}

function count({ bytes, waiting }: State, direction: 'up' | 'down', size: number): void {
  bytes[direction] += size;
  for (const waiter of waiting) {
    if (bytes.down < waiter.count) continue;
    waiting.delete(waiter);
    waiter.resolve();
  }
}
