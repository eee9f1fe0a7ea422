/**
 * From any place to any place: `reg copy`, `save`, `load`, `pull -o`.
 *
 *     place ─▶ open source ─▶ images ─▶ platforms ─▶ copy(source, sink, root) ─▶ referrers ─▶ finish
 */

import { arch, platform } from 'node:os';

import type { CopyListener } from '../content/events.js';
import { look } from '../disk/files.js';
import { explain, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest, type Digest } from '../spec/digest.js';
import { isIndexType } from '../spec/media-type.js';
import { formatPlatform, hostPlatform, type Platform } from '../spec/platform.js';
import { familiarName, formatReference } from '../spec/reference.js';
import { quoteText } from '../spec/text.js';
import { copyReferrers, requireReferrers } from './copy-referrers.js';
import type { TagRules } from './guarded.js';
import { moveImage } from './move-image.js';
import { withOrigins } from './origins.js';
import { parsePlace, placeName, wrongPlace, type Place } from './place.js';
import type { Plan } from './plan.js';
import { selectPlatforms, type Selection } from './platforms.js';
import { openSource, type FoundImage, type OpenSource } from './source-place.js';
import { parseRepository } from './tags.js';
import type { Tally } from './tally.js';
import { openTarget, type OpenTarget, type TargetEnds } from './target-place.js';

export interface CopyImagesOptions extends TargetEnds, TagRules {
  /**
   * Which images of an index to take; several make a smaller index. Default: all of it, but one for this machine where a
   * Docker engine or `docker-archive:` takes it in, which hold one.
   */
  readonly platforms?: readonly Platform[] | undefined;
  /** Copies every tag of the repositories that both places name. Default false. */
  readonly allTags?: boolean | undefined;
  /** Copies what refers to the images as well: signatures, SBOMs, and what refers to those. Default false. */
  readonly referrers?: boolean | undefined;
  /** Layers that move at once; default 4, and 1 into a tar. */
  readonly concurrency?: number | undefined;
  readonly onEvent?: CopyListener | undefined;
}

export interface CopyResult {
  /** The places, as they were written; those at a registry in Docker's short form, with the tag. */
  readonly source: string;
  readonly destination: string;
  /** Tag or full reference of the image at its destination; absent where it has none. */
  readonly name?: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Where it was chosen from an index. */
  readonly platform?: string;
  /** What it took, referrers included. */
  readonly bytes: Tally;
  /** How many referrers were copied with it. */
  readonly referrers?: number;
  /** What would be done; only of a dry run, which did none of it. */
  readonly plan?: Plan;
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
  const to = typeof destination === 'string' ? await parsePlace(destination) : destination;
  const from = await Promise.all(sources.map(parsePlace));
  if (from.length > 1) requireSeveral(to);
  await requireNoFile(to, options);
  return withTarget(to, options, async (target) => {
    const results: CopyResult[] = [];
    for (const place of from) {
      const copied = await explained(place, to, () => copyPlace(place, target, options));
      results.push(...copied);
    }
    return results;
  });
}

/** Several images need a place that holds several, each under its own name. */
function requireSeveral(to: Place): void {
  if ((to.kind === 'layout' || to.kind === 'archive') && to.name === undefined) return;
  throw wrongPlace(to.text, 'several images need a folder or an archive, without a name of its own');
}

/** An archive is replaced as a whole. */
async function requireNoFile(to: Place, { noClobber, expectDigest }: TagRules): Promise<void> {
  if (to.kind === 'engine' && (noClobber === true || expectDigest !== undefined))
    throw wrongPlace(to.text, 'an engine knows its images by other digests, so its tags can not be checked');
  if (noClobber !== true || to.kind !== 'archive' || to.path === undefined) return;
  if ((await look(to.path)) === undefined) return;
  throw new RegError('TAG_EXISTS', `${quoteText(to.path)} exists`, { hint: 'Choose another file.' });
}

async function withTarget<T>(
  place: Place,
  options: TargetEnds,
  task: (target: OpenTarget) => Promise<T>,
): Promise<T> {
  const target = await openTarget(place, { platform: thisMachine(), ...options });
  try {
    const result = await task(target);
    await target.finish();
    return result;
  } catch (error) {
    await target.discard();
    throw error;
  }
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
  const { target, noClobber, expectDigest, dryRun, signal, onEvent } = options;
  const { source, root } = await choose(opened, image, options);
  const name = target.nameFor(image.name, options.tag);
  if (options.referrers === true) requireReferrers(opened, target);
  requireDigest(target.place, root);
  let referrers: number | undefined;
  const moved = await moveImage(source, root, {
    target,
    name,
    noClobber,
    expectDigest,
    dryRun,
    signal,
    onEvent,
    concurrency: target.isSerial ? 1 : options.concurrency,
    ...(options.referrers === true && {
      after: async (sink, common) => {
        referrers = await copyReferrers(opened, { ...target, sink }, { ...common, root, graph: source });
      },
    }),
  });
  return {
    source: placeName(opened.place),
    ...describeTarget(target.place, name),
    digest: root.digest,
    mediaType: root.mediaType,
    ...(root.platform === undefined ? {} : { platform: formatPlatform(root.platform) }),
    bytes: moved.bytes,
    ...(referrers === undefined ? {} : { referrers }),
    ...(moved.plan === undefined ? {} : { plan: moved.plan }),
  };
}

/** What of the image is wanted, from a source that knows what can be mounted. */
async function choose(
  opened: OpenSource,
  { root }: FoundImage,
  { target: { place }, store, signal, onNotice, ...options }: OneCopy,
): Promise<Selection> {
  const isMountable = opened.place.kind === 'store' && place.kind === 'registry' && store !== undefined;
  const source = isMountable ? await withOrigins(store, place.reference, { signal }) : opened.source;
  const platforms = options.platforms ?? (holdsOne(place) ? [thisMachine()] : []);
  const chosen = await selectPlatforms({ source, root }, { platforms, signal });
  if (isIndexType(chosen.root.mediaType) && chosen.root.digest !== root.digest) {
    const digests = `${shortDigest(chosen.root.digest)}, not ${shortDigest(root.digest)}`;
    const message = `an index of fewer platforms has another digest: ${digests}`;
    onNotice?.({ type: 'warning', message });
  }
  return chosen;
}

function describeTarget(place: Place, name: string | undefined): Pick<CopyResult, 'destination' | 'name'> {
  if (place.kind !== 'registry') return { destination: place.text, ...(name === undefined ? {} : { name }) };
  const reference = name === undefined ? place.reference : { ...place.reference, tag: name };
  return { destination: familiarName(reference), name: formatReference(reference) };
}

function holdsOne(place: Place): boolean {
  return place.kind === 'engine' || (place.kind === 'archive' && place.isForDocker);
}

function requireDigest(place: Place, { digest }: Descriptor): void {
  const wanted = 'reference' in place ? place.reference.digest : undefined;
  if (wanted === undefined || wanted === digest) return;
  throw new RegError('INVALID_ARGUMENT', `the image has the digest ${digest}, not the one in ${place.text}`);
}

/** Without flags and environment this is all that is known about the machine. */
function thisMachine(): Platform {
  return hostPlatform({ platform: platform(), arch: arch() });
}

async function explained<T>(from: Place, to: Place, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw explain(error, `cannot copy ${placeName(from)} to ${placeName(to)}`);
  }
}
