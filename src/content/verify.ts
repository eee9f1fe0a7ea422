/** The check that every byte passes before it is believed: size first, then digest, both while streaming. */

import { RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { algorithmOf, Digester, shortDigest, type Digest } from '../spec/digest.js';

/** Follows bytes as they come and says at the end whether they are what the descriptor promised. */
export class Verifier {
  readonly #descriptor: Descriptor;
  readonly #digester: Digester;
  #position = 0;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
    this.#digester = new Digester(algorithmOf(descriptor.digest));
  }

  /** Number of bytes seen. */
  get position(): number {
    return this.#position;
  }

  /** Throws SIZE_MISMATCH as soon as there is a byte too many. */
  update(bytes: Uint8Array): void {
    this.count(bytes.byteLength);
    this.#digester.update(bytes);
  }

  /** As `update`, of bytes that somebody else hashes. */
  count(length: number): void {
    const { digest, size } = this.#descriptor;
    if (this.#position + length > size) {
      throw new RegError('SIZE_MISMATCH', `${shortDigest(digest)} is longer than its ${size} bytes`, {
        digest,
      });
    }
    this.#position += length;
  }

  /** To be called after the last byte. Throws SIZE_MISMATCH, DIGEST_MISMATCH. */
  finish(): void {
    this.requireAll();
    this.judge(this.#digester.digest());
  }

  /** Throws SIZE_MISMATCH when bytes are missing. */
  requireAll(): void {
    const { digest, size } = this.#descriptor;
    if (this.#position === size) return;
    throw new RegError(
      'SIZE_MISMATCH',
      `${shortDigest(digest)} ended after ${this.#position} of ${size} bytes`,
      { digest },
    );
  }

  /** What all bytes hash to, by whoever hashed them. Throws DIGEST_MISMATCH. */
  judge(actual: Digest): void {
    const { digest } = this.#descriptor;
    if (actual !== digest) {
      throw new RegError(
        'DIGEST_MISMATCH',
        `the bytes of ${shortDigest(digest)} hash to ${shortDigest(actual)}`,
        { digest },
      );
    }
  }
}

/** The bytes of `chunks` as they come, and an error instead of the end when they are not what `descriptor` says. */
export async function* verified(
  descriptor: Descriptor,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const verifier = new Verifier(descriptor);
  for await (const chunk of chunks) {
    verifier.update(chunk);
    yield chunk;
  }
  verifier.finish();
}

/** The bytes of `chunks` as they come, told to `digester` on their way. */
export async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  digester: Digester,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    digester.update(chunk);
    yield chunk;
  }
}
