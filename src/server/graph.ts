/** The manifests that the names of the store reach. Each is read and checked once: under its digest it never changes. */

import { readManifest } from '../content/read.js';
import type { Layout } from '../layout/layout.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import { childrenOf, type Manifest } from '../spec/manifest.js';
import { isIndexType, isManifestType } from '../spec/media-type.js';

/** Bytes of manifests that are kept in memory; a real one has 1 to 10 KiB. */
const CAPACITY = 32 * 1024 * 1024;

/** Where a walk begins: an image of the store, for one. */
interface Root {
  readonly descriptor: Descriptor;
}

export class Graph {
  readonly #store: Layout;
  readonly #kept = new Map<string, { readonly manifest: Manifest; readonly size: number }>();
  #keptSize = 0;

  constructor(store: Layout) {
    this.#store = store;
  }

  /** The manifest that `descriptor` names. Throws as `readManifest`. */
  async read(descriptor: Descriptor): Promise<Manifest> {
    const { mediaType, digest, size } = descriptor;
    // Another type or size under the same digest is another claim, and has to be checked on its own.
    const key = `${digest} ${size} ${mediaType}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known.manifest;
    const manifest = await readManifest(this.#store, descriptor);
    this.#keep(key, { manifest, size });
    return manifest;
  }

  /** Every manifest that `images` reach, once each, parents first. Only indexes are read for it. */
  async *manifests(images: readonly Root[]): AsyncGenerator<Descriptor> {
    const roots = images
      .map(({ descriptor }) => descriptor)
      .filter(({ mediaType }) => isManifestType(mediaType));
    const found = new Map(roots.map((root) => [root.digest, root]));
    // A map is walked in the order of insertion, and what is added on the way is still to come.
    for (const descriptor of found.values()) {
      yield descriptor;
      if (!isIndexType(descriptor.mediaType)) continue;
      for (const child of childrenOf(await this.read(descriptor))) {
        if (isManifestType(child.mediaType) && !found.has(child.digest)) found.set(child.digest, child);
      }
    }
  }

  /** The manifest `digest`, when one of `images` reaches it. */
  async find(images: readonly Root[], digest: Digest): Promise<Descriptor | undefined> {
    for await (const descriptor of this.manifests(images)) {
      if (descriptor.digest === digest) return descriptor;
    }
    return undefined;
  }

  #keep(key: string, entry: { readonly manifest: Manifest; readonly size: number }): void {
    // Two requests may have read it at the same time.
    if (this.#kept.has(key)) return;
    this.#kept.set(key, entry);
    this.#keptSize += entry.size;
    for (const [oldest, { size }] of this.#kept) {
      if (this.#keptSize <= CAPACITY) return;
      this.#kept.delete(oldest);
      this.#keptSize -= size;
    }
  }
}
