/** Draws what was found out about an image as a tree. */

import { attestedBy } from '../../spec/attestation.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import type { Manifest } from '../../spec/manifest.js';
import { isManifestType } from '../../spec/media-type.js';
import { purposeOf, purposeOfLayer, purposeOfReferrer, type Kind, type Purpose } from '../../spec/purpose.js';
import type { Tagged } from './cosign-tags.js';
import { partsUnder, sumOf, type Manifests } from './graph.js';
import { platformText } from './look-at.js';
import type { ReferrersOf } from './referrers.js';

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
export interface Findings {
  readonly manifests: Manifests;
  readonly referrers: ReferrersOf;
  readonly tagged: readonly Tagged[];
}

interface Drawing extends Findings {
  /** What is reached in several ways has its children the first time only: else a few indexes could make millions of nodes. */
  readonly drawn: Set<string>;
}

/** No I/O. */
export function drawTree(root: Descriptor, findings: Findings): TreeNode {
  return drawManifest(root, [], { ...findings, drawn: new Set() });
}

function drawManifest(
  descriptor: Descriptor,
  attestations: readonly Descriptor[],
  drawing: Drawing,
): TreeNode {
  const { manifests, drawn } = drawing;
  const { digest } = descriptor;
  const manifest = manifests.get(digest);
  const common = describeManifest(descriptor, manifests);
  if (drawn.has(digest)) return { ...common, isRepeated: true, children: [], referrers: [] };
  drawn.add(digest);
  return {
    ...common,
    children: manifest === undefined ? [] : drawChildren(manifest, drawing),
    referrers: [
      ...attestations.map((each) => drawManifest(each, [], drawing)),
      ...drawTellers(digest, drawing),
    ],
  };
}

/** An attestation stands below what it is about, where that is there. */
function drawChildren(manifest: Manifest, drawing: Drawing): readonly TreeNode[] {
  if (manifest.kind === 'manifest') return manifest.layers.map(drawLayer);
  const { manifests: entries } = manifest;
  const images = entries.filter((entry) => attestedBy(entry) === undefined);
  const about = new Map<string, Descriptor[]>(images.map(({ digest }) => [digest, []]));
  const own = entries.filter((entry) => {
    const others = about.get(attestedBy(entry) ?? '');
    others?.push(entry);
    return others === undefined;
  });
  return own.map((entry) => drawManifest(entry, about.get(entry.digest) ?? [], drawing));
}

/** Referrers, with those of these, and what cosign keeps. */
function drawTellers(subject: Digest, drawing: Drawing): readonly TreeNode[] {
  const { referrers, tagged } = drawing;
  return [
    ...(referrers.get(subject) ?? []).map((each) => drawReferrer(each, drawing)),
    ...tagged.filter((each) => each.subject === subject).map(drawTagged),
  ];
}

function drawReferrer(descriptor: Descriptor, drawing: Drawing): TreeNode {
  const common = { ...describe(descriptor, purposeOfReferrer(descriptor)), children: [] };
  if (drawing.drawn.has(descriptor.digest)) return { ...common, isRepeated: true, referrers: [] };
  drawing.drawn.add(descriptor.digest);
  return { ...common, referrers: drawTellers(descriptor.digest, drawing) };
}

function drawTagged({ descriptor, tag, kind, title }: Tagged): TreeNode {
  return { ...describe(descriptor, { kind, title }), tag, children: [], referrers: [] };
}

function drawLayer(layer: Descriptor): TreeNode {
  return { ...describe(layer, purposeOfLayer(layer)), children: [], referrers: [] };
}

function describeManifest(
  descriptor: Descriptor,
  manifests: Manifests,
): Omit<TreeNode, 'children' | 'referrers'> {
  const manifest = manifests.get(descriptor.digest);
  const isMissing = manifest === undefined && isManifestType(descriptor.mediaType);
  return {
    ...describe(descriptor, purposeOf(manifest, descriptor)),
    ...(manifest === undefined ? {} : { totalSize: sumOf(partsUnder(descriptor, manifests)) }),
    ...(isMissing ? { isMissing } : {}),
  };
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
