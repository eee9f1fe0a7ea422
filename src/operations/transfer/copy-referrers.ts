/** Brings along what refers to an image: signatures, SBOMs, attestations, and what refers to those. */

import { copy, type CopyOptions } from '../../content/copy.js';
import { readManifest } from '../../content/read.js';
import type { Source } from '../../content/types.js';
import { RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { childrenOf } from '../../spec/manifest.js';
import { isManifestType } from '../../spec/media-type.js';
import { wrongPlace } from '../places/place.js';
import type { ListReferrers, OpenSource } from '../places/open-source.js';
import type { OpenTarget } from './target-place.js';

/** Most referrers of one image, in all: a server may make up new ones for ever. */
const MAX_REFERRERS = 10_000;

interface ReferrersOptions extends Omit<CopyOptions, 'tag'> {
  readonly root: Descriptor;
  /** Where `root` is read from; the registry may not have it. */
  readonly graph: Source;
}

/**
 * Copies the referrers of `root` and of each image in it; answers how many there are. A registry without a list of its
 * own gets one under the tag that clients agree on. Throws INVALID_ARGUMENT for places that keep no referrers.
 */
export async function copyReferrers(
  opened: OpenSource,
  target: OpenTarget,
  { root, graph, ...options }: ReferrersOptions,
): Promise<number> {
  const list = requireReferrers(opened, target);
  const pending = [...(await subjectsIn(graph, root, options))];
  const seen = new Set<string>();
  for (let subject = pending.pop(); subject !== undefined; subject = pending.pop()) {
    for (const { mediaType, digest, size } of await list(subject.digest, options)) {
      if (seen.has(digest) || !isManifestType(mediaType)) continue;
      seen.add(digest);
      if (seen.size > MAX_REFERRERS)
        throw new RegError('TOO_LARGE', `the image has more than ${MAX_REFERRERS} referrers`);
      const referrer = { mediaType, digest, size };
      await copy(opened.source, target.sink, referrer, options);
      pending.push(referrer);
    }
  }
  return seen.size;
}

/** How to ask for the referrers of `opened`. Throws INVALID_ARGUMENT for places that keep none. */
export function requireReferrers(
  { referrers, place }: Pick<OpenSource, 'referrers' | 'place'>,
  { place: to }: Pick<OpenTarget, 'place'>,
): ListReferrers {
  if (referrers === undefined)
    throw wrongPlace(place.text, 'referrers are found at registries only', {
      hint: 'Name the image as it is called at its registry, such as ghcr.io/owner/app:1.0.',
    });
  if (to.kind !== 'registry') throw wrongPlace(to.text, 'referrers are kept at registries only');
  return referrers;
}

/** An image may be signed by itself, and as one of an index. */
async function subjectsIn(
  source: Source,
  root: Descriptor,
  options: Pick<CopyOptions, 'signal'>,
): Promise<readonly Descriptor[]> {
  const manifest = await readManifest(source, root, options);
  return [root, ...(manifest.kind === 'index' ? childrenOf(manifest) : [])];
}
