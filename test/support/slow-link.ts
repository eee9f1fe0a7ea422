import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Content } from '../../src/content/types.js';

/** How a link serves its streams: so many of them get one chunk at each tick; default all. */
export interface LinkOptions {
  readonly served?: number;
  /** From tick to tick, in milliseconds; default 10. */
  readonly tickMs?: number;
}

/** A link on which time passes by ticks, at each of which a stream gets at most one chunk. */
export interface SlowLink {
  readonly clock: { readonly now: () => number };
  /** `content`, over the link. */
  through(content: Content): Content;
  /** Stretches that were opened, as `[from, to]`. */
  readonly opened: readonly (readonly [from: number, to: number])[];
  /** Streams under way now, and at most. */
  readonly streams: { readonly now: number; readonly most: number };
  /** Bytes that came over it. */
  readonly bytes: number;
  /** Lets time pass until `task` has ended. */
  during<T>(task: Promise<T>): Promise<T>;
}

export function slowLink({ served = Infinity, tickMs = 10 }: LinkOptions = {}): SlowLink {
  const waiting: (() => void)[] = [];
  const opened: [number, number][] = [];
  const streams = { now: 0, most: 0 };
  const state = { time: 0, bytes: 0 };

  async function* carry(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    streams.now += 1;
    streams.most = Math.max(streams.most, streams.now);
    try {
      for await (const chunk of chunks) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        state.bytes += chunk.byteLength;
        yield chunk;
      }
    } finally {
      streams.now -= 1;
    }
  }

  return {
    clock: { now: () => state.time },
    opened,
    streams,
    get bytes() {
      return state.bytes;
    },
    through: (content) => ({
      ...content,
      async open(options = {}) {
        opened.push([options.from ?? 0, options.to ?? content.descriptor.size]);
        return carry(await content.open(options));
      },
    }),
    async during(task) {
      const over = new AbortController();
      const end = (): void => over.abort();
      task.then(end, end);
      while (!over.signal.aborted) {
        await nextTurn();
        state.time += tickMs;
        for (const resolve of waiting.splice(0, served)) resolve();
      }
      return task;
    },
  };
}
