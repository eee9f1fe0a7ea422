/** `reg tree`: all that an image is made of and all that tells of it, named for what it is. */

import { attestedBy } from '../../spec/attestation.js';
import type { Digest } from '../../spec/digest.js';
import { findCosignTags } from './cosign-tags.js';
import { drawTree, type Findings, type TreeNode } from './draw-tree.js';
import { createReadingLimit, readManifests, type Manifests, type ReadingOptions } from './graph.js';
import { lookAt, readImage, type Looked, type LookOptions, type Names } from './look-at.js';
import { readReferrers } from './referrers.js';

export interface TreeOptions extends LookOptions {
  /** Only what the image itself holds is asked for. Default false. */
  readonly withoutReferrers?: boolean | undefined;
}

export interface ImageTree extends Names {
  readonly root: TreeNode;
}

/**
 * An image as a tree: the images of an index, their layers, and what refers to each. Costs one small request for each
 * manifest and, at registries, four for each image and index in it: for its referrers and what cosign keeps. Throws
 * NOT_FOUND, PLATFORM_NOT_FOUND, TOO_LARGE for more than 1000 manifests or referrers, INVALID_MANIFEST, and what the place
 * throws.
 */
export function readTree(image: string, options: TreeOptions): Promise<ImageTree> {
  return lookAt(image, { ...options, verb: 'show the tree of' }, async (looked) => {
    const { platform, withoutReferrers = false, signal } = options;
    const reading = { limit: createReadingLimit(), signal };
    const root = platform === undefined ? looked.root : (await readImage(looked, options)).descriptor;
    const manifests = await readManifests(looked.source, root, reading);
    const told = withoutReferrers ? NOTHING : await readWhatTells(looked, manifests, reading);
    return { ...looked.names, root: drawTree(root, { manifests, ...told }) };
  });
}

const NOTHING: Omit<Findings, 'manifests'> = { referrers: new Map(), tagged: [] };

/** Only registries keep such things. */
async function readWhatTells(
  { source, referrers: list }: Looked,
  manifests: Manifests,
  reading: ReadingOptions,
): Promise<Omit<Findings, 'manifests'>> {
  if (list === undefined) return NOTHING;
  const subjects = subjectsIn(manifests);
  const [referrers, tagged] = await Promise.all([
    readReferrers(list, subjects, { ...reading, isRecursive: true }),
    findCosignTags(source, subjects, reading),
  ]);
  return { referrers, tagged };
}

/** Nobody signs the attestations of BuildKit one by one: they are part of the index. */
function subjectsIn(manifests: Manifests): readonly Digest[] {
  const entries = [...manifests.values()].flatMap((each) => (each.kind === 'index' ? each.manifests : []));
  const attestations = new Set<Digest>(
    entries.filter((entry) => attestedBy(entry) !== undefined).map(({ digest }) => digest),
  );
  return [...manifests.keys()].filter((digest) => !attestations.has(digest));
}
