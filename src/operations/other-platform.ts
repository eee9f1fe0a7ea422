/** An image that is for another platform than was asked for: without an index, there is nothing to choose from. */

import { readManifest } from '../content/read.js';
import type { CallOptions, Source } from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { ImageManifest } from '../spec/manifest.js';
import { isIndexType } from '../spec/media-type.js';
import { runsOn } from '../spec/platform-choice.js';
import { formatPlatform, type Platform } from '../spec/platform.js';
import { cleanText, listTexts } from '../spec/text.js';
import { readImageConfig } from './image-config.js';
import type { PlaceNotice } from './places/open-source.js';

interface Asked extends CallOptions {
  /** What was asked for; nothing else is done where it was nothing. */
  readonly platforms?: readonly (Platform | undefined)[] | undefined;
}

interface Graph {
  readonly source: Source;
  readonly root: Descriptor;
}

interface Warning extends Asked {
  /** What the image is called. */
  readonly name: string;
  readonly onNotice?: ((notice: PlaceNotice) => void) | undefined;
}

/**
 * Warns of platforms that a single image is not for, as docker does. Costs its config, where a platform was asked for.
 * Throws ABORTED alone: of what can't be read, nothing is said.
 */
export async function warnOfOtherPlatform(
  graph: Graph,
  { name, onNotice, ...asked }: Warning,
): Promise<void> {
  const other = await findOther(graph, asked).catch(toNothing);
  if (other !== undefined) onNotice?.({ type: 'warning', message: `${cleanText(name)} is ${other}` });
}

/** For whoever only warns: that nobody can be warned is no reason to fail. */
function toNothing(error: unknown): undefined {
  if (!(error instanceof RegError) || error.code === 'ABORTED') throw error;
}

/** Throws PLATFORM_NOT_FOUND for platforms that a single image is not for: what was not asked for is not changed. */
export async function requirePlatforms(graph: Graph, asked: Asked): Promise<void> {
  const other = await findOther(graph, asked);
  if (other !== undefined) throw new RegError('PLATFORM_NOT_FOUND', `it is ${other}`);
}

/** What a single image is that is not for all that was asked for, in words. */
async function findOther(
  { source, root }: Graph,
  { platforms = [], signal }: Asked,
): Promise<string | undefined> {
  const wanted = platforms.filter((platform) => platform !== undefined);
  if (wanted.length === 0 || isIndexType(root.mediaType)) return undefined;
  const manifest = await readManifest(source, root, { signal });
  const own = manifest.kind === 'manifest' ? await platformOf(source, manifest, { signal }) : undefined;
  const lacking = own === undefined ? [] : wanted.filter((platform) => !runsOn(own, platform));
  if (own === undefined || lacking.length === 0) return undefined;
  const [has, hasNot] = [formatPlatform(own), listTexts(lacking.map(formatPlatform), 10)];
  return `an image for ${cleanText(has, 60)} alone, not for ${hasNot}`;
}

/** What its config says. Not that it is broken: whoever needs it will find out. */
async function platformOf(
  source: Source,
  manifest: ImageManifest,
  options: CallOptions,
): Promise<Platform | undefined> {
  try {
    return (await readImageConfig(source, manifest, options)).platform;
  } catch (error) {
    if (hasCode(error, 'INVALID_MANIFEST', 'TOO_LARGE')) return undefined;
    throw error;
  }
}
