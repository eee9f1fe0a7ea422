/** `reg digest`: what a tag stands for right now. */

import { readManifest } from '../content/read.js';
import type { CallOptions } from '../content/types.js';
import { explain } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { isIndexType } from '../spec/media-type.js';
import { choosePlatform } from '../spec/platform-choice.js';
import { formatPlatform, type Platform } from '../spec/platform.js';
import { familiarName, formatReference } from '../spec/reference.js';
import { parseImage, registryDigest } from './image-name.js';
import { locate, type ImagePlace, type ImageSource } from './locate.js';

export interface DigestOptions extends CallOptions {
  /** Where to look: at the registry, or in the local store. */
  readonly place: ImagePlace;
  /** Which image of an index is meant; default: the index. */
  readonly platform?: Platform | undefined;
}

export interface DigestResult {
  /** Full name: `docker.io/library/nginx:latest`. */
  readonly reference: string;
  /** Docker's short name: `nginx:latest`. */
  readonly familiar: string;
  /** By which the registry knows it. */
  readonly digest: string;
  /** Of the image of an index that was chosen. */
  readonly platform?: string;
}

/**
 * The digest of an image, by one HEAD where the server does it right; by one GET where one of an index is meant. Throws
 * INVALID_REFERENCE, NOT_FOUND, PLATFORM_NOT_FOUND and what the place throws.
 */
export async function readDigest(image: string, options: DigestOptions): Promise<DigestResult> {
  const reference = parseImage(image);
  const names = { reference: formatReference(reference), familiar: familiarName(reference) };
  try {
    const { place, platform: wanted, signal } = options;
    const found = await locate(reference, { place, signal, toRead: wanted !== undefined });
    if (wanted === undefined) return { ...names, digest: registryDigest(found.root) };
    const { digest, platform } = await chooseImage(found, wanted, options);
    return { ...names, digest, ...(platform === undefined ? {} : { platform: formatPlatform(platform) }) };
  } catch (error) {
    throw explain(error, `cannot find the digest of ${names.familiar}`, {
      reference: names.reference,
      side: 'source',
    });
  }
}

/** What is no index is the one image that there is, whatever it was made for. */
async function chooseImage(
  { source, root }: ImageSource,
  platform: Platform,
  { signal }: CallOptions,
): Promise<Descriptor> {
  if (!isIndexType(root.mediaType)) return root;
  const index = await readManifest(source, root, { signal });
  return choosePlatform(index.kind === 'index' ? index.manifests : [], platform);
}
