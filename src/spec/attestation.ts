/** Attestations: what BuildKit puts beside the images of an index (BuildKit, docs/attestations/attestation-storage.md). */

import type { Descriptor } from './descriptor.js';

/** A descriptor in an index, as far as it matters here. */
export type IndexEntry = Pick<Descriptor, 'platform' | 'annotations'>;

const SUBJECT = 'vnd.docker.reference.digest';

/** They bear an annotation, and a platform that nothing runs on. */
export function isAttestation({ platform, annotations }: IndexEntry): boolean {
  if (annotations?.['vnd.docker.reference.type'] !== undefined) return true;
  return platform?.os === 'unknown' || platform?.architecture === 'unknown';
}

/** The digest of the image that an attestation is about, `''` where it does not say; undefined for what is none. */
export function attestedBy(entry: IndexEntry): string | undefined {
  return isAttestation(entry) ? (entry.annotations?.[SUBJECT] ?? '') : undefined;
}

/** Whether it is an attestation about one of the images with these digests. */
export function isAbout({ annotations }: IndexEntry, images: ReadonlySet<string>): boolean {
  const digest = annotations?.[SUBJECT];
  return digest !== undefined && images.has(digest);
}
