/**
 * A Docker engine, or podman's, which speaks the same: images go out and in as tars (Docker Engine API 1.41,
 * "Export an image" and "Import images"). Nothing of them is kept in memory.
 *
 *     GET /images/NAME/get ──▶ tar        tar ──▶ POST /images/load
 */

import type { ClientRequest, IncomingMessage } from 'node:http';

import { throwIfAborted } from '../content/abort.js';
import type { CallOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import type { Endpoint } from './endpoint.js';
import { answerTo, explainAnswer, readLoadAnswer, startRequest, unreachable } from './exchange.js';

/** The tar of an image, as it comes. Throws NOT_FOUND, UNREACHABLE, SERVER_ERROR. */
export async function exportImage(
  endpoint: Endpoint,
  name: string,
  { signal }: CallOptions = {},
): Promise<AsyncIterable<Uint8Array>> {
  const path = `/images/${name.split('/').map(encodeURIComponent).join('/')}/get`;
  const request = startRequest(endpoint, { method: 'GET', path, signal });
  request.end();
  const answer = await answerTo(request, endpoint);
  if (answer.statusCode === 404) {
    answer.resume();
    throw new RegError('NOT_FOUND', `the engine at ${endpoint.name} has no image ${quoteText(name)}`);
  }
  if (answer.statusCode !== 200) throw await explainAnswer(answer, endpoint);
  return bytesOf(answer, endpoint, signal);
}

async function* bytesOf(
  answer: IncomingMessage,
  endpoint: Endpoint,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterable<unknown> = answer;
  try {
    for await (const chunk of chunks) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throwIfAborted(signal);
    throw unreachable(endpoint, error);
  }
}

/** A tar on its way into an engine: the shape of an archive's target. */
export interface ImageLoad {
  /** Resolves when there is room for more. Throws UNREACHABLE, and UPLOAD_REJECTED when the engine has refused. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the tar, and waits until the engine has taken all of it in. */
  finish(): Promise<void>;
  /** Breaks off; the engine keeps nothing of it. Harmless after `finish`. */
  discard(): Promise<void>;
}

/** Begins to load images. Connects when the first bytes are written. */
export function startLoad(endpoint: Endpoint, { signal }: CallOptions = {}): ImageLoad {
  let request: ClientRequest | undefined;
  let answer: Promise<IncomingMessage> | undefined;
  const begin = (): ClientRequest => {
    if (request !== undefined) return request;
    const headers = { 'content-type': 'application/x-tar' };
    request = startRequest(endpoint, { method: 'POST', path: '/images/load?quiet=1', headers, signal });
    answer = answerTo(request, endpoint);
    // Heard of by whoever writes next.
    answer.catch(() => {});
    return request;
  };
  /** An engine that refuses answers before it has read everything, and hangs up. */
  const reasonOf = async (error: unknown): Promise<unknown> => {
    throwIfAborted(signal);
    const early = await answer;
    return early === undefined ? error : explainAnswer(early, endpoint);
  };
  return {
    async write(bytes) {
      try {
        await written(begin(), bytes);
      } catch (error) {
        throw await reasonOf(error);
      }
    },
    async finish() {
      begin().end();
      const final = await answer;
      if (final !== undefined) await readLoadAnswer(final, endpoint);
    },
    async discard() {
      request?.destroy();
    },
  };
}

function written(request: ClientRequest, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    request.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}
