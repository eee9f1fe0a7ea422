/** A content that tells how far it was read. */

import type { Content, Receiver } from './types.js';

/**
 * `content`, with `onPosition` called after each chunk, and at each opening: with the absolute position in bytes where it is
 * read in order, else with how many of them the receiver has.
 */
export function watched(content: Content, onPosition: (position: number) => void): Content {
  const { spread } = content;
  return {
    ...content,
    async open(options = {}) {
      const chunks = await content.open(options);
      return count(chunks, options.from ?? 0, onPosition);
    },
    ...(spread && { spread: (receiver) => spread(watchedReceiver(receiver, onPosition)) }),
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

function watchedReceiver(receiver: Receiver, onPosition: (position: number) => void): Receiver {
  const tell = (): void => onPosition(receiver.held.size);
  tell();
  return {
    ...receiver,
    begin(at) {
      const stretch = receiver.begin(at);
      return {
        add: (bytes) => stretch.add(bytes).then(tell),
        end: () => stretch.end().then(tell),
      };
    },
  };
}
