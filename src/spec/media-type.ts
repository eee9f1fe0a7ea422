/** Media types of manifests, and what a registry client asks for and accepts. */

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const OCI_LAYER_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
/** Of image-spec 1.1.0-rc2 (artifact.md), gone with rc4: what oras pushed until then is still in registries. */
export const OCI_ARTIFACT = 'application/vnd.oci.artifact.manifest.v1+json';
export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';

/** What nothing else is known of (image-spec 1.1, media-types.md). */
export const UNKNOWN_TYPE = 'application/octet-stream';

// RFC 6838, 4.2, as image-spec 1.1 asks of `mediaType`.
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

const INDEX_TYPES: ReadonlySet<string> = new Set([OCI_INDEX, DOCKER_INDEX]);
const MANIFEST_TYPES: ReadonlySet<string> = new Set([OCI_MANIFEST, DOCKER_MANIFEST, OCI_ARTIFACT]);

/** The `Accept` header of every manifest request; registries pick by it, so all go in one header. */
export const MANIFEST_ACCEPT = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST, OCI_ARTIFACT].join(
  ', ',
);

/** Whether `text` has the form of a media type, which may mean anything. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

export function isIndexType(mediaType: string): boolean {
  return INDEX_TYPES.has(mediaType);
}

/** Whether this names a node with children: a manifest of one image or an index of several. */
export function isManifestType(mediaType: string): boolean {
  return MANIFEST_TYPES.has(mediaType) || INDEX_TYPES.has(mediaType);
}

/** Whether this is the type of an image's config: artifacts have configs of other types, or an empty one. */
export function isImageConfigType(mediaType: string): boolean {
  return mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG;
}

/** Whether this is one of image-spec's own types, as Docker's are not. */
export function isOciType(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.oci.');
}

/** Whether this is Docker's schema 1, signed or not, which Docker itself stopped pulling in 28.2 (moby#50036). */
export function isSchema1Type(mediaType: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\+(json|prettyjws)$/.test(mediaType);
}

/** Layers that may live elsewhere and that registries need not hold (image-spec 1.1, layer.md, "Non-Distributable Layers"). */
export function isForeignLayerType(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.') ||
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.')
  );
}

/** A layer's type for people: `tar+gzip`. All are layers, and what differs is the part after that word. */
export function layerTypeName(mediaType: string): string {
  return mediaType.replace(/^application\/vnd\.(oci\.image\.layer\.v1|docker\.image\.rootfs\.diff)\./, '');
}

/** The type itself: parameters and blanks off, lower case (RFC 9110, 8.3.1). */
export function bareMediaType(header: string): string {
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase();
}
