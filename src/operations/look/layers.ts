/** `reg layers`: what an image is stacked up from. */

import type { Digest } from '../../spec/digest.js';
import { lookAt, platformText, readImage, type LookOptions, type Names } from './look-at.js';

export interface ImageLayers extends Names {
  /** Of the one image, when it was chosen from an index. */
  readonly digest: Digest;
  readonly platform?: string;
  /** The lowest first. */
  readonly layers: readonly ImageLayer[];
}

export interface ImageLayer {
  /** Position in the manifest, from 0. */
  readonly index: number;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Length in bytes, compressed as it is. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Where a foreign layer lives. */
  readonly urls?: readonly string[];
}

/**
 * The layers of an image, the lowest first. Costs one or two small requests. Throws NOT_FOUND, PLATFORM_NOT_FOUND,
 * INVALID_MANIFEST and what the place throws.
 */
export function listLayers(image: string, options: LookOptions): Promise<ImageLayers> {
  return lookAt(image, { ...options, verb: 'list the layers of' }, async (looked) => {
    const { descriptor, manifest } = await readImage(looked, options);
    return {
      ...looked.names,
      digest: descriptor.digest,
      ...platformText(descriptor.platform),
      layers: manifest.layers.map(({ digest, mediaType, size, annotations, urls }, index) => ({
        index,
        digest,
        mediaType,
        size,
        ...(annotations === undefined ? {} : { annotations }),
        ...(urls === undefined ? {} : { urls }),
      })),
    };
  });
}
