/**
 * An image that was made or changed here, to the place where it is to be:
 *
 *     overlay(source, new documents) ──copy──▶ place, under the rules for its tag
 */

import type { CopyListener } from '../../content/events.js';
import { Memory } from '../../content/memory.js';
import { overlay } from '../../content/overlay.js';
import type { CallOptions, Content, Source } from '../../content/types.js';
import { look } from '../../disk/files.js';
import { RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { familiarName, formatReference } from '../../spec/reference.js';
import { quoteText } from '../../spec/text.js';
import type { TagRules } from './guarded.js';
import { moveImage, type Moved, type MoveOptions } from './move-image.js';
import { withOrigins } from './origins.js';
import { parsePlace, wrongPlace, type Place } from '../places/place.js';
import type { Plan } from './plan.js';
import type { OpenSource } from '../places/open-source.js';
import type { Tally } from './tally.js';
import { thisMachine } from '../this-machine.js';
import { openTarget, type OpenTarget, type TargetEnds } from './target-place.js';

/** What is to be written. */
export interface NewImage {
  readonly root: Descriptor;
  /** Everything that is new, the bytes of the root included. */
  readonly contents: readonly Content[];
  /** Has all the rest of the graph; without it there is no rest. */
  readonly source?: Source | undefined;
  /** What it is called where it comes from, for places that name none. */
  readonly name?: string | undefined;
}

export interface WriteOptions extends TargetEnds, TagRules, CallOptions {
  /** Known by its digest alone, whatever tag the place has. Default false. */
  readonly isUntagged?: boolean | undefined;
  /** Layers that move at once; default 6, and 1 into a tar. */
  readonly concurrency?: number | undefined;
  readonly onEvent?: CopyListener | undefined;
}

export interface Written {
  /** The place as it was written; at a registry in Docker's short form, with the tag. */
  readonly destination: string;
  /** Tag or full reference of the image there; absent where it has none. */
  readonly name?: string;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Tally;
  /** What would be done; only of a dry run, which did none of it. */
  readonly plan?: Plan;
}

/**
 * Puts an image where `destination` says: what is there already stays, what the same registry has elsewhere is mounted,
 * and only the rest is moved. Throws TAG_EXISTS by the rules, INVALID_ARGUMENT, and what the places throw.
 */
export async function writeImage(
  { root, contents, source = new Memory(), name: found }: NewImage,
  destination: string | Place,
  options: WriteOptions = {},
): Promise<Written> {
  const place = typeof destination === 'string' ? await parsePlace(destination) : destination;
  await requireReplaceable(place, options);
  return withTarget(place, options, async (target) => {
    const name = options.isUntagged === true ? undefined : target.nameFor(found);
    const moved = await moveTo(target, { source: overlay(source, contents), root }, { ...options, name });
    return describeWritten(moved, { place, root, name });
  });
}

/** What was opened, as a source that knows what the registry of `place` holds elsewhere, so that it is mounted there. */
export async function mountable(
  opened: Pick<OpenSource, 'place' | 'source'>,
  place: Place,
  { store, signal }: Pick<TargetEnds, 'store' | 'signal'>,
): Promise<Source> {
  if (opened.place.kind !== 'store' || place.kind !== 'registry' || store === undefined) return opened.source;
  return withOrigins(store, place.reference, { signal });
}

interface Graph {
  readonly source: Source;
  readonly root: Descriptor;
}

/** Moves one image to an open place. Throws INVALID_ARGUMENT where the place has the digest of another. */
export async function moveTo(
  target: OpenTarget,
  { source, root }: Graph,
  { name, noClobber, expectDigest, dryRun, signal, onEvent, concurrency, after }: Omit<MoveOptions, 'target'>,
): Promise<Moved> {
  requireDigest(target.place, root);
  return moveImage(source, root, {
    target,
    name,
    noClobber,
    expectDigest,
    dryRun,
    signal,
    onEvent,
    concurrency: target.isSerial ? 1 : concurrency,
    after,
  });
}

/** What came of it, for a person or a program. */
export function describeWritten(
  { bytes, plan }: Moved,
  {
    place,
    root,
    name,
  }: { readonly place: Place; readonly root: Descriptor; readonly name?: string | undefined },
): Written {
  return {
    ...describeTarget(place, root, name),
    digest: root.digest,
    mediaType: root.mediaType,
    bytes,
    ...(plan === undefined ? {} : { plan }),
  };
}

function describeTarget(
  place: Place,
  { digest }: Descriptor,
  name: string | undefined,
): Pick<Written, 'destination' | 'name'> {
  if (place.kind !== 'registry') return { destination: place.text, ...(name === undefined ? {} : { name }) };
  const { domain, path } = place.reference;
  const reference = { domain, path, ...(name === undefined ? { digest } : { tag: name }) };
  return { destination: familiarName(reference), name: formatReference(reference) };
}

function requireDigest(place: Place, { digest }: Descriptor): void {
  const wanted = 'reference' in place ? place.reference.digest : undefined;
  if (wanted === undefined || wanted === digest) return;
  throw new RegError('INVALID_ARGUMENT', `the image has the digest ${digest}, not the one in ${place.text}`);
}

/** Throws where rules for tags can't be kept: an engine knows its images otherwise, and an archive is replaced as a whole. */
export async function requireReplaceable(to: Place, { noClobber, expectDigest }: TagRules): Promise<void> {
  if (to.kind === 'engine' && (noClobber === true || expectDigest !== undefined))
    throw wrongPlace(to.text, 'an engine knows its images by other digests, so its tags can not be checked');
  if (noClobber !== true || to.kind !== 'archive' || to.path === undefined) return;
  if ((await look(to.path)) === undefined) return;
  throw new RegError('TAG_EXISTS', `${quoteText(to.path)} exists`, { hint: 'Choose another file.' });
}

/** Opens `place` for `task`, and makes visible what it put there, or takes it back. */
export async function withTarget<T>(
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
