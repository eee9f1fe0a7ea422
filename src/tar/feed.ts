/**
 * Chunks for a decompressor that asks no more when it has seen the end of what it knows. What came behind that has to be
 * looked at all the same: the digest counts it, and nothing belongs there.
 */
export class Feed {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** The step that is under way, or was the last. */
  #step: Promise<Uint8Array | undefined> = Promise.resolve(undefined);
  #size = 0;
  #hasEnded = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** What the decompressor gets; the chunks stay open when it asks no more. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    while (!this.#hasEnded) {
      const chunk = await this.#next();
      if (chunk === undefined) return;
      yield chunk;
    }
  }

  /** How many bytes there are in all: reads what the decompressor did not ask for. */
  async size(): Promise<number> {
    this.#hasEnded = true;
    await this.#step;
    while ((await this.#next()) !== undefined);
    return this.#size;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #next(): Promise<Uint8Array | undefined> {
    this.#step = this.#take();
    return this.#step;
  }

  async #take(): Promise<Uint8Array | undefined> {
    const result = await this.#chunks.next();
    if (result.done === true) return undefined;
    this.#size += result.value.byteLength;
    return result.value;
  }
}
