/** One request and its answer over a connection, by Node's own HTTP: its parser is compiled and loaded already. */

import { request, type ClientRequest, type IncomingMessage } from 'node:http';

import { abortError } from '../../content/abort.js';
import type { Response } from './answer.js';
import type { ConnectionPool } from './connection-pool.js';
import { incoming } from './incoming.js';

const MAX_HEADER_BYTES = 64 * 1024;

export interface Outgoing {
  readonly pool: ConnectionPool;
  readonly method: string;
  /** Path and query; the whole URL for a proxy. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  readonly signal: AbortSignal;
}

/** Ends when the answer begins. Rejects with what Node says, or with what the body throws; also when aborted. */
export function exchange({ pool, body, signal, ...asked }: Outgoing): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sending = request({
      ...asked,
      agent: pool,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Said although it is the default: NODE_OPTIONS could change that.
      insecureHTTPParser: false,
    });
    endWith(sending, signal);
    let fault: Error | undefined;
    sending.on('error', (error) => {
      fault ??= error;
      reject(error);
    });
    sending.once('response', (message) => {
      if (isPossible(message)) resolve(responseOf(message, { sending, fault: () => fault }));
      else sending.destroy(violation('Invalid status code'));
    });
    // Nobody asked for another protocol; without a listener, Node would hang up without a word.
    sending.once('upgrade', (_message, socket) => {
      socket.destroy();
      reject(violation('Unexpected upgrade'));
    });
    if (body === null || body instanceof Uint8Array) sending.end(body);
    // A server that is connected to and hears nothing may hang up: nothing is begun before there is a connection.
    else sending.once('socket', () => void send(sending, body));
  });
}

/** By hand, as Node waits for the end of it by what else it has for streams, which takes half a millisecond a request. */
function endWith(sending: ClientRequest, signal: AbortSignal): void {
  const end = (): void => void sending.destroy(abortError(signal));
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}

/** The parser takes any three digits. */
function isPossible({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 100;
}

/** An error as the parser has them. */
function violation(reason: string): Error {
  return Object.assign(new Error(reason), { code: 'HPE_USER' });
}

interface Sent {
  readonly sending: ClientRequest;
  /** What broke the connection, if something did. */
  readonly fault: () => Error | undefined;
}

function responseOf(message: IncomingMessage, { sending, fault }: Sent): Response {
  // Whoever answers before all is sent wants no more of it.
  message.once('end', () => {
    if (!sending.writableEnded) sending.destroy();
  });
  return {
    statusCode: message.statusCode ?? 0,
    headers: message.headersDistinct,
    body: incoming(message, fault),
  };
}

async function send(sending: ClientRequest, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      await written(sending, chunk);
      if (sending.destroyed) return;
    }
    sending.end();
  } catch (error) {
    sending.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Ends when the system has taken `chunk`, or will take nothing any more. */
function written(sending: ClientRequest, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      sending.off('close', end);
      resolve();
    };
    sending.once('close', end);
    sending.write(chunk, end);
  });
}
