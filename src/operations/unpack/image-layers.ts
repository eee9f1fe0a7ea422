/** The layers of one image, with what they have to unpack to. */

import { readContent, readManifest } from '../../content/read.js';
import type { Content } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import { parseDiffIds } from '../../spec/image-config.js';
import { MAX_CONFIG_SIZE } from '../../spec/manifest.js';
import { isImageConfigType } from '../../spec/media-type.js';
import type { Platform } from '../../spec/platform.js';
import { warnOfOtherPlatform } from '../other-platform.js';
import type { Ends } from '../places/open-source.js';
import { selectPlatforms, type Selection } from '../transfer/platforms.js';
import { thisMachine } from '../this-machine.js';

export interface ImageLayer {
  readonly content: Content;
  /** Digest of the uncompressed bytes, by the config. */
  readonly diffId: Digest;
}

export interface ImageLayers {
  /** Of the manifest. */
  readonly digest: Digest;
  /** The lowest first. */
  readonly layers: readonly ImageLayer[];
}

interface Wanted extends Pick<Ends, 'onNotice' | 'signal'> {
  /** What the image is called, for messages. */
  readonly name: string;
  /** Which image of an index; default: for this machine. */
  readonly platform?: Platform | undefined;
}

/**
 * Reads manifest and config; the layers are opened by whoever wants them. Throws PLATFORM_NOT_FOUND, UNSUPPORTED for what
 * is no image, INVALID_MANIFEST where config and manifest disagree, and what the source throws.
 */
export async function readImageLayers(
  found: Selection,
  { name, platform, onNotice, signal }: Wanted,
): Promise<ImageLayers> {
  await warnOfOtherPlatform(found, { name, platforms: [platform], onNotice, signal });
  const platforms = [platform ?? thisMachine()];
  const { source, root } = await selectPlatforms(found, { platforms, signal });
  const what = `manifest ${shortDigest(root.digest)}`;
  const manifest = await readManifest(source, root, { signal });
  if (manifest.kind === 'index') throw new RegError('UNSUPPORTED', `${what} is an index in an index`);
  const { config, layers } = manifest;
  if (!isImageConfigType(config.mediaType))
    throw new RegError('UNSUPPORTED', `${what} is an artifact, not an image: it has no file system`);
  const bytes = await readContent(source.get(config), { cap: MAX_CONFIG_SIZE, signal });
  const diffIds = parseDiffIds(bytes, `the config of ${what}`);
  if (diffIds.length !== layers.length) {
    const message = `${what} has ${layers.length} layers, its config ${diffIds.length}`;
    throw new RegError('INVALID_MANIFEST', message);
  }
  return {
    digest: root.digest,
    layers: diffIds.flatMap((diffId, at) => {
      const layer = layers[at];
      return layer === undefined ? [] : [{ diffId, content: source.get(layer) }];
    }),
  };
}
