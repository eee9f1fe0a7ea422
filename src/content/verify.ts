/** The check that every byte passes before it is believed: size first, then digest, both while streaming. */

import { RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { algorithmOf, Digester, shortDigest, type Digest } from '../spec/digest.js';

/** Follows bytes as they come and says at the end whether they are what the descriptor promised. */
export class Verifier {
  readonly #descriptor: Descriptor;
  readonly #digester: Digester;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
    this.#digester = new Digester(algorithmOf(descriptor.digest));
  }

  /** Number of bytes seen. */
  get position(): number {
    return this.#digester.size;
  }

  /** Throws SIZE_MISMATCH as soon as there is a byte too many. */
  update(bytes: Uint8Array): void {
    refuseMore(this.#descriptor, this.position + bytes.byteLength);
    this.#digester.update(bytes);
  }

  /** To be called after the last byte. Throws SIZE_MISMATCH, DIGEST_MISMATCH. */
  finish(): void {
    requireAll(this.#descriptor, this.position);
    requireDigest(this.#descriptor, this.#digester.digest());
  }
}

/** Throws SIZE_MISMATCH when bytes come beyond the last one. */
export function refuseMore({ digest, size }: Descriptor, position: number): void {
  if (position <= size) return;
  throw new RegError('SIZE_MISMATCH', `${shortDigest(digest)} is longer than its ${size} bytes`, { digest });
}

/** Throws SIZE_MISMATCH when no more than `count` bytes came. */
export function requireAll({ digest, size }: Descriptor, count: number): void {
  if (count === size) return;
  const message = `${shortDigest(digest)} ended after ${count} of ${size} bytes`;
  throw new RegError('SIZE_MISMATCH', message, { digest });
}

/** Throws DIGEST_MISMATCH when all bytes together hash to something else. */
export function requireDigest({ digest }: Descriptor, actual: Digest): void {
  if (actual === digest) return;
  const message = `the bytes of ${shortDigest(digest)} hash to ${shortDigest(actual)}`;
  throw new RegError('DIGEST_MISMATCH', message, { digest });
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
