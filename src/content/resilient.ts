/** A content that goes on where it broke off. */

import type { Content, OpenOptions } from './types.js';
import { Patience, type RetryOptions } from './retry.js';

/**
 * `content`, opened again at the current offset whenever reading it breaks with a retryable error. Gives up, with
 * the last error, after the policy's number of tries in a row without progress.
 */
export function resilient(content: Content, options: Omit<RetryOptions, 'signal'>): Content {
  return { ...content, open: async (opened) => readOn(content, { ...options, ...opened }) };
}

async function* readOn(content: Content, options: RetryOptions & OpenOptions): AsyncGenerator<Uint8Array> {
  const patience = new Patience(options);
  const { size } = content.descriptor;
  const { signal } = options;
  let position = options.from ?? 0;
  patience.advance(position, size);
  for (;;) {
    try {
      for await (const chunk of await content.open({
        from: position,
        to: stretchEnd(position, options),
        signal,
      })) {
        position += chunk.byteLength;
        yield chunk;
      }
      return;
    } catch (error) {
      patience.advance(position, size);
      await patience.again(error);
    }
  }
}

/** Past the end of the stretch nobody knew how to stop: then it goes on to the end of all. */
function stretchEnd(position: number, { to }: OpenOptions): number | undefined {
  return to !== undefined && position < to ? to : undefined;
}
