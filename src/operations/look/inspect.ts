/** `reg inspect`: what an image is made of, without its layers. */

import { readManifest } from '../../content/read.js';
import { isAttestation } from '../../spec/attestation.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import type { ImageConfig } from '../../spec/image-config.js';
import { readImageConfig } from '../image-config.js';
import {
  findImage,
  lookAt,
  platformText,
  type ChosenImage,
  type Looked,
  type LookOptions,
  type Names,
} from './look-at.js';

export interface Inspection extends Names {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The entries of an index, attestations included. */
  readonly manifests?: readonly IndexEntry[];
  /** The image itself, or the one of an index for the platform asked for; absent when there is none for it. */
  readonly image?: InspectedImage;
}

export interface IndexEntry {
  readonly digest: Digest;
  readonly mediaType: string;
  /** `linux/amd64`; absent when the index does not say, and for attestations. */
  readonly platform?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface InspectedImage {
  readonly digest: Digest;
  readonly platform?: string;
  /** Length in bytes of config and layers, compressed as they are. */
  readonly size: number;
  readonly artifactType?: string;
  readonly config: ImageConfig;
  readonly layers: readonly LayerSummary[];
}

export interface LayerSummary {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

/**
 * Describes what an image is made of: of an index its entries and the one image for the platform. Costs one to three small
 * requests. Without a platform an index that has none for this host is described all the same. Throws INVALID_REFERENCE,
 * NOT_FOUND, PLATFORM_NOT_FOUND, and what the place throws.
 */
export async function inspect(image: string, options: LookOptions): Promise<Inspection> {
  return lookAt(image, { ...options, verb: 'inspect' }, async (looked) => {
    const { source, root, names } = looked;
    const manifest = await readManifest(source, root, options);
    const chosen = await findImage(looked, options);
    return {
      ...names,
      digest: root.digest,
      mediaType: manifest.mediaType,
      ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
      ...(manifest.kind === 'index' ? { manifests: manifest.manifests.map(describeEntry) } : {}),
      ...(chosen === undefined ? {} : { image: await describeImage(looked, chosen, options) }),
    };
  });
}

async function describeImage(
  { source }: Looked,
  { descriptor, manifest }: ChosenImage,
  options: LookOptions,
): Promise<InspectedImage> {
  const config = await readImageConfig(source, manifest, options);
  return {
    digest: descriptor.digest,
    ...platformText(config.platform),
    ...platformText(descriptor.platform),
    size: [manifest.config, ...manifest.layers].reduce((bytes, part) => bytes + part.size, 0),
    ...(manifest.artifactType === undefined ? {} : { artifactType: manifest.artifactType }),
    config,
    layers: manifest.layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
  };
}

function describeEntry(entry: Descriptor): IndexEntry {
  const { digest, mediaType, platform, annotations } = entry;
  return {
    digest,
    mediaType,
    ...(isAttestation(entry) ? {} : platformText(platform)),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
