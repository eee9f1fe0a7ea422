/** Manifests that were fetched and verified lately. */

import type { Digest } from '../spec/digest.js';

/** Enough for an index and its images; in bytes. */
const MAX_TOTAL = 16 * 1024 * 1024;

/** Keeps the bytes of manifests, so that what was fetched to resolve a tag is not fetched again to be copied. */
export class RecentManifests {
  readonly #bytes = new Map<Digest, Uint8Array>();
  #total = 0;

  get(digest: Digest): Uint8Array | undefined {
    return this.#bytes.get(digest);
  }

  /** `bytes` must hash to `digest`. The oldest go when there are more than 16 MiB. */
  add(digest: Digest, bytes: Uint8Array): void {
    this.#drop(digest);
    this.#bytes.set(digest, bytes);
    this.#total += bytes.byteLength;
    for (const oldest of this.#bytes.keys()) {
      if (this.#total <= MAX_TOTAL) break;
      this.#drop(oldest);
    }
  }

  #drop(digest: Digest): void {
    this.#total -= this.#bytes.get(digest)?.byteLength ?? 0;
    this.#bytes.delete(digest);
  }
}
