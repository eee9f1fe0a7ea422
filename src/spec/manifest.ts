/**
 * Manifests and indexes: the inner nodes of the graph (image-spec 1.1, manifest.md and image-index.md; Docker's
 * schema 2 is the same shape). The bytes are read here and never written again: a digest must survive.
 */

import { RegError } from '../errors.js';
import { EMPTY_DESCRIPTOR } from './artifact.js';
import { parseAnnotations, parseDescriptor, type Descriptor } from './descriptor.js';
import { parseJsonObject, refuseTwins, type JsonObject } from './json.js';
import {
  isForeignLayerType,
  isIndexType,
  isManifestType,
  isSchema1Type,
  OCI_ARTIFACT,
  OCI_INDEX,
  OCI_MANIFEST,
} from './media-type.js';
import { quoteText } from './text.js';

/** Largest manifest that is read: 8 MiB; distribution itself takes 4. */
export const MAX_MANIFEST_SIZE = 8 * 1024 * 1024;

/** Largest config blob that is parsed: 8 MiB. */
export const MAX_CONFIG_SIZE = 8 * 1024 * 1024;

export interface ImageManifest {
  readonly kind: 'manifest';
  readonly mediaType: string;
  /** The empty one in a manifest of the old kind for artifacts, which has none. */
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export type Manifest = ImageManifest | ImageIndex;

const KEYS = [
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'blobs',
  'manifests',
  'subject',
  'artifactType',
  'annotations',
];

/**
 * Reads a manifest or an index. `mediaType` is what the server or the parent's descriptor calls it; the body's own
 * `mediaType` must agree, and a body that is both (CVE-2021-41190) is refused. `what` names it in messages.
 * Throws INVALID_MANIFEST; UNSUPPORTED for Docker's schema 1.
 */
export function parseManifest(bytes: Uint8Array, mediaType: string, what = 'manifest'): Manifest {
  if (isSchema1Type(mediaType)) throw schema1(what);
  const body = parseJsonObject(bytes, { what });
  checkMeaning(body, mediaType, what);
  const common = { mediaType, ...optionalParts(body, what) };
  if (isIndexType(mediaType))
    return { kind: 'index', ...common, manifests: descriptors(body['manifests'], 'manifests', what) };
  if (!isManifestType(mediaType))
    throw new RegError('INVALID_MANIFEST', `${what} has the unknown media type ${quoteText(mediaType)}`, {
      hint: 'It may not be an image at all.',
    });
  if (mediaType === OCI_ARTIFACT) {
    const { blobs = [] } = body;
    return {
      kind: 'manifest',
      ...common,
      config: EMPTY_DESCRIPTOR,
      layers: descriptors(blobs, 'blobs', what),
    };
  }
  return {
    kind: 'manifest',
    ...common,
    config: parseDescriptor(body['config'], `${what}: config`),
    layers: descriptors(body['layers'], 'layers', what),
  };
}

/**
 * The descriptors that must be there before this one may be: the manifests of an index, or config and layers, but for
 * foreign layers that say where they live: those stay there, as no registry need hold them (crane and regctl do so, too).
 */
export function childrenOf(manifest: Manifest): readonly Descriptor[] {
  if (manifest.kind === 'index') return manifest.manifests;
  const layers = manifest.layers.filter((layer) => !livesElsewhere(layer));
  return manifest.mediaType === OCI_ARTIFACT ? layers : [manifest.config, ...layers];
}

function livesElsewhere({ mediaType, urls }: Descriptor): boolean {
  return urls !== undefined && isForeignLayerType(mediaType);
}

/**
 * The media type of a manifest whose server did not name one: what the body says, else what its shape says.
 * Throws INVALID_MANIFEST when it can't be told.
 */
export function sniffMediaType(bytes: Uint8Array, what = 'manifest'): string {
  const body = parseJsonObject(bytes, { what });
  const { mediaType } = body;
  if (typeof mediaType === 'string' && isManifestType(mediaType)) return mediaType;
  if (body['schemaVersion'] === 1) throw schema1(what);
  if (mediaType === undefined && Array.isArray(body['manifests'])) return OCI_INDEX;
  if (mediaType === undefined && Array.isArray(body['layers'])) return OCI_MANIFEST;
  throw new RegError('INVALID_MANIFEST', `${what} is neither an image manifest nor an index`);
}

function checkMeaning(body: JsonObject, mediaType: string, what: string): void {
  refuseTwins(body, KEYS, what);
  if (body['schemaVersion'] === 1) throw schema1(what);
  const isArtifact = mediaType === OCI_ARTIFACT;
  if (body['schemaVersion'] !== 2 && !isArtifact)
    throw new RegError('INVALID_MANIFEST', `${what} has no schemaVersion 2`);
  const own = body['mediaType'];
  if (own !== undefined && own !== mediaType) {
    const said = typeof own === 'string' ? quoteText(own) : 'not a string';
    throw new RegError(
      'INVALID_MANIFEST',
      `${what} was announced as ${quoteText(mediaType)} but calls itself ${said}`,
    );
  }
  if (isArtifact && ['manifests', 'layers', 'config'].some((key) => body[key] !== undefined))
    throw new RegError('INVALID_MANIFEST', `${what} is an artifact and an image at once (CVE-2021-41190)`);
  if (body['manifests'] !== undefined && (body['layers'] !== undefined || body['config'] !== undefined)) {
    throw new RegError('INVALID_MANIFEST', `${what} is an index and an image at once (CVE-2021-41190)`);
  }
}

function optionalParts(
  body: JsonObject,
  what: string,
): Pick<ImageManifest, 'subject' | 'artifactType' | 'annotations'> {
  const { subject, artifactType, annotations } = body;
  return {
    ...(subject === undefined || subject === null
      ? {}
      : { subject: parseDescriptor(subject, `${what}: subject`) }),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(annotations === undefined || annotations === null
      ? {}
      : { annotations: parseAnnotations(annotations, what) }),
  };
}

function descriptors(value: unknown, key: string, what: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw new RegError('INVALID_MANIFEST', `${what} has no list "${key}"`);
  return value.map((item: unknown, position) => parseDescriptor(item, `${what}: ${key}[${position}]`));
}

function schema1(what: string): RegError {
  return new RegError('UNSUPPORTED', `${what} is in Docker's schema 1 format, which is obsolete`, {
    hint: 'Push the image again with a current tool, or convert it with "skopeo copy --format oci".',
  });
}
