/** Manifests that were fetched and verified lately. */

import type { Digest } from '../../spec/digest.js';
import type { FetchedManifest } from './answer.js';

/** Enough for an index and its images; in bytes. */
const MAX_TOTAL = 16 * 1024 * 1024;

/** Keeps manifests, so that what was fetched to resolve a tag is not fetched again to be copied. */
export class RecentManifests {
  readonly #manifests = new Map<Digest, FetchedManifest>();
  #total = 0;

  get(digest: Digest): FetchedManifest | undefined {
    return this.#manifests.get(digest);
  }

  /** The oldest go when there are more than 16 MiB. */
  add(manifest: FetchedManifest): void {
    const { digest, size } = manifest.descriptor;
    this.#drop(digest);
    this.#manifests.set(digest, manifest);
    this.#total += size;
    for (const oldest of this.#manifests.keys()) {
      if (this.#total <= MAX_TOTAL) break;
      this.#drop(oldest);
    }
  }

  #drop(digest: Digest): void {
    this.#total -= this.#manifests.get(digest)?.descriptor.size ?? 0;
    this.#manifests.delete(digest);
  }
}
