/**
 * Where attestations of an image are found.
 *
 *     the index: attestation-manifests of BuildKit ──┐
 *     referrers of the image, and of the index ──────┼──▶ manifests ──▶ layers, each one statement
 *     what cosign keeps under tags ──────────────────┘
 */

import { readManifest } from '../../content/read.js';
import { attestedBy } from '../../spec/attestation.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import type { ImageManifest } from '../../spec/manifest.js';
import { isManifestType } from '../../spec/media-type.js';
import {
  predicateTypeIn,
  purposeOf,
  purposeOfLayer,
  purposeOfPredicate,
  type Purpose,
} from '../../spec/purpose.js';
import type { Attestation } from './attestation.js';
import { findCosignTags } from './cosign-tags.js';
import { allOrStop, type ReadingOptions } from './graph.js';
import type { Looked } from './look-at.js';
import { readReferrers } from './referrers.js';

/** A manifest that may hold attestations. */
interface Holder extends Pick<Attestation, 'subject' | 'from'> {
  readonly descriptor: Descriptor;
}

/** All that is attested of `image`, or of the index that it is from. */
export async function findAttestations(
  looked: Looked,
  image: Descriptor,
  reading: ReadingOptions,
): Promise<readonly Attestation[]> {
  const subjects = [...new Set([image.digest, looked.root.digest])];
  const holders = await Promise.all([
    inIndex(looked, image, reading),
    amongReferrers(looked, subjects, reading),
    underTags(looked, subjects, reading),
  ]);
  const found = await allOrStop(holders.flat(), reading, async (holder, signal) => {
    const manifest = await readManifest(looked.source, holder.descriptor, { signal });
    return manifest.kind === 'index' ? [] : attestationsIn(manifest, holder);
  });
  return found.flat();
}

async function inIndex(
  { source, root }: Looked,
  { digest }: Descriptor,
  { signal }: ReadingOptions,
): Promise<readonly Holder[]> {
  const manifest = await readManifest(source, root, { signal });
  const entries = manifest.kind === 'index' ? manifest.manifests : [];
  return entries
    .filter((entry) => attestedBy(entry) === digest && isManifestType(entry.mediaType))
    .map((descriptor) => ({ descriptor, subject: digest, from: 'index' }));
}

async function amongReferrers(
  { referrers: list }: Looked,
  subjects: readonly Digest[],
  reading: ReadingOptions,
): Promise<readonly Holder[]> {
  if (list === undefined) return [];
  const found = await readReferrers(list, subjects, { ...reading, isRecursive: false });
  return subjects.flatMap((subject) =>
    (found.get(subject) ?? [])
      .filter(({ mediaType }) => isManifestType(mediaType))
      .map((descriptor): Holder => ({ descriptor, subject, from: 'referrers' })),
  );
}

async function underTags(
  { source, referrers }: Looked,
  subjects: readonly Digest[],
  reading: ReadingOptions,
): Promise<readonly Holder[]> {
  if (referrers === undefined) return [];
  const found = await findCosignTags(source, subjects, reading);
  return found.map(({ descriptor, subject }) => ({ descriptor, subject, from: 'tag' }));
}

function attestationsIn(
  manifest: ImageManifest,
  { descriptor, subject, from }: Holder,
): readonly Attestation[] {
  return manifest.layers.flatMap((layer) => {
    const predicateType = [layer, manifest, descriptor]
      .map(({ annotations }) => predicateTypeIn(annotations))
      .find((type) => type !== undefined);
    const { kind, title } = purposeIn({ layer, manifest, descriptor, predicateType });
    if (kind !== 'attestation' && kind !== 'sbom') return [];
    const { digest, mediaType, size } = layer;
    return [
      {
        digest,
        mediaType,
        size,
        kind,
        title,
        ...(predicateType === undefined ? {} : { predicateType }),
        subject,
        from,
      },
    ];
  });
}

interface Place {
  readonly layer: Descriptor;
  readonly manifest: ImageManifest;
  readonly descriptor: Descriptor;
  readonly predicateType: string | undefined;
}

/** What the layer says of itself, before what its manifest says of all. */
function purposeIn({ layer, manifest, descriptor, predicateType }: Place): Purpose {
  if (predicateType !== undefined) return purposeOfPredicate(predicateType);
  const own = purposeOfLayer(layer);
  return own.kind === 'layer' ? purposeOf(manifest, descriptor) : own;
}
