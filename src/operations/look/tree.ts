/** `reg tree`: all that an image is made of and all that tells of it, named for what it is. */

import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { isManifestType } from '../../spec/media-type.js';
import { attestedBy } from '../../spec/attestation.js';
import { purposeOf, purposeOfLayer, purposeOfReferrer, type Kind, type Purpose } from '../../spec/purpose.js';
import { findCosignTags, type Tagged } from './cosign-tags.js';
import {
  createReadingLimit,
  partsUnder,
  readManifests,
  sumOf,
  type Manifests,
  type ReadingOptions,
} from './graph.js';
import { lookAt, platformText, readImage, type Looked, type LookOptions, type Names } from './look-at.js';
import { readReferrers, type ReferrersOf } from './referrers.js';

export interface TreeOptions extends LookOptions {
  /** Only what the image itself holds is asked for. Default false. */
  readonly withoutReferrers?: boolean | undefined;
}

export interface ImageTree extends Names {
  readonly root: TreeNode;
}

export interface TreeNode {
  readonly kind: Kind;
  /** What it is, in words. */
  readonly title: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Length in bytes of it alone. */
  readonly size: number;
  /** Of an image or an index that was read: of all that it holds, configs too, each part once. */
  readonly totalSize?: number;
  readonly platform?: string;
  readonly artifactType?: string;
  /** By which cosign finds it. */
  readonly tag?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** It is listed, but not there. */
  readonly isMissing?: true;
  /** Its children were shown before. */
  readonly isRepeated?: true;
  /** The entries of an index, the layers of an image; none of a referrer, which is not read. */
  readonly children: readonly TreeNode[];
  /** What tells of it: referrers, attestations of BuildKit, what cosign keeps under tags. */
  readonly referrers: readonly TreeNode[];
}

/** All that a tree is drawn from. */
interface Findings {
  readonly manifests: Manifests;
  readonly referrers: ReferrersOf;
  readonly tagged: readonly Tagged[];
}

/**
 * Costs one small request for each manifest and, at registries, four for each image and index in it: for its referrers and
 * what cosign keeps. Throws NOT_FOUND, PLATFORM_NOT_FOUND, TOO_LARGE for more than 1000 manifests or referrers,
 * INVALID_MANIFEST, and what the place throws.
 */
export function readTree(image: string, options: TreeOptions): Promise<ImageTree> {
  return lookAt(image, { ...options, verb: 'show the tree of' }, async (looked) => {
    const { platform, withoutReferrers = false, signal } = options;
    const reading = { limit: createReadingLimit(), signal };
    const root = platform === undefined ? looked.root : (await readImage(looked, options)).descriptor;
    const manifests = await readManifests(looked.source, root, reading);
    const told = withoutReferrers ? NOTHING : await readWhatTells(looked, manifests, reading);
    return { ...looked.names, root: createDrawer({ manifests, ...told })(root) };
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

/** What is reached in several ways has its children the first time only: else a few indexes could make millions of nodes. */
function createDrawer({ manifests, referrers, tagged }: Findings): (root: Descriptor) => TreeNode {
  const drawn = new Set<string>();

  const draw = (descriptor: Descriptor, siblings: readonly Descriptor[] = []): TreeNode => {
    const manifest = manifests.get(descriptor.digest);
    const isMissing = manifest === undefined && isManifestType(descriptor.mediaType);
    const totalSize = sumOf(partsUnder(descriptor, manifests));
    const common: Omit<TreeNode, 'children' | 'referrers'> = {
      ...describe(descriptor, purposeOf(manifest, descriptor)),
      ...(manifest === undefined ? {} : { totalSize }),
      ...(isMissing ? { isMissing } : {}),
    };
    if (drawn.has(descriptor.digest)) return { ...common, isRepeated: true, children: [], referrers: [] };
    drawn.add(descriptor.digest);
    const attestations = siblings.filter((each) => attestedBy(each) === descriptor.digest);
    return {
      ...common,
      children:
        manifest === undefined
          ? []
          : manifest.kind === 'index'
            ? entries(manifest.manifests)
            : manifest.layers.map(drawLayer),
      referrers: [...attestations.map((each) => draw(each)), ...tellers(descriptor.digest)],
    };
  };

  /** An attestation stands below what it is about, where that is there. */
  const entries = (all: readonly Descriptor[]): readonly TreeNode[] => {
    const digests = new Set<string>(all.map(({ digest }) => digest));
    return all.filter((each) => !digests.has(attestedBy(each) ?? '')).map((each) => draw(each, all));
  };

  const tellers = (subject: Digest): readonly TreeNode[] => [
    ...(referrers.get(subject) ?? []).map(drawReferrer),
    ...tagged.filter((each) => each.subject === subject).map(drawTagged),
  ];

  const drawReferrer = (descriptor: Descriptor): TreeNode => {
    const common = { ...describe(descriptor, purposeOfReferrer(descriptor)), children: [] };
    if (drawn.has(descriptor.digest)) return { ...common, isRepeated: true, referrers: [] };
    drawn.add(descriptor.digest);
    return { ...common, referrers: tellers(descriptor.digest) };
  };

  return (root) => draw(root);
}

function drawTagged({ descriptor, tag, kind, title }: Tagged): TreeNode {
  return { ...describe(descriptor, { kind, title }), tag, children: [], referrers: [] };
}

function drawLayer(layer: Descriptor): TreeNode {
  return { ...describe(layer, purposeOfLayer(layer)), children: [], referrers: [] };
}

function describe(
  { digest, mediaType, size, platform, artifactType, annotations }: Descriptor,
  { kind, title }: Purpose,
): Omit<TreeNode, 'children' | 'referrers'> {
  return {
    kind,
    title,
    digest,
    mediaType,
    size,
    ...(kind === 'attestation' ? {} : platformText(platform)),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
