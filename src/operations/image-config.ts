/** Reads the config of an image, where it has one that is for images. */

import { readContent } from '../content/read.js';
import type { CallOptions, Source } from '../content/types.js';
import { parseImageConfig, type ImageConfig } from '../spec/image-config.js';
import { MAX_CONFIG_SIZE, type ImageManifest } from '../spec/manifest.js';
import { isImageConfigType } from '../spec/media-type.js';

/** Empty for artifacts: their configs are of every kind, some not even JSON. Throws INVALID_MANIFEST, TOO_LARGE. */
export async function readImageConfig(
  source: Source,
  { config }: ImageManifest,
  { signal }: CallOptions = {},
): Promise<ImageConfig> {
  if (!isImageConfigType(config.mediaType)) return {};
  return parseImageConfig(await readContent(source.get(config), { cap: MAX_CONFIG_SIZE, signal }));
}
