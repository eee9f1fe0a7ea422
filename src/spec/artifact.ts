/**
 * Artifacts: files in the layers of an image manifest (image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"), as
 * oras has them, so that oras pulls what is pushed here and the reverse (oras-go, pack.go and content/file).
 *
 *     manifest ── artifactType          what it is
 *        ├─────── config                "{}", or a file of its own
 *        └─────── layer, layer          each a file, its title the path
 */

import { describe, type Descriptor } from './descriptor.js';
import { parseDigest } from './digest.js';
import { OCI_EMPTY, OCI_MANIFEST } from './media-type.js';

/** Path of a file, with forward slashes (image-spec 1.1, annotations.md). */
export const TITLE = 'org.opencontainers.image.title';

/** `true` on a layer that is a directory: a tar, compressed with gzip, of what is below the title. */
export const UNPACK = 'io.deis.oras.content.unpack';
/** Digest of that tar. */
export const UNPACKED_DIGEST = 'io.deis.oras.content.digest';

/** What an artifact is of which nobody says what it is. */
export const UNKNOWN_ARTIFACT = 'application/vnd.unknown.artifact.v1';
export const UNKNOWN_ARTIFACT_CONFIG = 'application/vnd.unknown.config.v1+json';

/**
 * Stands where something has to be and nothing is to be said (image-spec 1.1, manifest.md, "Guidance for an Empty
 * Descriptor").
 */
export const EMPTY_BYTES: Uint8Array = Buffer.from('{}');
export const EMPTY_DESCRIPTOR: Descriptor = {
  mediaType: OCI_EMPTY,
  // Not `describe`: most of what imports this has nothing to hash, for which Node would load 3 ms of code.
  digest: parseDigest('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'),
  size: 2,
};

export type Annotations = Readonly<Record<string, string>>;

export interface ArtifactParts {
  /** May be missing only where a config of another type than the empty one says what it is. */
  readonly artifactType?: string | undefined;
  /** Default: the empty one. */
  readonly config?: Descriptor | undefined;
  /** Without any there is an empty one: some registries refuse a manifest without. */
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor | undefined;
  readonly annotations: Annotations;
}

/** The manifest of an artifact: the same parts make the same bytes, which are those that oras makes of them. */
export function packArtifact({
  artifactType,
  config = EMPTY_DESCRIPTOR,
  layers,
  subject,
  annotations,
}: ArtifactParts): { readonly descriptor: Descriptor; readonly bytes: Uint8Array } {
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: written(config),
    layers: (layers.length === 0 ? [EMPTY_DESCRIPTOR] : layers).map(written),
    ...(subject === undefined ? {} : { subject: written(subject) }),
    annotations: sorted(annotations),
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return { descriptor: describe(OCI_MANIFEST, bytes), bytes };
}

/** The empty one is small enough to stand in the manifest itself. */
function written({ mediaType, digest, size, annotations = {} }: Descriptor): object {
  const isEmpty = mediaType === OCI_EMPTY && digest === EMPTY_DESCRIPTOR.digest;
  return {
    mediaType,
    digest,
    size,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations: sorted(annotations) }),
    ...(isEmpty ? { data: Buffer.from(EMPTY_BYTES).toString('base64') } : {}),
  };
}

function sorted(annotations: Annotations): Annotations {
  return Object.fromEntries(Object.entries(annotations).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
