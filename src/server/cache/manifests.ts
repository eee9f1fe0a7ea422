/** Manifests of other registries: each is fetched once, and kept. */

import { readContent } from '../../content/read.js';
import type { Source } from '../../content/types.js';
import { hasCode } from '../../errors.js';
import type { Layout } from '../../layout/layout.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { childrenOf, MAX_MANIFEST_SIZE, parseManifest, sniffMediaType } from '../../spec/manifest.js';
import { isManifestType } from '../../spec/media-type.js';
import type { Upstream } from './names.js';
import { createShared } from './shared.js';
import type { Sizes } from './sizes.js';
import { explainUpstream } from './upstream-error.js';

export interface CachedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

interface Options {
  readonly client: Pick<RegistryClient, 'source'>;
  readonly store: Layout;
  /** Told those of what a manifest lists. */
  readonly sizes: Sizes;
}

export class CachedManifests {
  readonly #options: Options;
  readonly #shared = createShared<CachedManifest>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** A manifest by its digest: what is kept costs no request. Throws NOT_FOUND and what the registry throws. */
  async read(upstream: Upstream, digest: Digest): Promise<CachedManifest> {
    const kept = (await this.#kept(digest)) ?? (await this.#stored(digest));
    if (kept !== undefined) return kept;
    return this.#shared(`${upstream.domain}/${upstream.path}@${digest}`, async () => {
      try {
        const source = this.#options.client.source({ ...upstream, digest });
        const descriptor = await source.resolve(digest, { toRead: true });
        return await this.fetch(upstream, { source, descriptor });
      } catch (error) {
        throw explainUpstream(error, upstream);
      }
    });
  }

  /**
   * Fetches a manifest, and keeps it. Only here is it sure that it is the repository's own: what is kept is given by its
   * digest under any name, and another repository's may lie of sizes.
   */
  async fetch(
    upstream: Upstream,
    { source, descriptor }: { readonly source: Source; readonly descriptor: Descriptor },
  ): Promise<CachedManifest> {
    const { store, sizes } = this.#options;
    const bytes = await readContent(source.get(descriptor), { cap: MAX_MANIFEST_SIZE });
    await store.parts.cached.keepManifest(descriptor.digest, bytes);
    sizes.learn(upstream, partsOf({ descriptor, bytes }));
    return { descriptor, bytes };
  }

  async #kept(digest: Digest): Promise<CachedManifest | undefined> {
    const bytes = await this.#options.store.parts.cached.manifest(digest);
    return (
      bytes && { bytes, descriptor: { mediaType: sniffMediaType(bytes), digest, size: bytes.byteLength } }
    );
  }

  /** What was pulled into the store itself. */
  async #stored(digest: Digest): Promise<CachedManifest | undefined> {
    const { store } = this.#options;
    try {
      const descriptor = await store.resolve(digest);
      if (!isManifestType(descriptor.mediaType)) return undefined;
      return { descriptor, bytes: await readContent(store.get(descriptor), { cap: MAX_MANIFEST_SIZE }) };
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }
}

/** None where we do not understand it: whoever asked for it may. */
function partsOf({ bytes, descriptor }: CachedManifest): readonly Descriptor[] {
  try {
    return childrenOf(parseManifest(bytes, descriptor.mediaType));
  } catch (error) {
    if (hasCode(error, 'INVALID_MANIFEST', 'UNSUPPORTED')) return [];
    throw error;
  }
}
