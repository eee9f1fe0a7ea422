/** How large blobs are, as the manifests say that were fetched from their repository: whoever wants a blob has seen one. */

import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import type { Upstream } from './names.js';

/** Blobs that are remembered; the oldest go first. */
const MAX_KNOWN = 50_000;

export class Sizes {
  readonly #sizes = new Map<string, number>();

  /** Of a repository's own: another one may tell lies. */
  get(upstream: Upstream, digest: Digest): number | undefined {
    return this.#sizes.get(keyOf(upstream, digest));
  }

  learn(upstream: Upstream, blobs: readonly Descriptor[]): void {
    for (const { digest, size } of blobs) this.#sizes.set(keyOf(upstream, digest), size);
    for (const oldest of this.#sizes.keys()) {
      if (this.#sizes.size <= MAX_KNOWN) return;
      this.#sizes.delete(oldest);
    }
  }
}

function keyOf({ domain, path }: Upstream, digest: Digest): string {
  return `${domain}/${path}@${digest}`;
}
