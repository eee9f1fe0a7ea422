/** Keeps bytes until they are known to be right: in memory while they are few, else in a temporary file. */

import { streamOf } from '../content/read.js';
import { Scratch } from './scratch.js';

/** Most bytes of one piece that are kept in memory. */
const MAX_IN_MEMORY = 8 * 1024 * 1024;

/** Most bytes of all pieces that are kept in memory: an image may have any number of files by one name. */
const MAX_TOTAL = 64 * 1024 * 1024;

/** Bytes that were kept. */
export interface Held {
  /** Length in bytes. */
  readonly size: number;
  /** May be called as often as needed, until the holder is closed. */
  open(): Promise<AsyncIterable<Uint8Array>>;
  /** Gives memory back before the holder is closed; to be called once, when nobody opens it any more. */
  release(): void;
}

export class Holder {
  readonly #scratch: Scratch;
  /** Bytes in memory. */
  #total = 0;

  /** `folder` is for what is too much for memory; nothing is written there before that. */
  constructor(folder: string) {
    this.#scratch = new Scratch(folder);
  }

  /** All that `chunks` yield. Throws what they throw, DISK_FULL, DISK_ERROR. */
  async hold(chunks: AsyncIterable<Uint8Array>): Promise<Held> {
    const held: Uint8Array[] = [];
    let size = 0;
    const iterator = chunks[Symbol.asyncIterator]();
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      held.push(next.value);
      size += next.value.byteLength;
      if (size > MAX_IN_MEMORY || this.#total + size > MAX_TOTAL) return this.#keep(follow(held, iterator));
    }
    this.#total += size;
    // What came may be a small part of something larger, which would be kept with it.
    const bytes = Buffer.concat(held);
    return { size, open: async () => streamOf(bytes), release: () => void (this.#total -= size) };
  }

  /** On disk. */
  async #keep(chunks: AsyncIterable<Uint8Array>): Promise<Held> {
    const region = await this.#scratch.append(chunks);
    return { size: region.size, open: () => region.open(), release: () => {} };
  }

  /** Gives the room back; what was held can't be read any more. */
  close(): Promise<void> {
    return this.#scratch.close();
  }
}

async function* follow(
  held: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* held;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
