/** What the files of an OCI image layout are called in a tar, and what marks it as one. */

import { hasCode } from '../errors.js';
import type { Digest } from '../spec/digest.js';
import { formatReference, parseReference, withDefaultTag, type Reference } from '../spec/reference.js';

/** The version of the layout that is read and written. */
export const LAYOUT_VERSION = '1.0.0';

/** What stands in `oci-layout`. */
export const LAYOUT_MARKER = JSON.stringify({ imageLayoutVersion: LAYOUT_VERSION });

/** Full references of containerd and Docker, which put only the tag into the standard annotation. */
export const FULL_NAME = 'io.containerd.image.name';

/** The annotation that names an entry of index.json (image-spec 1.1, annotations.md). */
export const REF_NAME = 'org.opencontainers.image.ref.name';

export function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/**
 * The whole reference that a name in an archive stands for; undefined for a plain tag, which could be read as the name
 * of a repository, and for what is no reference.
 */
export function fullNameOf(name: string): string | undefined {
  const reference = /[:/@]/.test(name) ? tryReference(name) : undefined;
  return reference && formatReference(withDefaultTag(reference));
}

/** `name` as a reference; undefined where it is none: archives name their images as they like. */
export function tryReference(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch (error) {
    if (hasCode(error, 'INVALID_REFERENCE')) return undefined;
    throw error;
  }
}
