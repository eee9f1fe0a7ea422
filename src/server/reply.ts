/** Answers as values: a handler returns a `Reply`, and only `send` touches the response. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { RegError } from '../errors.js';

/** A body of known length that costs I/O only once it is really sent. */
interface Stream {
  /** Length in bytes. */
  readonly length: number;
  /** May yield more than `length` bytes; the rest is let go. `signal` is aborted when nobody reads on, or all is read. */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
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
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers = {}, body } = reply;
  const length = status === 204 || status === 304 ? {} : { 'content-length': body?.length ?? 0 };
  const head = { ...headers, ...length };
  if (response.req.method === 'HEAD') response.writeHead(status, head).end();
  else if (body === undefined || body instanceof Uint8Array) response.writeHead(status, head).end(body);
  else await stream(response, body, () => response.writeHead(status, head));
}

async function stream(response: ServerResponse, body: Stream, begin: () => void): Promise<void> {
  const over = new AbortController();
  response.once('close', () => over.abort());
  try {
    const chunks = await body.open(over.signal);
    begin();
    await pour(chunks, { response, length: body.length });
  } finally {
    over.abort();
  }
}

async function pour(
  chunks: AsyncIterable<Uint8Array>,
  { response, length }: { readonly response: ServerResponse; readonly length: number },
): Promise<void> {
  const rest = { length };
  try {
    await pipeline(exactly(chunks, rest), response);
  } catch (error) {
    // Who has all may hang up before we know that there is no more to come.
    if (rest.length > 0) throw error;
  }
}

/** As many bytes of `chunks` as `rest` says, which is counted down. Throws STORE_CORRUPT when there are not so many. */
async function* exactly(
  chunks: AsyncIterable<Uint8Array>,
  rest: { length: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    const piece = chunk.subarray(0, rest.length);
    rest.length -= piece.byteLength;
    yield piece;
    if (rest.length === 0) return;
  }
  if (rest.length > 0) throw new RegError('STORE_CORRUPT', `a blob ended ${rest.length} bytes early`);
}
