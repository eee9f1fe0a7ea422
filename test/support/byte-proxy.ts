import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './listen.js';
import type { Scope } from './temp.js';

/** What goes wrong on a connection. Byte counts are per connection and per direction. */
export interface Faults {
  /** Which way the faults act: `down` is from the server to the client. Default: `down`. */
  readonly direction?: 'down' | 'up';
  /** Ends the connection after exactly this many bytes. */
  readonly cutAfter?: number;
  /** Ends it with a reset (RST) instead of an orderly end (FIN). */
  readonly reset?: boolean;
  /** Passes nothing more after this many bytes, and leaves the connection open. */
  readonly stallAfter?: number;
  /** How many connections are cut or stalled; the later ones are left alone. Default: all. */
  readonly times?: number;
  /** Waits so long before it passes each chunk on. */
  readonly delayMs?: number;
}

export interface ByteProxy {
  readonly port: number;
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** What goes wrong from now on, also on connections that are open; set it to `{}` and all is well. */
  faults: Faults;
  /** Bytes so far, of all connections. */
  readonly bytes: { readonly up: number; readonly down: number };
  /** How many connections were made, and how many of them were cut or stalled. */
  readonly connections: { readonly made: number; readonly hit: number };
  /** Resolves as soon as so many bytes came down. */
  readonly whenDown: (count: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface State {
  faults: Faults;
  readonly bytes: { up: number; down: number };
  readonly connections: { made: number; hit: number };
  readonly waiting: Set<{ readonly count: number; readonly resolve: () => void }>;
}

/** Starts a TCP relay to a server (TLS goes through untouched) that counts the bytes and can fail as networks do. */
export async function startByteProxy(
  scope: Scope,
  target: { readonly port: number; readonly host?: string },
  faults: Faults = {},
): Promise<ByteProxy> {
  const state: State = {
    faults,
    bytes: { up: 0, down: 0 },
    connections: { made: 0, hit: 0 },
    waiting: new Set(),
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    state.connections.made++;
    const upstream = connect({ port: target.port, host: '127.0.0.1', allowHalfOpen: true });
    join(client, upstream);
    void relay(client, upstream, { state, direction: 'up' });
    void relay(upstream, client, { state, direction: 'down' });
  });
  const { port, close } = await listen(scope, server);
  const whenDown = (count: number): Promise<void> =>
    new Promise((resolve) => {
      state.waiting.add({ count, resolve });
      wake(state);
    });
  return Object.assign(state, { port, host: `127.0.0.1:${port}`, whenDown, close });
}

/** When one side is gone, so is the other, after it got what is on its way. */
function join(client: Socket, upstream: Socket): void {
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => {});
    one.on('close', () => other.destroySoon());
  }
}

interface Lane {
  readonly state: State;
  readonly direction: 'up' | 'down';
}

async function relay(from: Socket, to: Socket, { state, direction }: Lane): Promise<void> {
  const chunks: AsyncIterable<Buffer> = from;
  let passed = 0;
  try {
    for await (const chunk of chunks) {
      const { direction: faulty = 'down', delayMs, ...faults } = state.faults;
      const active = faulty === direction;
      if (active && delayMs !== undefined) await sleep(delayMs);
      const limit = active ? limitOf(faults, state.connections.hit) : Infinity;
      const piece = chunk.subarray(0, Math.max(0, limit - passed));
      passed += piece.length;
      state.bytes[direction] += piece.length;
      wake(state);
      await write(to, piece);
      if (piece.length === chunk.length && passed < limit) continue;
      state.connections.hit++;
      if (faults.cutAfter === undefined) return await new Promise(() => {});
      if (faults.reset) to.resetAndDestroy();
      return;
    }
    to.end();
  } catch {
    // A connection that breaks is daily bread here; join() has told the other side.
  }
}

function limitOf({ cutAfter, stallAfter, times = Infinity }: Faults, hit: number): number {
  return hit >= times ? Infinity : (cutAfter ?? stallAfter ?? Infinity);
}

/** Resolves when the kernel has taken the bytes, so that what was counted was sent. */
function write(to: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function wake({ waiting, bytes }: State): void {
  for (const waiter of waiting) {
    if (bytes.down < waiter.count) continue;
    waiting.delete(waiter);
    waiter.resolve();
  }
}
