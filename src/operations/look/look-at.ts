/**
 * How every command that looks at an image gets at it, wherever it is. No layer is read.
 *
 *     place ──▶ root ──▶ the image of an index that is meant ──▶ its manifest ──▶ its config
 */

import { readContent, readManifest } from '../../content/read.js';
import type { CallOptions, ResolveOptions, Source } from '../../content/types.js';
import { explain, hasCode, RegError } from '../../errors.js';
import { EMPTY_BYTES, EMPTY_DESCRIPTOR } from '../../spec/artifact.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { MAX_CONFIG_SIZE, type ImageManifest } from '../../spec/manifest.js';
import { isIndexType } from '../../spec/media-type.js';
import { choosePlatform } from '../../spec/platform-choice.js';
import { formatPlatform, type Platform } from '../../spec/platform.js';
import { familiarName, formatReference } from '../../spec/reference.js';
import { parsePlace, placeName, type Place } from '../places/place.js';
import { warnOfOtherPlatform } from '../other-platform.js';
import type { Ends, FoundImage, OpenSource } from '../places/open-source.js';
import { openSource } from '../places/source-place.js';

export interface LookOptions extends Ends {
  /** Which image of an index is meant; PLATFORM_NOT_FOUND when there is none. */
  readonly platform?: Platform | undefined;
  /** Which one is meant when `platform` is not given, and only one can be. */
  readonly hostPlatform: Platform;
}

/** An image that is being looked at. */
export interface Looked extends Pick<OpenSource, 'source' | 'referrers' | 'place'> {
  /** What the place names: an image or an index. */
  readonly root: Descriptor;
  readonly names: Names;
}

export interface Names {
  /** Full name: `docker.io/library/nginx:latest`; of a directory or a tar the name of the image in it, or else its path. */
  readonly reference: string;
  /** Docker's short name: `nginx:latest`. */
  readonly familiar: string;
}

/**
 * Opens the place that `text` names, has `task` look at the image there, and closes it. `verb` is for errors: `inspect`;
 * with `toRead`, which is the default, the bytes of its manifest come with the answer to whether it is there.
 * Throws INVALID_REFERENCE, INVALID_ARGUMENT, NOT_FOUND, and what the place and the task throw.
 */
export async function lookAt<T>(
  text: string,
  { verb, toRead = true, ...options }: LookOptions & ResolveOptions & { readonly verb: string },
  task: (looked: Looked) => Promise<T>,
): Promise<T> {
  const place = await parsePlace(text);
  try {
    const opened = await openSource(place, options);
    try {
      const found = await opened.image({ toRead });
      return await task({ ...opened, root: found.root, names: namesOf(place, found) });
    } finally {
      await opened.close();
    }
  } catch (error) {
    const context = 'reference' in place ? { reference: formatReference(place.reference) } : {};
    throw explain(error, `cannot ${verb} ${placeName(place)}`, { ...context, side: 'source' });
  }
}

function namesOf(place: Place, { name }: FoundImage): Names {
  if ('reference' in place)
    return { reference: formatReference(place.reference), familiar: familiarName(place.reference) };
  return { reference: name ?? place.text, familiar: place.text };
}

/** One image, whatever was around it. */
export interface ChosenImage {
  /** As the index says it, its platform included, where there is one. */
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
}

type LookedAt = Pick<Looked, 'source' | 'root' | 'names'>;

type Choice = Pick<LookOptions, 'platform' | 'hostPlatform' | 'signal' | 'onNotice'>;

/** Deepest index in an index that is followed. */
const MAX_DEPTH = 10;

/**
 * The image that is meant: the root itself, with a warning where that is for another platform than was asked for, or the one
 * of an index for the platform. Costs one small request for each level. Throws PLATFORM_NOT_FOUND, INVALID_MANIFEST and what
 * the source throws.
 */
export async function readImage(looked: LookedAt, choice: Choice): Promise<ChosenImage> {
  const { source, root, names } = looked;
  await warnOfOtherPlatform(looked, { ...choice, name: names.familiar, platforms: [choice.platform] });
  for (let descriptor = root, depth = 0; depth <= MAX_DEPTH; depth += 1) {
    const manifest = await readManifest(source, descriptor, choice);
    if (manifest.kind === 'manifest') return { descriptor, manifest };
    descriptor = choosePlatform(manifest.manifests, choice.platform ?? choice.hostPlatform);
  }
  throw new RegError('INVALID_MANIFEST', `the image is nested more than ${MAX_DEPTH} levels deep`);
}

/** As `readImage`, but undefined where an index has none for this host and nobody asked for a platform. */
export async function findImage(looked: LookedAt, choice: Choice): Promise<ChosenImage | undefined> {
  try {
    return await readImage(looked, choice);
  } catch (error) {
    const isNobodys = choice.platform === undefined && isIndexType(looked.root.mediaType);
    if (isNobodys && hasCode(error, 'PLATFORM_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The bytes of the config of an image, of whatever kind it is. Throws TOO_LARGE and what the source throws. */
export async function readConfigBytes(
  source: Source,
  { config }: ImageManifest,
  { signal }: CallOptions = {},
): Promise<Uint8Array> {
  if (config.digest === EMPTY_DESCRIPTOR.digest) return EMPTY_BYTES;
  return readContent(source.get(config), { cap: MAX_CONFIG_SIZE, signal });
}

/** `platform`, where there is one, as a person writes it. */
export function platformText(platform: Platform | undefined): { readonly platform?: string } {
  return platform === undefined || platform.os === '' ? {} : { platform: formatPlatform(platform) };
}
