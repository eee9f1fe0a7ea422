/** `reg size`: what images weigh, each part counted once however many share it. */

import type { Limit } from '../../content/limit.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { isManifestType } from '../../spec/media-type.js';
import { purposeOf, type Kind } from '../../spec/purpose.js';
import { createReadingLimit, partsUnder, readManifests, sumOf, type Manifests } from './graph.js';
import { lookAt, platformText, readImage, type LookOptions, type Names } from './look-at.js';

export interface SizeReport {
  readonly images: readonly ImageSize[];
  /** Length in bytes of all of them, each part once: less than their sum where they share. */
  readonly size: number;
}

export interface ImageSize extends Names {
  readonly digest: Digest;
  /** Length in bytes of everything that it reaches, compressed as it is, each part once. */
  readonly size: number;
  /** The one image, or those of an index with its attestations, in order. */
  readonly manifests: readonly ManifestSize[];
}

export interface ManifestSize {
  readonly digest: Digest;
  readonly kind: Kind;
  readonly platform?: string;
  /** Length in bytes of manifest, config and layers, each part once. */
  readonly size: number;
  readonly layers: number;
  /** Listed by the index, but not there: only the manifest itself is counted. */
  readonly isMissing?: true;
}

/**
 * How large images are, compressed as they are, and what they share. Costs one small request for each manifest. With a
 * platform only that image of an index is counted. Throws NOT_FOUND, PLATFORM_NOT_FOUND, TOO_LARGE for an index of more than
 * 1000 manifests, INVALID_MANIFEST, and what the places throw.
 */
export async function measureImages(images: readonly string[], options: LookOptions): Promise<SizeReport> {
  const limit = createReadingLimit();
  const measured = await Promise.all(images.map((image) => measureImage(image, { ...options, limit })));
  const all = new Map(measured.flatMap(({ parts }) => [...parts]));
  return { images: measured.map(({ image }) => image), size: sumOf(all) };
}

interface Measured {
  readonly image: ImageSize;
  readonly parts: ReadonlyMap<Digest, number>;
}

function measureImage(image: string, options: LookOptions & { readonly limit: Limit }): Promise<Measured> {
  return lookAt(image, { ...options, verb: 'measure' }, async (looked) => {
    const { source, names } = looked;
    const root = options.platform === undefined ? looked.root : (await readImage(looked, options)).descriptor;
    const manifests = await readManifests(source, root, options);
    const leaves = leavesOf(root, manifests);
    const parts = partsUnder(root, manifests);
    return {
      image: {
        ...names,
        digest: root.digest,
        size: sumOf(parts),
        manifests: leaves.map((leaf) => measureLeaf(leaf, manifests)),
      },
      parts,
    };
  });
}

/** All that is no index, each once, in the order in which the indexes list it. */
function leavesOf(root: Descriptor, manifests: Manifests): readonly Descriptor[] {
  const seen = new Set<string>();
  const below = (node: Descriptor): readonly Descriptor[] => {
    if (seen.has(node.digest)) return [];
    seen.add(node.digest);
    const manifest = manifests.get(node.digest);
    return manifest?.kind === 'index' ? manifest.manifests.flatMap(below) : [node];
  };
  return below(root);
}

function measureLeaf(leaf: Descriptor, manifests: Manifests): ManifestSize {
  const manifest = manifests.get(leaf.digest);
  const { kind } = purposeOf(manifest, leaf);
  return {
    digest: leaf.digest,
    kind,
    ...(kind === 'attestation' ? {} : platformText(leaf.platform)),
    size: sumOf(partsUnder(leaf, manifests)),
    layers: manifest?.kind === 'manifest' ? manifest.layers.length : 0,
    ...(manifest === undefined && isManifestType(leaf.mediaType) ? { isMissing: true } : {}),
  };
}
