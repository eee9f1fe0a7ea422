/**
 * From any place to any place: `reg copy`, `save`, `load`, `pull -o`.
 *
 *     place ─▶ open source ─▶ images ─▶ platforms ─▶ copy(source, sink, root) ─▶ referrers ─▶ finish
 */

import type { CopyListener } from '../../content/events.js';
import { explaining } from '../../errors.js';
import { shortDigest } from '../../spec/digest.js';
import { isIndexType } from '../../spec/media-type.js';
import { formatPlatform, type Platform } from '../../spec/platform.js';
import { familiarName } from '../../spec/reference.js';
import { copyReferrers, requireReferrers } from './copy-referrers.js';
import type { TagRules } from './guarded.js';
import { holdsOneImage, parsePlace, placeName, wrongPlace, type Place } from '../places/place.js';
import { warnOfOtherPlatform } from '../other-platform.js';
import { thisMachine } from '../this-machine.js';
import { selectPlatforms, type Selection } from './platforms.js';
import type { FoundImage, OpenSource } from '../places/open-source.js';
import { openSource } from '../places/source-place.js';
import { parseRepository } from '../listing/tags.js';
import type { OpenTarget, TargetEnds } from './target-place.js';
import {
  describeWritten,
  mountable,
  moveTo,
  requireReplaceable,
  withTarget,
  type Written,
} from './write-image.js';

export interface CopyImagesOptions extends TargetEnds, TagRules {
  /**
   * Which images of an index to take; several make a smaller index. Default: all of it, but one for this machine where a
   * Docker engine or `docker-archive:` takes it in, which hold one.
   */
  readonly platforms?: readonly Platform[] | undefined;
  /** Of an index only the image for this machine, where `platforms` is not given. Default false. */
  readonly onePlatform?: boolean | undefined;
  /** Copies every tag of the repositories that both places name. Default false. */
  readonly allTags?: boolean | undefined;
  /** Copies what refers to the images as well: signatures, SBOMs, and what refers to those. Default false. */
  readonly referrers?: boolean | undefined;
  /** What it is called where it fails: `cannot copy A to B`. Default `copy`. */
  readonly verb?: string | undefined;
  /** Layers that move at once; default 6, and 1 into a tar. */
  readonly concurrency?: number | undefined;
  readonly onEvent?: CopyListener | undefined;
}

export interface CopyResult extends Written {
  /** The place it came from, as `destination` is the one it went to. */
  readonly source: string;
  /** Where it was chosen from an index. */
  readonly platform?: string;
  /** How many referrers were copied with it; what it took includes them. */
  readonly referrers?: number;
}

/**
 * Copies the images at `sources` to one place. Throws INVALID_ARGUMENT for places that do not fit, NOT_FOUND,
 * PLATFORM_NOT_FOUND, and whatever the places throw; an archive that was begun is gone then.
 */
export async function copyImages(
  sources: readonly string[],
  destination: string | Place,
  options: CopyImagesOptions = {},
): Promise<readonly CopyResult[]> {
  const { verb = 'copy' } = options;
  const to = typeof destination === 'string' ? await parsePlace(destination) : destination;
  const from = await Promise.all(sources.map(parsePlace));
  if (from.length > 1) requireSeveral(to);
  await requireReplaceable(to, options);
  return withTarget(to, options, async (target) => {
    const results: CopyResult[] = [];
    for (const place of from) {
      const copied = copyPlace(place, target, options);
      results.push(
        ...(await copied.catch(explaining(`cannot ${verb} ${placeName(place)} to ${placeName(to)}`))),
      );
    }
    return results;
  });
}

/** Several images need a place that holds several, each under its own name. */
function requireSeveral(to: Place): void {
  if ((to.kind === 'layout' || to.kind === 'archive') && to.name === undefined) return;
  throw wrongPlace(to.text, 'several images need a directory or an archive, without a name of its own');
}

async function copyPlace(
  place: Place,
  target: OpenTarget,
  options: CopyImagesOptions,
): Promise<readonly CopyResult[]> {
  if (options.allTags === true) return copyTags(place, target, options);
  const opened = await openSource(place, options);
  try {
    return [await copyOne(opened, await opened.image(), { ...options, target })];
  } finally {
    await opened.close();
  }
}

async function copyTags(
  place: Place,
  target: OpenTarget,
  options: CopyImagesOptions,
): Promise<readonly CopyResult[]> {
  const { client, signal } = options;
  if (place.kind !== 'registry' || client === undefined)
    throw wrongPlace(place.text, 'only a registry can be asked for all tags');
  const { domain, path } = parseRepository(place.repository, 'copy all tags');
  if ('repository' in target.place) parseRepository(target.place.repository, 'copy to all tags');
  const results: CopyResult[] = [];
  for await (const tag of client.repository(domain, path).tags({ signal })) {
    const reference = { domain, path, tag };
    const opened = await openSource({ ...place, text: familiarName(reference), reference }, options);
    results.push(await copyOne(opened, await opened.image(), { ...options, target, tag }));
  }
  return results;
}

interface OneCopy extends CopyImagesOptions {
  readonly target: OpenTarget;
  /** One of all tags. */
  readonly tag?: string | undefined;
}

/** Copies an image that was found. */
export async function copyOne(opened: OpenSource, image: FoundImage, options: OneCopy): Promise<CopyResult> {
  const { target } = options;
  const { source, root } = await choose(opened, image, options);
  const name = target.nameFor(image.name, options.tag);
  if (options.referrers === true) requireReferrers(opened, target);
  let referrers: number | undefined;
  const moved = await moveTo(
    target,
    { source, root },
    {
      ...options,
      name,
      ...(options.referrers === true && {
        after: async (sink, common) => {
          referrers = await copyReferrers(opened, { ...target, sink }, { ...common, root, graph: source });
        },
      }),
    },
  );
  return {
    source: placeName(opened.place),
    ...describeWritten(moved, { place: target.place, root, name }),
    ...(root.platform === undefined ? {} : { platform: formatPlatform(root.platform) }),
    ...(referrers === undefined ? {} : { referrers }),
  };
}

/** What of the image is wanted, from a source that knows what can be mounted. */
async function choose(
  opened: OpenSource,
  { root }: FoundImage,
  { target: { place }, store, signal, onNotice, ...options }: OneCopy,
): Promise<Selection> {
  const source = await mountable(opened, place, { store, signal });
  await warnOfOtherPlatform(
    { source, root },
    { ...options, name: placeName(opened.place), onNotice, signal },
  );
  const isForOne = options.onePlatform === true || holdsOneImage(place);
  const platforms = options.platforms ?? (isForOne ? [thisMachine()] : []);
  const chosen = await selectPlatforms({ source, root }, { platforms, signal });
  if (isIndexType(chosen.root.mediaType) && chosen.root.digest !== root.digest) {
    const digests = `${shortDigest(chosen.root.digest)}, not ${shortDigest(root.digest)}`;
    const message = `an index of fewer platforms has another digest: ${digests}`;
    onNotice?.({ type: 'warning', message });
  }
  return chosen;
}
