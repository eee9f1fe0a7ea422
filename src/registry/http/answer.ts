/** An answer as its body comes off the wire, within the idle time. */

import { RegError } from '../../errors.js';
import type { Call } from './call.js';
import { formatUrl } from '../origin.js';
import type { Answer, Request } from '../transport.js';

/** A response as it comes from a connection. */
export interface Response {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array> & {
    /** Reads on to the end and keeps the connection, or gives that up where much is left. */
    dump(): Promise<void>;
  };
}

export function answerOf(
  { url, method }: Pick<Request, 'method'> & { readonly url: URL },
  { statusCode, headers, body }: Response,
  call: Call,
): Answer {
  const bytes = (): AsyncIterableIterator<Uint8Array> => bodyOf(body, call);
  return {
    status: statusCode,
    url,
    header: (name) => valueOf(headers[name]),
    body: { [Symbol.asyncIterator]: bytes },
    async read(cap) {
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of bytes()) {
        size += part.byteLength;
        if (size > cap) {
          const what = `the answer to ${method} ${formatUrl(url)}`;
          throw new RegError('TOO_LARGE', `${what} has more than ${cap} bytes`, {
            hint: 'No registry should send that much: check the host.',
          });
        }
        parts.push(part);
      }
      return Buffer.concat(parts);
    },
    async discard() {
      const timer = call.createTimer(() => 'body');
      timer.start();
      await body.dump();
      timer.end();
      call.end();
    },
  };
}

export function valueOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

/**
 * By hand, as what a generator here holds of one request lives on until the next full collection: with thousands of
 * small answers, such as pages of a list, that was 100 MB (Node 20 to 24).
 */
function bodyOf(chunks: AsyncIterable<Uint8Array>, call: Call): AsyncIterableIterator<Uint8Array> {
  const timer = call.createTimer(() => 'body');
  const iterator = chunks[Symbol.asyncIterator]();
  const end = (): void => {
    timer.end();
    call.end();
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      timer.start();
      try {
        const result = await iterator.next();
        timer.pause();
        if (result.done === true) end();
        return result;
      } catch (cause) {
        end();
        throw call.explain(cause, 'body');
      }
    },
    async return() {
      end();
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}
