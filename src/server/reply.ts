/** Answers as values: a handler returns a `Reply`, and only `send` touches the response. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { RegError } from '../errors.js';

/** A body of known length that costs I/O only once it is really sent. */
interface Stream {
  /** Length in bytes. */
  readonly length: number;
  /** May yield more than `length` bytes; the rest is let go. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | Stream;
}

/** A reply of JSON: a 200 of the plain type unless told otherwise. */
export function jsonReply(
  value: unknown,
  { status = 200, headers = {} }: Omit<Partial<Reply>, 'body'> = {},
): Reply {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

/**
 * Sends `reply`; to a HEAD all but the body, which is then not even opened. Throws what opening throws, before
 * anything was sent; breaks the connection when the body fails later, so that nobody takes a part for the whole.
 */
export async function send(response: ServerResponse, { status, headers = {}, body }: Reply): Promise<void> {
  const isStream = body !== undefined && !(body instanceof Uint8Array);
  const isHead = response.req.method === 'HEAD';
  const chunks = isStream && !isHead ? await body.open() : undefined;
  const length = status === 204 || status === 304 ? {} : { 'content-length': body?.length ?? 0 };
  response.writeHead(status, { ...headers, ...length });
  if (isStream && chunks !== undefined) await pipeline(exactly(chunks, body.length), response);
  else response.end(isStream || isHead ? undefined : body);
}

/** The first `length` bytes of `chunks`. Throws STORE_CORRUPT when there are not so many. */
async function* exactly(chunks: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const chunk of chunks) {
    yield chunk.byteLength > left ? chunk.subarray(0, left) : chunk;
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
  if (left > 0) throw new RegError('STORE_CORRUPT', `a blob ended ${left} bytes early`);
}
