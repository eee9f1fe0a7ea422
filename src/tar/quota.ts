/** Bounds on what comes out of compressed bytes: some kilobytes can hold gigabytes (CVE-2017-14992 of Docker). */

import { RegError } from '../errors.js';

/** Most entries of all layers; the largest images have about a million. */
const MAX_ENTRIES = 10_000_000;

/** Most bytes of their names, targets and extended attributes, which are kept in memory; a million files have some 100 MB. */
const MAX_FACTS = 512 * 1024 * 1024;

/** How many times as many bytes may come out as go in. gzip does not get past 1032, real files seldom past 20. */
const MAX_RATIO = 200;

/** From how many bytes on the ratio counts: an image may well hold a large file of zeros. */
const RATIO_FROM = 1024 ** 3;

export interface Limits {
  /** Most bytes, uncompressed, in all; then the ratio does not count. Default: as many as the ratio allows. */
  readonly maxBytes?: number | undefined;
}

/** Counts what comes out of the layers of one image. */
export class Quota {
  readonly #maxBytes: number | undefined;
  #bytes = 0;
  #packed = 0;
  #entries = 0;
  #facts = 0;

  constructor({ maxBytes }: Limits = {}) {
    this.#maxBytes = maxBytes;
  }

  /** Takes note of compressed bytes. */
  addPacked(count: number): void {
    this.#packed += count;
  }

  /** Takes note of uncompressed bytes of `what`. Throws TOO_LARGE. */
  addBytes(count: number, what: string): void {
    this.#bytes += count;
    const max = this.#maxBytes ?? Math.max(RATIO_FROM, this.#packed * MAX_RATIO);
    if (this.#bytes <= max) return;
    const reason =
      this.#maxBytes === undefined
        ? `unpacks to more than ${MAX_RATIO} times its size, as a bomb does`
        : `unpacks to more than the ${max} bytes that are allowed`;
    throw new RegError('TOO_LARGE', `${what} ${reason}`, {
      hint: 'If you trust the image, allow it more with --max-size.',
    });
  }

  /** Takes note of an entry of `what`, which says so many bytes of itself. Throws TOO_LARGE. */
  addEntry(what: string, facts: number): void {
    this.#entries += 1;
    this.#facts += facts;
    if (this.#facts > MAX_FACTS)
      throw new RegError('TOO_LARGE', `${what} brings names and attributes to more than ${MAX_FACTS} bytes`);
    if (this.#entries > MAX_ENTRIES)
      throw new RegError('TOO_LARGE', `${what} brings the image to more than ${MAX_ENTRIES} entries`);
  }
}

/** `chunks` as they are, and `count` told of each before it is passed on. */
export async function* countedBy(
  count: (bytes: number) => void,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    count(chunk.byteLength);
    yield chunk;
  }
}
