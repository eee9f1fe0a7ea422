/** The body of an answer as it comes off the connection, piece by piece, no faster than it is taken. */

import type { IncomingMessage } from 'node:http';

import type { Response } from './answer.js';
import { takeUncopied, type Tap } from './uncopied.js';

/** What may have come before it is asked for, in bytes. */
const MAX_AHEAD = 128 * 1024;

/** What is read of a body that nobody wants, in bytes: beyond that another connection is cheaper. */
const MAX_DUMP = 128 * 1024;

/**
 * The bytes of `message`. A break is thrown as what `fault` says, once all that came before it was taken. By hand, as
 * Node's iterator puts pieces together, which copies them, and keeps all of a request until the next full collection.
 */
export function incoming(message: IncomingMessage, fault: () => Error | undefined): Response['body'] {
  const chunks: Uint8Array[] = [];
  let ahead = 0;
  let position = 0;
  let tap: Tap = message;
  let state: 'open' | 'ended' | 'broken' = 'open';
  let cause: Error | undefined;
  let wake: (() => void) | undefined;
  const change = (next: typeof state, error?: Error): void => {
    if (state === 'open') [state, cause] = [next, error];
    wake?.();
  };
  const add = (chunk: Uint8Array): void => {
    if (chunk.byteLength === 0) return;
    chunks.push(chunk);
    position += chunk.byteLength;
    ahead += chunk.byteLength;
    if (ahead > MAX_AHEAD) tap.pause();
    wake?.();
  };
  message
    .on('data', add)
    .once('end', () => change('ended'))
    .once('error', (error) => change('broken', error))
    .once('close', () => change('broken'));
  // Nothing moves before somebody asks.
  message.pause();
  takeUncopied(message, { position: () => position, add, onTap: (next) => (tap = next) });

  const take = (): Uint8Array | undefined => {
    const chunk = chunks.shift();
    ahead -= chunk?.byteLength ?? 0;
    if (ahead <= MAX_AHEAD && tap.isPaused()) tap.resume();
    return chunk;
  };
  const iterator: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => iterator,
    async next() {
      for (;;) {
        const value = take();
        if (value !== undefined) return { done: false, value };
        if (state === 'ended') return { done: true, value: undefined };
        if (state === 'broken') throw fault() ?? cause ?? new Error('the answer was closed');
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async return() {
      if (state === 'open') message.destroy();
      return { done: true, value: undefined };
    },
  };
  return Object.assign(iterator, {
    async dump() {
      let size = 0;
      try {
        for await (const chunk of iterator) {
          size += chunk.byteLength;
          if (size > MAX_DUMP) return;
        }
      } catch {
        // Nobody wants it, whole or not.
      }
    },
  });
}
