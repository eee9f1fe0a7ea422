/**
 * A repository as a view of the store: nothing is kept beside the store itself, so that what was pulled can be
 * served and what was pushed can be listed.
 *
 *     app ── docker.io/library/app:1.0 ───────────▶ manifest
 *        └── docker.io/library/app@sha256:12ab… ──▶ index ──▶ manifest, manifest
 *
 * A manifest belongs to a repository when one of its names reaches it. One that no name of the store reaches, because
 * its tag has moved on or was deleted, is still served by its digest, in every repository, until the store is pruned.
 * Blobs are one pool for all repositories.
 */

import { hasCode } from '../errors.js';
import type { Layout } from '../layout/layout.js';
import { isInRepository, storeName, type StoredImage } from '../operations/image-name.js';
import type { Descriptor } from '../spec/descriptor.js';
import { isDigest, type Digest } from '../spec/digest.js';
import { isManifestType } from '../spec/media-type.js';
import { familiarName, parseReference, type Reference } from '../spec/reference.js';
import type { Graph } from './graph.js';
import { isRepositoryName } from './router.js';

export interface StoreView {
  readonly store: Layout;
  readonly graph: Graph;
}

export class Repository {
  /** As the client wrote it. */
  readonly name: string;
  readonly #reference: Reference;
  readonly #store: Layout;
  readonly #graph: Graph;

  /** Throws INVALID_REFERENCE for a name that is none. */
  constructor(name: string, { store, graph }: StoreView) {
    this.name = name;
    this.#reference = parseRepositoryName(name);
    this.#store = store;
    this.#graph = graph;
  }

  /** What the store calls a tag or digest of this repository. */
  nameOf(tagOrDigest: string): string {
    const { domain, path } = this.#reference;
    return storeName(
      isDigest(tagOrDigest) ? { domain, path, digest: tagOrDigest } : { domain, path, tag: tagOrDigest },
    );
  }

  /** Everything that the store has under this name. */
  async images(): Promise<readonly StoredImage[]> {
    return this.#store.images((name) => isInRepository(name, this.#reference));
  }

  /** In the order of ASCII; undefined when the store knows no such repository. */
  async tags(): Promise<readonly string[] | undefined> {
    const images = await this.images();
    if (images.length === 0) return undefined;
    return images.flatMap(({ name }) => parseReference(name).tag ?? []).sort();
  }

  /** The manifest behind a tag or digest. */
  async find(tagOrDigest: string): Promise<Descriptor | undefined> {
    const images = await this.images();
    if (!isDigest(tagOrDigest)) {
      const name = this.nameOf(tagOrDigest);
      return images.find((image) => image.name === name)?.descriptor;
    }
    return (await this.#graph.find(images, tagOrDigest)) ?? this.#findUnnamed(tagOrDigest);
  }

  /** Every manifest that a name of this repository reaches, once each, parents first. */
  async *manifests(): AsyncGenerator<Descriptor> {
    yield* this.#graph.manifests(await this.images());
  }

  /** Takes away the names of those images that `isMeant` says yes to. */
  async forget(isMeant: (image: StoredImage) => boolean): Promise<void> {
    for (;;) {
      const names = (await this.images()).filter(isMeant).map(({ name }) => name);
      if (names.length === 0) return;
      try {
        return await this.#store.remove(names);
      } catch (error) {
        // Another request has removed one of them at the same time: look again.
        if (!hasCode(error, 'NOT_FOUND')) throw error;
      }
    }
  }

  async #findUnnamed(digest: Digest): Promise<Descriptor | undefined> {
    try {
      const descriptor = await this.#store.resolve(digest);
      if (!isManifestType(descriptor.mediaType)) return undefined;
      const named = await this.#graph.find(await this.#store.images(), digest);
      return named === undefined ? descriptor : undefined;
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }
}

/** The short names, in order, of all repositories that a client can ask for. */
export async function listRepositories(store: Layout): Promise<readonly string[]> {
  const names = (await store.images()).map(({ name }) => {
    const { domain, path } = parseReference(name);
    return familiarName({ domain, path });
  });
  // A host with a port can't stand in a path of the API.
  return [...new Set(names)].filter(isRepositoryName).sort();
}

/** Docker's reading of a name, and for what only the specification allows (`foo_bar.com/app`) a path of Docker Hub. */
function parseRepositoryName(name: string): Reference {
  try {
    return parseReference(name);
  } catch (error) {
    if (!hasCode(error, 'INVALID_REFERENCE')) throw error;
    return parseReference(`docker.io/${name}`);
  }
}
