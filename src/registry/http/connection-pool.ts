/** The connections to one origin, in the one way of connecting to it: made when they are needed, and kept for a while. */

import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { callbackify } from 'node:util';

import type { Clock } from '../../content/retry.js';

/** How long a connection is kept for the next request; servers that want less say so in a Keep-Alive header. */
const KEEP_ALIVE_MS = 15_000;

/** Most connections that are made ready: nobody knows yet how many layers there are. */
const MOST_READY = 8;

/** A host that takes longer than this to be connected to, or to answer, is far: in milliseconds. */
const FAR_MS = 8;

interface Spare {
  readonly dialing: Promise<Socket>;
  hasFailed: boolean;
}

/** Node's own pool, of connections that we dial ourselves. */
export class ConnectionPool extends Agent {
  readonly #dial: () => Promise<Socket>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #connect: (done: (error: Error | null, socket: Socket) => void) => void;
  /** Made before anybody asked for them, or on the way. */
  readonly #spare: Spare[] = [];
  /** How many requests will come at once. */
  #soon = 1;
  #isConnected = false;
  #isFar = false;

  constructor(dial: () => Promise<Socket>, clock: Pick<Clock, 'now'>) {
    super({ keepAlive: true, timeout: KEEP_ALIVE_MS });
    this.#dial = dial;
    this.#clock = clock;
    this.#connect = callbackify(() => this.#take());
  }

  /**
   * To be told how many requests will come at once when the next one was answered: the connections for them, which cost
   * a round trip or with TLS two each, are made while a far host still thinks about that one. What is answered is to be
   * called when it has.
   */
  prepareFor(soon: number): () => void {
    this.#soon = Math.min(soon, MOST_READY);
    if (this.#isFar) this.#makeSpare();
    if (this.#soon === 1) return () => {};
    const timer = setTimeout(() => this.#isConnected && this.#makeSpare(1), FAR_MS);
    return () => clearTimeout(timer);
  }

  /** To be told that a request will come as soon as something else was answered. */
  connectAhead(): void {
    if (!this.#isConnected && this.#spare.length === 0) this.#addSpare();
  }

  override createConnection(
    _options: ClientRequestArgs,
    callback: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    this.#connect((error, socket) =>
      error === null ? callback(null, socket.on('free', watch)) : callback(error),
    );
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    unwatch(socket);
    super.reuseSocket(socket, request);
  }

  /** Ends all connections; what is under way on them breaks with `reason`. */
  close(reason: Error): void {
    // Not those that are free: nobody hears the reason there, and to give one takes a millisecond.
    for (const socket of Object.values(this.sockets).flatMap((some) => some ?? [])) socket.destroy(reason);
    for (const { dialing } of this.#spare.splice(0))
      dialing.then((socket) => socket.destroy()).catch(() => {});
    this.destroy();
  }

  async #take(): Promise<Socket> {
    for (let spare = this.#spare.shift(); spare !== undefined; spare = this.#spare.shift()) {
      if (spare.hasFailed) continue;
      // One that is on its way is as good as a new one, and fails as that would.
      const socket = await spare.dialing;
      if (!socket.destroyed) return unwatch(socket);
    }
    return this.#connectNow();
  }

  async #connectNow(): Promise<Socket> {
    const since = this.#clock.now();
    const socket = await this.#dial();
    this.#isConnected = true;
    this.#isFar = this.#clock.now() - since > FAR_MS;
    if (this.#isFar) this.#makeSpare(1);
    return socket;
  }

  /** Beside those that are free, or will be. */
  #makeSpare(willBeFree = 0): void {
    const free = Object.values(this.freeSockets).flatMap((some) => some ?? []).length + willBeFree;
    for (let missing = this.#soon - free - this.#spare.length; missing > 0; missing--) this.#addSpare();
    this.#soon = 1;
  }

  #addSpare(): void {
    const spare: Spare = { dialing: this.#connectNow().then(watched), hasFailed: false };
    spare.dialing.catch(() => (spare.hasFailed = true));
    this.#spare.push(spare);
  }
}

/**
 * What a server says while nobody asks would be heard as the answer to the next request (CVE-2026-48931); and a
 * connection that it closed would be given to that request, until it is closed by us, too.
 */
function watch(this: Duplex): void {
  this.once('data', hangUp).once('end', hangUp);
}

function watched(socket: Socket): Socket {
  watch.call(socket);
  return socket;
}

function unwatch<Stream extends Duplex>(socket: Stream): Stream {
  return socket.off('data', hangUp).off('end', hangUp);
}

function hangUp(this: Duplex): void {
  this.destroy();
}
