/** How a receiver that can take bytes in any order comes by those that it lacks. */

import type { Content, Receiver } from './types.js';

/**
 * Gives `receiver` what it lacks of `content`, over as many connections as pay. When the content breaks, what came of it
 * was received. Throws what the content and the receiver throw.
 */
export async function receive(content: Content, receiver: Receiver): Promise<void> {
  if (content.spread !== undefined) return content.spread(receiver);
  const { signal, held } = receiver;
  const from = held.front;
  const stretch = receiver.begin(from);
  try {
    for await (const bytes of await content.open({ from, signal })) await stretch.add(bytes);
  } finally {
    await stretch.end();
  }
}
