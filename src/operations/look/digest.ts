/** `reg digest`: what a tag stands for right now. */

import { readManifest } from '../../content/read.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { isIndexType } from '../../spec/media-type.js';
import { choosePlatform } from '../../spec/platform-choice.js';
import type { Platform } from '../../spec/platform.js';
import { registryDigest } from '../image-name.js';
import { warnOfOtherPlatform } from '../other-platform.js';
import { lookAt, platformText, type Looked, type LookOptions, type Names } from './look-at.js';

export interface DigestResult extends Names {
  /** By which the registry knows it. */
  readonly digest: string;
  /** Of the image of an index that was chosen. */
  readonly platform?: string;
}

/**
 * The digest of an image, by one HEAD where the server does it right; by one GET where one of an index is meant: without a
 * platform it is that of the index. Throws INVALID_REFERENCE, NOT_FOUND, PLATFORM_NOT_FOUND and what the place throws.
 */
export async function readDigest(image: string, options: LookOptions): Promise<DigestResult> {
  const { platform: wanted } = options;
  const toRead = wanted !== undefined;
  return lookAt(image, { ...options, verb: 'find the digest of', toRead }, async (looked) => {
    const { names, root } = looked;
    if (wanted === undefined) return { ...names, digest: registryDigest(root) };
    const { digest, platform } = await chooseImage(looked, wanted, options);
    return { ...names, digest, ...platformText(platform) };
  });
}

/** What is no index is the one image that there is, whatever it was made for. */
async function chooseImage(
  { source, root, names }: Looked,
  platform: Platform,
  { onNotice, signal }: LookOptions,
): Promise<Descriptor> {
  if (!isIndexType(root.mediaType)) {
    await warnOfOtherPlatform(
      { source, root },
      { name: names.familiar, platforms: [platform], onNotice, signal },
    );
    return root;
  }
  const index = await readManifest(source, root, { signal });
  return choosePlatform(index.kind === 'index' ? index.manifests : [], platform);
}
