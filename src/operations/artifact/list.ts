/** `reg artifact list`: what is attached to an image. */

import { explain } from '../../errors.js';
import type { Annotations } from '../../spec/artifact.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { familiarName } from '../../spec/reference.js';
import { findSubject, type SubjectOptions } from './subject.js';

export interface ListArtifactsOptions extends SubjectOptions {
  /** Only those of this type; default: all. */
  readonly artifactType?: string | undefined;
}

/** Something that is attached to an image: a signature, an SBOM, any file. */
export interface AttachedEntry {
  /** What to pull it by: `localhost:5000/app@sha256:…`. */
  readonly reference: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Absent where the list says none. */
  readonly artifactType?: string;
  /** Of the manifest, in bytes: how large the files are is said there alone. */
  readonly size: number;
  readonly annotations: Annotations;
  /** Digest of the image. */
  readonly subject: Digest;
}

/** The list of the registry, or where it keeps none of the tag that clients keep. Throws as `findSubject`. */
export async function listArtifacts(
  image: string,
  { artifactType, ...options }: ListArtifactsOptions,
): Promise<readonly AttachedEntry[]> {
  try {
    const { place, repository, root } = await findSubject(image, options);
    const { domain, path } = place.reference;
    const referrers = await repository.referrers(root.digest, { signal: options.signal });
    return referrers
      .filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType)
      .map((referrer) => ({
        reference: familiarName({ domain, path, digest: referrer.digest }),
        ...describeEntry(referrer),
        subject: root.digest,
      }));
  } catch (error) {
    throw explain(error, `cannot list what is attached to ${image}`, { side: 'source' });
  }
}

function describeEntry({
  digest,
  mediaType,
  artifactType,
  size,
  annotations = {},
}: Descriptor): Omit<AttachedEntry, 'reference' | 'subject'> {
  return { digest, mediaType, ...(artifactType === undefined ? {} : { artifactType }), size, annotations };
}
