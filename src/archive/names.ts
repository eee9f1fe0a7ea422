/** What the files of an OCI image layout are called in a tar, and what marks it as one. */

import type { Digest } from '../spec/digest.js';

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
