/** The bytes of a content on their way out, verified as they pass, in whatever pieces and however often they go. */

import { throwIfAborted } from '../../content/abort.js';
import type { CallOptions, Content } from '../../content/types.js';
import { Verifier } from '../../content/verify.js';
import { RegError } from '../../errors.js';
import { shortDigest } from '../../spec/digest.js';
import type { Body } from '../transport.js';

export class Outgoing {
  readonly #content: Content;
  #verifier: Verifier;
  #verified = false;
  #fault: unknown;

  constructor(content: Content) {
    this.#content = content;
    this.#verifier = new Verifier(content.descriptor);
  }

  /** Number of bytes, from the first, that have been read since they were last sent from the first on. */
  get position(): number {
    return this.#verifier.position;
  }

  /** What went wrong with the content itself: whatever the request then ended with, this is why. */
  get fault(): unknown {
    return this.#fault;
  }

  /**
   * The bytes from `start` up to but without `end`. The last ones are held back until all of the content is known to
   * be right: a registry that trusts the length can't make a blob of wrong bytes.
   */
  body(start: number, end: number): Body {
    return {
      size: end - start,
      open: async (options) => this.#watch(this.#read(start, end, options), options),
    };
  }

  async *#read(start: number, end: number, { signal }: CallOptions): AsyncGenerator<Uint8Array> {
    const { size } = this.#content.descriptor;
    let position = start;
    let last: Uint8Array | undefined;
    if (start === 0) this.#beginAgain();
    // What has passed before is not hashed again: then the source has to know that it is still the same.
    const verifies = start === this.#verifier.position;
    const options = { from: start, verifies, borrows: true, signal };
    // Once this try is over, the next one may have begun: what comes late must not be counted among its bytes.
    for await (const chunk of await this.#content.open(options)) {
      throwIfAborted(signal);
      // Of a piece only its own bytes are read; the last piece is read to the true end, where a byte may be too many.
      const bytes = end < size ? chunk.subarray(0, end - position) : chunk;
      this.#check(bytes, position);
      position += bytes.byteLength;
      if (position < end) yield bytes;
      else last ??= bytes;
      if (end < size && position === end) break;
    }
    throwIfAborted(signal);
    await this.#finish(position, end);
    if (last !== undefined) yield last;
  }

  /** A source may send something else than the first time: what is sent from the first byte on is hashed from there, too. */
  #beginAgain(): void {
    this.#verifier = new Verifier(this.#content.descriptor);
    this.#verified = false;
  }

  /** Hashes what is new in `bytes`: after a resume some have passed before. */
  #check(bytes: Uint8Array, position: number): void {
    const fresh = bytes.subarray(Math.max(0, this.#verifier.position - position));
    if (fresh.byteLength > 0) this.#verifier.update(fresh);
  }

  async #finish(position: number, end: number): Promise<void> {
    const { digest, size } = this.#content.descriptor;
    if (position !== end) {
      throw new RegError('SIZE_MISMATCH', `${shortDigest(digest)} ended after ${position} of ${size} bytes`, {
        digest,
      });
    }
    if (end < size || this.#verified) return;
    try {
      this.#verifier.finish();
    } catch (error) {
      // A source that left it to us to verify may say better what is wrong.
      await this.#content.open();
      throw error;
    }
    this.#verified = true;
  }

  /**
   * Notes the errors of the content only: a sender that breaks off throws its own reason into a generator, and a
   * reading that nobody waits for any more may end in any way.
   */
  #watch(chunks: AsyncGenerator<Uint8Array>, { signal }: CallOptions): AsyncIterable<Uint8Array> {
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      try {
        return await chunks.next();
      } catch (error) {
        if (signal?.aborted !== true) this.#fault ??= error;
        throw error;
      }
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: () => chunks.return(undefined) }) };
  }
}
