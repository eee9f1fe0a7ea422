/** A content that tells how far it was read. */

import type { Content } from './types.js';

/** `content`, with `onPosition` called with the absolute position in bytes after each chunk, and at each opening. */
export function watched(content: Content, onPosition: (position: number) => void): Content {
  return {
    ...content,
    async open(options = {}) {
      const chunks = await content.open(options);
      return count(chunks, options.from ?? 0, onPosition);
    },
  };
}

async function* count(
  chunks: AsyncIterable<Uint8Array>,
  from: number,
  onPosition: (position: number) => void,
): AsyncGenerator<Uint8Array> {
  let position = from;
  onPosition(position);
  for await (const chunk of chunks) {
    position += chunk.byteLength;
    onPosition(position);
    yield chunk;
  }
}
