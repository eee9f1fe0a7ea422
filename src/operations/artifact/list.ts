/** `reg artifact list`: what is attached to an image. */

import { familiarName } from '../../spec/reference.js';
import { listReferrers, type Referrer, type ReferrersOptions } from '../look/referrers.js';
import { parsePlace } from '../places/place.js';

/** Something that is attached to an image: a signature, an SBOM, any file. */
export interface AttachedEntry extends Referrer {
  /** What to pull it by: `localhost:5000/app@sha256:…`. */
  readonly reference: string;
}

/** What refers to an image, as it can be pulled. Throws as `listReferrers`. */
export async function listArtifacts(
  image: string,
  options: ReferrersOptions,
): Promise<readonly AttachedEntry[]> {
  const { referrers } = await listReferrers(image, options);
  const place = await parsePlace(image);
  if (!('reference' in place)) return [];
  const { domain, path } = place.reference;
  return referrers.map(({ digest, ...referrer }) => ({
    reference: familiarName({ domain, path, digest }),
    digest,
    ...referrer,
  }));
}
