/** Of an index only some platforms: one image, or a smaller index that is valid by itself. */

import { overlay } from '../../content/overlay.js';
import { contentOf, readContent } from '../../content/read.js';
import type { CallOptions, Source } from '../../content/types.js';
import { isAbout } from '../../spec/attestation.js';
import { describe, type Descriptor } from '../../spec/descriptor.js';
import { shortDigest } from '../../spec/digest.js';
import { parseJsonObject } from '../../spec/json.js';
import { MAX_MANIFEST_SIZE, parseManifest } from '../../spec/manifest.js';
import { isIndexType } from '../../spec/media-type.js';
import { choosePlatform } from '../../spec/platform-choice.js';
import type { Platform } from '../../spec/platform.js';
import { INDEX_DIGEST } from '../image-name.js';

export interface Selection {
  /** The source itself, or one that has the new index as well. */
  readonly source: Source;
  readonly root: Descriptor;
}

/**
 * The image for one platform, or an index of those for several: the entries as they stand, in their order, with the
 * attestations of what is kept. What is no index stays as it is. Throws PLATFORM_NOT_FOUND and what the source throws.
 */
export async function selectPlatforms(
  { source, root }: Selection,
  { platforms, signal }: CallOptions & { readonly platforms: readonly Platform[] },
): Promise<Selection> {
  if (!isIndexType(root.mediaType) || platforms.length === 0) return { source, root };
  const what = `manifest ${shortDigest(root.digest)}`;
  const bytes = await readContent(source.get(root), { cap: MAX_MANIFEST_SIZE, signal });
  const index = parseManifest(bytes, root.mediaType, what);
  const entries = index.kind === 'index' ? index.manifests : [];
  const images = platforms.map((platform) => choosePlatform(entries, platform));
  const [only] = images;
  if (platforms.length === 1 && only !== undefined) return { source, root: fromIndex(only, root) };
  const kept = new Set(images.map(({ digest }) => digest));
  const isKept = entries.map((entry) => kept.has(entry.digest) || isAbout(entry, kept));
  if (isKept.every(Boolean)) return { source, root };
  const document = parseJsonObject(bytes, { what });
  const all: readonly unknown[] = Array.isArray(document['manifests']) ? document['manifests'] : [];
  const smaller = { ...document, manifests: all.filter((_, position) => isKept[position]) };
  return withManifest(source, Buffer.from(JSON.stringify(smaller)), root.mediaType);
}

/** What the store shows beside an image: the digest by which its registry knows it. */
function fromIndex(image: Descriptor, { digest }: Descriptor): Descriptor {
  return { ...image, annotations: { ...image.annotations, [INDEX_DIGEST]: digest } };
}

function withManifest(source: Source, bytes: Uint8Array, mediaType: string): Selection {
  const root = describe(mediaType, bytes);
  return { root, source: overlay(source, [contentOf(root, bytes)]) };
}
