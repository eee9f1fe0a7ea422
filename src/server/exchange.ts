/** One request and its answer on the wire: the body that comes in, the reply that goes out, and the line in the log. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { Clock } from '../content/retry.js';
import { RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { answer } from './api.js';
import type { RequestBody, Service } from './call.js';
import { refusalOf } from './errors.js';
import { send } from './reply.js';

/** What became of one request; all text is safe to print. */
export interface LogEntry {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly status: number;
  /** Length in bytes of the request's body, as far as it was read. */
  readonly received: number;
  /** Length in bytes of what was sent, headers and all. */
  readonly sent: number;
  /** From the request's headers to the end of the answer, in milliseconds. */
  readonly durationMs: number;
  /** Why the registry failed, or that the client hung up. */
  readonly problem?: string;
}

/** Longest path that is logged whole, in characters. */
const MAX_PATH = 1000;

/** Answers a request, whatever happens; what became of it is for the log. */
export async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  { service, clock }: { readonly service: Service; readonly clock: Pick<Clock, 'now'> },
): Promise<LogEntry> {
  const start = clock.now();
  const { socket } = request;
  const sentBefore = socket.bytesWritten;
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  response.setHeader('x-content-type-options', 'nosniff');
  // A client that asked whether to go on, and was told no, may or may not send the body: the next request is unclear.
  if (request.headers.expect !== undefined) response.shouldKeepAlive = false;
  const body = new Body(request, response);
  const problem = await respond(request, response, { body, service, socket });
  // Whoever still sends what was refused is let finish, or it would not come to read why.
  request.resume();
  return {
    method: cleanText(request.method ?? ''),
    path: cleanText(request.url ?? '', MAX_PATH),
    status: response.statusCode,
    received: body.size,
    sent: socket.bytesWritten - sentBefore,
    durationMs: clock.now() - start,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Sends the reply, or the refusal that an error stands for. Answers with what is to be said of it in the log. */
async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { body, service, socket }: { readonly body: Body; readonly service: Service; readonly socket: Socket },
): Promise<string | undefined> {
  try {
    await send(response, await answer(request, body, service));
    return undefined;
  } catch (error) {
    if (response.headersSent || socket.destroyed) {
      response.destroy();
      return error instanceof RegError ? describe(error) : 'the client hung up';
    }
    const refusal = refusalOf(error);
    await send(response, refusal);
    return refusal.status >= 500 ? describe(error) : undefined;
  }
}

function describe(error: unknown): string {
  return error instanceof RegError ? error.message : cleanText(`bug: ${String(error)}`);
}

class Body implements RequestBody {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** Number of bytes read. */
  size = 0;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  abort(): void {
    this.#request.destroy();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    // Only now is it sure that the body is wanted: who asked first is told to go on (RFC 9110, 10.1.1).
    if (this.#request.headers.expect !== undefined) this.#response.writeContinue();
    const chunks: AsyncIterable<Buffer> = this.#request.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      this.size += chunk.byteLength;
      yield chunk;
    }
  }
}
