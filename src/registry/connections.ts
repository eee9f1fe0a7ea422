/** The connections to one origin, in the one way of connecting to it: made when they are needed, and kept for a while. */

import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { callbackify } from 'node:util';

/** How long a connection is kept for the next request; servers that want less say so in a Keep-Alive header. */
const KEEP_ALIVE_MS = 15_000;

/** Node's own pool, of connections that we dial ourselves. */
export class Connections extends Agent {
  readonly #dial: (done: (error: Error | null, socket: Socket) => void) => void;

  constructor(dial: () => Promise<Socket>) {
    super({ keepAlive: true, timeout: KEEP_ALIVE_MS });
    this.#dial = callbackify(dial);
  }

  override createConnection(
    _options: ClientRequestArgs,
    callback: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    this.#dial((error, socket) =>
      error === null ? callback(null, socket.on('free', watch)) : callback(error),
    );
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    socket.off('data', hangUp).off('end', hangUp);
    super.reuseSocket(socket, request);
  }

  /** Ends all connections; what is under way on them breaks with `reason`. */
  close(reason: Error): void {
    const sockets = [...Object.values(this.sockets), ...Object.values(this.freeSockets)];
    for (const socket of sockets.flatMap((some) => some ?? [])) socket.destroy(reason);
    this.destroy();
  }
}

/**
 * What a server says while nobody asks would be heard as the answer to the next request (CVE-2026-48931); and a
 * connection that it closed would be given to that request, until it is closed by us, too.
 */
function watch(this: Duplex): void {
  this.once('data', hangUp).once('end', hangUp);
}

function hangUp(this: Duplex): void {
  this.destroy();
}
