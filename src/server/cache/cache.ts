/**
 * A pull-through cache: images of other registries, fetched when they are first asked for and kept in the store
 * (`reg serve --proxy-of`).
 *
 *     client ──▶ names ──▶ tags        asked upstream by a HEAD, or fresh enough
 *                  ├─────▶ manifests   by digest: kept for good, beside the blobs of the store
 *                  └─────▶ flights     one for each blob that is missing
 *
 * Nothing that a client sends goes upstream: who may read there is decided by the logins of this machine.
 */

import type { Clock } from '../../content/retry.js';
import type { Layout } from '../../layout/layout.js';
import type { RegistryClient } from '../../registry/client.js';
import { Flights } from './flights.js';
import { CachedManifests } from './manifests.js';
import type { UpstreamHosts } from './names.js';
import { Sizes } from './sizes.js';
import { CachedTags } from './tags.js';

export interface CacheOptions {
  readonly hosts: UpstreamHosts;
  /** With the logins of this machine. Stays open when the server closes. */
  readonly client: Pick<RegistryClient, 'repository' | 'source'>;
  /** How long a tag is believed before it is asked for again, in milliseconds; default 0. */
  readonly freshForMs?: number | undefined;
}

export interface Cache {
  readonly hosts: UpstreamHosts;
  readonly client: CacheOptions['client'];
  readonly tags: CachedTags;
  readonly manifests: CachedManifests;
  readonly flights: Flights;
  /** Of blobs, as manifests tell them. */
  readonly sizes: Sizes;
}

/** No I/O. */
export function createCache(
  { hosts, client, freshForMs = 0 }: CacheOptions,
  { store, clock }: { readonly store: Layout; readonly clock: Clock },
): Cache {
  const sizes = new Sizes();
  const manifests = new CachedManifests({ client, store, sizes });
  return {
    hosts,
    client,
    tags: new CachedTags({ client, manifests, store, clock, freshForMs }),
    manifests,
    flights: new Flights(store),
    sizes,
  };
}
