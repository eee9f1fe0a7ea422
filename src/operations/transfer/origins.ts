/** Tells a push which layers the same registry already holds in another repository, so that it mounts them. */

import type { CallOptions, Origin, Source } from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import { reach } from '../../layout/graph.js';
import type { Layout } from '../../layout/layout.js';
import { isManifestType } from '../../spec/media-type.js';
import { parseReference, type Reference } from '../../spec/reference.js';
import { isInRepository, type StoredImage } from '../image-name.js';

/** Most images that are looked at, the newest first: a push must not wait for all that a store ever got. */
const MAX_IMAGES = 500;

/**
 * `store` as a source whose contents know a repository on the registry of `target` that, by the store's names, has
 * them too. A hint only: the registry may know better, and then the bytes are uploaded. Costs reading the manifests
 * of the newest images that came from that registry; what is damaged among them is left out.
 */
export async function withOrigins(
  store: Layout,
  target: Reference,
  { signal }: CallOptions = {},
): Promise<Source> {
  const origins = new Map<string, Origin>();
  const images = await store.images((name) => isElsewhere(name, target));
  for (const image of images.slice(-MAX_IMAGES)) {
    const origin = originOf(image);
    for (const digest of await blobsOf(store, image, { signal })) origins.set(digest, origin);
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

/** Whether a name is of another repository on the registry of `target`. */
function isElsewhere(name: string, target: Reference): boolean {
  return name.startsWith(`${target.domain}/`) && !isInRepository(name, target);
}

function originOf({ name }: StoredImage): Origin {
  const { domain, path } = parseReference(name);
  return { host: domain, repository: path };
}

async function blobsOf(store: Layout, image: StoredImage, options: CallOptions): Promise<readonly string[]> {
  const digests: string[] = [];
  try {
    for await (const { digest, mediaType } of reach(store, [image.descriptor], options))
      if (!isManifestType(mediaType)) digests.push(digest);
  } catch (error) {
    // That another image is damaged must not keep this one from being pushed.
    if (!(error instanceof RegError) || hasCode(error, 'ABORTED')) throw error;
  }
  return digests;
}
