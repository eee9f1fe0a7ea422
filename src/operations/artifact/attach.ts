/** `reg artifact attach`: files that say something about an image, such as its SBOM, beside it at its registry. */

import { explaining, RegError } from '../../errors.js';
import type { Digest } from '../../spec/digest.js';
import type { NamedPlace } from '../places/place.js';
import { createArtifact } from './new-artifact.js';
import { describePushed, putArtifact, type PushArtifactOptions, type PushedArtifact } from './push.js';
import { findSubject, type SubjectOptions } from './subject.js';

export interface AttachOptions
  extends Omit<PushArtifactOptions, 'noClobber' | 'expectDigest'>, SubjectOptions {
  readonly artifactType: string;
}

export interface AttachedArtifact extends PushedArtifact {
  /** Digest of what the files are about. */
  readonly subject: Digest;
}

/**
 * Attaches files to an image at a registry: the artifact has no tag, and is found by its subject. Throws INVALID_ARGUMENT,
 * NOT_FOUND, PLATFORM_NOT_FOUND, and what files and registry throw.
 */
export async function attachArtifact(image: string, options: AttachOptions): Promise<AttachedArtifact> {
  const { files, annotations = [], annotationFile } = options;
  if (files.length === 0 && annotations.length === 0 && annotationFile === undefined)
    throw new RegError('INVALID_ARGUMENT', 'there is nothing to attach', {
      hint: 'Give files, or annotations by --annotation.',
    });
  const { place, root: subject } = await findSubject(image, options).catch(
    explaining(`cannot attach to ${image}`, { side: 'destination' }),
  );
  const artifact = await createArtifact({ ...options, subject });
  try {
    const written = await putArtifact(artifact, withoutTag(place), { ...options, isUntagged: true });
    return { subject: subject.digest, ...describePushed(artifact, [written]) };
  } finally {
    await artifact.close();
  }
}

/** Tag and digest are those of the image. */
function withoutTag(place: NamedPlace): NamedPlace {
  const { domain, path } = place.reference;
  return { ...place, reference: { domain, path } };
}
