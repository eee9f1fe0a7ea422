/** Where the bytes of a tar come from. */

export interface TarInput {
  /** Bytes taken or passed over so far. */
  readonly position: number;
  /** The next bytes, one at least and `count` at most; undefined at the end. */
  next(count: number): Promise<Uint8Array | undefined>;
  /** Passes over `count` bytes; false where there are fewer. */
  skip(count: number): Promise<boolean>;
}

/** `count` bytes in one piece; fewer only at the end. For headers, which are small. */
export async function take(input: TarInput, count: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let missing = count; missing > 0;) {
    const piece = await input.next(missing);
    if (piece === undefined) break;
    pieces.push(piece);
    missing -= piece.byteLength;
  }
  const [only] = pieces;
  if (only === undefined || pieces.length > 1) return Buffer.concat(pieces);
  return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
}

/** A stream, which is read to whatever is wanted of it. */
export class StreamInput implements TarInput {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** What has come and was not taken yet. */
  #rest: Uint8Array = new Uint8Array();
  #position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  get position(): number {
    return this.#position;
  }

  async next(count: number): Promise<Uint8Array | undefined> {
    while (this.#rest.byteLength === 0) {
      const result = await this.#chunks.next();
      if (result.done === true) return undefined;
      this.#rest = result.value;
    }
    const piece = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(piece.byteLength);
    this.#position += piece.byteLength;
    return piece;
  }

  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0;) {
      const piece = await this.next(left);
      if (piece === undefined) return false;
      left -= piece.byteLength;
    }
    return true;
  }

  /** Ends the stream, at its end or before. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
