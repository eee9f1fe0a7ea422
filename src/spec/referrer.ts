/** Manifests that refer to another one as their subject, as lists of them describe them. */

import type { Descriptor } from './descriptor.js';
import type { Manifest } from './manifest.js';

/**
 * The descriptor by which a manifest is listed among the referrers of its subject: with its annotations, and the type of
 * its config where it has none of its own (distribution-spec 1.1, "Listing Referrers"). An index without one has none.
 */
export function describeReferrer(
  { mediaType, digest, size }: Descriptor,
  { annotations, ...manifest }: Manifest,
): Descriptor {
  const fallback = manifest.kind === 'manifest' ? manifest.config.mediaType : undefined;
  const artifactType = manifest.artifactType || fallback;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
