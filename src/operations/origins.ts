/** Tells a push which layers the same registry already holds in another repository, so that it mounts them. */

import { readManifest } from '../content/read.js';
import type { Origin, Source } from '../content/types.js';
import type { Layout } from '../layout/layout.js';
import { childrenOf } from '../spec/manifest.js';
import { isManifestType } from '../spec/media-type.js';
import { parseReference, type Reference } from '../spec/reference.js';
import type { StoredImage } from './image-name.js';

/**
 * `store` as a source whose contents know a repository on the registry of `target` that, by the store's names, has
 * them too. A hint only: the registry may know better, and then the bytes are uploaded. Costs reading the manifests
 * of the images that came from that registry.
 */
export async function withOrigins(store: Layout, target: Reference): Promise<Source> {
  const origins = new Map<string, Origin>();
  for (const image of await store.images()) {
    const origin = originOf(image, target);
    if (origin !== undefined) await collect(store, image, (digest) => origins.set(digest, origin));
  }
  return {
    resolve: (name, options) => store.resolve(name, options),
    get(descriptor) {
      const origin = origins.get(descriptor.digest);
      const content = store.get(descriptor);
      return origin === undefined ? content : { ...content, origin };
    },
  };
}

function originOf({ name }: StoredImage, target: Reference): Origin | undefined {
  const { domain, path } = parseReference(name);
  return domain === target.domain && path !== target.path ? { host: domain, repository: path } : undefined;
}

async function collect(store: Layout, image: StoredImage, add: (digest: string) => void): Promise<void> {
  const pending = [image.descriptor];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (!isManifestType(node.mediaType)) {
      add(node.digest);
      continue;
    }
    pending.push(...childrenOf(await readManifest(store, node)));
  }
}
