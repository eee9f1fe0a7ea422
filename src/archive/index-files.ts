/** The two files by which programs find the images of an archive: index.json for OCI, manifest.json for Docker. */

import { hasCode } from '../errors.js';
import { isAttestation } from '../spec/attestation.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import { childrenOf, type ImageManifest, type Manifest } from '../spec/manifest.js';
import { isImageConfigType, OCI_INDEX } from '../spec/media-type.js';
import { choosePlatform } from '../spec/platform-choice.js';
import type { Platform } from '../spec/platform.js';
import { familiarName, parseReference } from '../spec/reference.js';
import { blobName, FULL_NAME, fullNameOf, REF_NAME } from './names.js';

/** An image and the name that it has in the archive, if it has one: a tag or a whole reference. */
export interface Listed {
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
}

/** `index.json`. The standard annotation holds the name as it was given, as skopeo and podman have it. */
export function indexJson(listed: readonly Listed[]): string {
  const manifests = listed.map(({ name, descriptor }) => {
    if (name === undefined) return descriptor;
    const full = fullNameOf(name);
    const names = { ...(full === undefined ? {} : { [FULL_NAME]: full }), [REF_NAME]: name };
    return { ...descriptor, annotations: { ...descriptor.annotations, ...names } };
  });
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
}

interface Known {
  readonly manifests: ReadonlyMap<Digest, Manifest>;
  /** Which image of an index is meant where only one can be; else the first. */
  readonly platform?: Platform | undefined;
}

/** `manifest.json`, as `docker save` writes it; undefined when there is nothing that Docker could load. */
export function manifestJson(listed: readonly Listed[], known: Known): string | undefined {
  const images = new Map<ImageManifest, string[]>();
  for (const { name, descriptor } of listed) {
    const image = imageOf(descriptor, known);
    if (image === undefined) continue;
    images.set(image, [...(images.get(image) ?? []), ...repoTags(name)]);
  }
  const list = [...images].map(([image, tags]) => ({
    Config: blobName(image.config.digest),
    RepoTags: tags,
    Layers: image.layers.map(({ digest }) => blobName(digest)),
  }));
  return list.length === 0 ? undefined : JSON.stringify(list);
}

/** The image to load: itself, or one of an index. */
function imageOf(root: Descriptor, known: Known): ImageManifest | undefined {
  const manifest = known.manifests.get(root.digest);
  if (manifest?.kind === 'manifest') return isLoadable(manifest) ? manifest : undefined;
  const child = manifest && chosen(manifest.manifests, known.platform);
  return child === undefined ? undefined : imageOf(child, known);
}

function chosen(entries: readonly Descriptor[], platform: Platform | undefined): Descriptor | undefined {
  try {
    if (platform !== undefined) return choosePlatform(entries, platform);
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_NOT_FOUND')) throw error;
  }
  return entries.find((entry) => !isAttestation(entry));
}

/** Artifacts have configs of other types, and a layer that lives elsewhere can't be loaded from here. */
function isLoadable(manifest: ImageManifest): boolean {
  const { config, layers } = manifest;
  return isImageConfigType(config.mediaType) && childrenOf(manifest).length === layers.length + 1;
}

function repoTags(name: string | undefined): readonly string[] {
  const full = name === undefined ? undefined : fullNameOf(name);
  if (full === undefined) return [];
  const { domain, path, tag } = parseReference(full);
  return tag === undefined ? [] : [familiarName({ domain, path, tag })];
}
