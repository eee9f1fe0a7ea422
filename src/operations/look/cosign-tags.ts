/**
 * What cosign keeps beside an image, under tags that are made of its digest (cosign, specs/SIGNATURE_SPEC.md): how it
 * signs by default up to version 2, and where the registry keeps no referrers.
 */

import type { Source } from '../../content/types.js';
import { hasCode } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { algorithmOf, hexOf, type Digest } from '../../spec/digest.js';
import type { Purpose } from '../../spec/purpose.js';
import { allOrStop, type ReadingOptions } from './graph.js';

export interface Tagged extends Purpose {
  readonly subject: Digest;
  readonly descriptor: Descriptor;
  readonly tag: string;
}

const ENDINGS: readonly (readonly [ending: string, purpose: Purpose])[] = [
  ['sig', { kind: 'signature', title: 'cosign signature' }],
  ['att', { kind: 'attestation', title: 'cosign attestation' }],
  ['sbom', { kind: 'sbom', title: 'cosign SBOM' }],
];

/** What there is for `subjects`. Costs three small requests each. Throws what the source throws. */
export async function findCosignTags(
  source: Source,
  subjects: readonly Digest[],
  reading: ReadingOptions,
): Promise<readonly Tagged[]> {
  const asked = subjects.flatMap((subject) =>
    ENDINGS.map(([ending, purpose]) => ({ subject, ending, purpose })),
  );
  const found = await allOrStop(asked, reading, async ({ subject, ending, purpose }, signal) => {
    const tag = `${algorithmOf(subject)}-${hexOf(subject)}.${ending}`;
    try {
      // A GET: what is not there costs one request, where a HEAD would be asked again.
      const descriptor = await source.resolve(tag, { toRead: true, signal });
      return [{ ...purpose, subject, descriptor, tag }];
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return [];
      throw error;
    }
  });
  return found.flat();
}
