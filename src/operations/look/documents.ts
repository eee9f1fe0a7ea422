/** `reg manifest`, `reg config`: the documents that an image is made of, byte for byte. */

import { readContent } from '../../content/read.js';
import { MAX_MANIFEST_SIZE } from '../../spec/manifest.js';
import { lookAt, readConfigBytes, readImage, type LookOptions } from './look-at.js';

/** A document of an image as it is kept, verified. */
export interface ImageDocument {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * The manifest or the index that a name stands for; with a platform that of the one image. Costs one small request, two
 * with a platform. Throws NOT_FOUND, PLATFORM_NOT_FOUND and what the place throws.
 */
export function readManifestBytes(image: string, options: LookOptions): Promise<ImageDocument> {
  return lookAt(image, { ...options, verb: 'read the manifest of' }, async (looked) => {
    const { platform, signal } = options;
    const chosen = platform === undefined ? looked.root : (await readImage(looked, options)).descriptor;
    const bytes = await readContent(looked.source.get(chosen), { cap: MAX_MANIFEST_SIZE, signal });
    return { mediaType: chosen.mediaType, bytes };
  });
}

/** The config of one image. Costs two or three small requests. Throws as `readManifestBytes`, and TOO_LARGE. */
export function readConfig(image: string, options: LookOptions): Promise<ImageDocument> {
  return lookAt(image, { ...options, verb: 'read the config of' }, async (looked) => {
    const { manifest } = await readImage(looked, options);
    return {
      mediaType: manifest.config.mediaType,
      bytes: await readConfigBytes(looked.source, manifest, options),
    };
  });
}
