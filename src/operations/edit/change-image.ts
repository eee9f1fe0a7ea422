/**
 * What all changes of an image have in common:
 *
 *     place ─▶ image ─▶ new documents ─▶ the same tag, if it still stands for that image, or another place
 */

import { explaining, RegError } from '../../errors.js';
import type { CallOptions, Source } from '../../content/types.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import { isIndexType } from '../../spec/media-type.js';
import type { Platform } from '../../spec/platform.js';
import { formatReference } from '../../spec/reference.js';
import { requireTag } from '../transfer/guarded.js';
import { holdsOneImage, parsePlace, placeName, wrongPlace, type Place } from '../places/place.js';
import { requirePlatforms } from '../other-platform.js';
import { thisMachine } from '../this-machine.js';
import { selectPlatforms } from '../transfer/platforms.js';
import type { FoundImage } from '../places/open-source.js';
import { openSource } from '../places/source-place.js';
import { mountable, writeImage, type WriteOptions, type Written } from '../transfer/write-image.js';
import type { Rewritten } from './rewrite.js';

export interface EditOptions extends WriteOptions {
  /** Where to write the changed image; default: its own tag, if that still points to the image that was read. */
  readonly output?: string | undefined;
  /** Which images of an index to change; default: all. */
  readonly platforms?: readonly Platform[] | undefined;
}

export interface EditResult extends Written {
  /** The place, as it was written; at a registry in Docker's short form, with the tag. */
  readonly source: string;
  /** Digest of the image before the change; absent for a new image. */
  readonly previous?: Digest;
  /** How many images were changed: an index has several. */
  readonly images: number;
  /** How many attestations were dropped from an index along with the images that they are about. */
  readonly attestations: number;
}

/** An image as it was found. */
export interface Found extends CallOptions {
  readonly source: Source;
  readonly root: Descriptor;
  readonly platforms: readonly Platform[];
}

/** What is made of it; `source` where not all of the rest is where the image was. */
export interface Made extends Omit<Rewritten, 'images'> {
  readonly images?: number;
  readonly source?: Source | undefined;
}

/**
 * Puts what `make` makes of an image in its place, or elsewhere. Without `output` the tag must stand for what was read until
 * the very moment that it is set: nobody's change is lost but for the window that `guarded` names. Throws TAG_EXISTS then,
 * PLATFORM_NOT_FOUND, INVALID_ARGUMENT for a place without a tag, UNSUPPORTED where nothing of it is an image, and what the
 * places throw.
 */
export async function changeImage(
  image: string,
  make: (found: Found) => Promise<Made>,
  options: EditOptions,
): Promise<EditResult> {
  const place = await parsePlace(image);
  return change(place, make, options).catch(explaining(`cannot change ${placeName(place)}`));
}

async function change(
  place: Place,
  make: (found: Found) => Promise<Made>,
  options: EditOptions,
): Promise<EditResult> {
  const to = options.output === undefined ? place : await parsePlace(options.output);
  const isInPlace = isSame(place, to);
  const opened = await openSource(place, { ...options, isDirect: isInPlace });
  try {
    const image = await opened.image({ toRead: true });
    const { root } = image;
    const target = isInPlace ? requireTagged(place, image, options) : to;
    const found = await select({ source: await mountable(opened, target, options), root }, target, options);
    await requirePlatforms({ ...opened, root }, options);
    const made = await make(found);
    if (made.images === 0) throw new RegError('UNSUPPORTED', 'it is an artifact, not an image');
    const rules = isInPlace ? { noClobber: false, expectDigest: root.digest } : {};
    if (isInPlace) await requireExpected(root, made.root, options);
    const { source = found.source, contents } = made;
    const written = await writeImage({ root: made.root, contents, source, name: image.name }, target, {
      ...options,
      ...rules,
    });
    warn(root, made, options);
    return {
      source: placeName(place),
      ...written,
      previous: root.digest,
      images: made.images ?? 1,
      attestations: made.attestations,
    };
  } finally {
    await opened.close();
  }
}

/** Places for Docker hold one image, so only that is changed. */
async function select(
  graph: Pick<Found, 'source' | 'root'>,
  target: Place,
  { platforms = [], platform = thisMachine(), signal }: EditOptions,
): Promise<Found> {
  if (!holdsOneImage(target)) return { ...graph, platforms, signal };
  const one = platforms.length === 0 ? [platform] : platforms;
  const chosen = await selectPlatforms(graph, { platforms: one, signal });
  return { ...chosen, platforms: isIndexType(chosen.root.mediaType) ? platforms : [], signal };
}

function isSame(one: Place, other: Place): boolean {
  if ('reference' in one && 'reference' in other)
    return one.kind === other.kind && formatReference(one.reference) === formatReference(other.reference);
  return one.kind === other.kind && one.text === other.text;
}

const WHY_NOT: Readonly<Partial<Record<Place['kind'], string>>> = {
  archive: 'an archive is only ever written as a whole',
  engine: 'what a tag stands for in an engine can not be checked',
};

/** `place` with the tag that the changed image gets, which is the one that it has. Throws INVALID_ARGUMENT. */
function requireTagged(place: Place, { name }: FoundImage, { noClobber }: EditOptions): Place {
  if (noClobber === true) {
    const hint = 'Name another place, with --output.';
    throw wrongPlace(place.text, 'it is there, and is not to be replaced', { hint });
  }
  if (place.kind === 'registry' || place.kind === 'store') {
    const { domain, path, tag } = place.reference;
    if (tag !== undefined) return { ...place, reference: { domain, path, tag } };
  }
  if (place.kind === 'layout' && name !== undefined) return { ...place, name: place.name ?? name };
  const why = WHY_NOT[place.kind] ?? 'it has no tag';
  throw new RegError('INVALID_ARGUMENT', `${why}, so nothing is changed in place`, {
    hint: 'Choose a place for the changed image with --output.',
  });
}

/** What the person expects has to be what was read. */
async function requireExpected(
  root: Descriptor,
  next: Descriptor,
  { expectDigest }: EditOptions,
): Promise<void> {
  await requireTag('the tag', next, { expectDigest, current: async () => root });
}

function warn(before: Descriptor, { root, attestations }: Made, { onNotice }: EditOptions): void {
  if (before.digest === root.digest) return;
  const digests = `from ${shortDigest(before.digest)} to ${shortDigest(root.digest)}`;
  const left = attestations === 0 ? '' : `; ${attestations} in the index are left out`;
  onNotice?.({
    type: 'warning',
    message: `the digest changes ${digests}: signatures and attestations do not go with it${left}`,
  });
}
