/** `reg referrers`: what says that it is about an image: signatures, SBOMs, attestations. */

import type { CallOptions } from '../../content/types.js';
import { RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { isManifestType } from '../../spec/media-type.js';
import { purposeOfReferrer, type Kind } from '../../spec/purpose.js';
import type { ListReferrers } from '../places/open-source.js';
import { wrongPlace } from '../places/place.js';
import { allOrStop, createReadingLimit, type ReadingOptions } from './graph.js';
import { lookAt, readImage, type LookOptions, type Names } from './look-at.js';

export interface ReferrersOptions extends LookOptions {
  /** Only those of this type. Default: all. */
  readonly artifactType?: string | undefined;
  /** Those of the referrers, too. Default false. */
  readonly isRecursive?: boolean | undefined;
}

export interface ReferrerList extends Names {
  /** Of what was asked for: the root, or the image of a platform. */
  readonly digest: Digest;
  /** Each followed by what refers to it. */
  readonly referrers: readonly Referrer[];
}

export interface Referrer {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Length in bytes of its manifest. */
  readonly size: number;
  readonly artifactType?: string;
  readonly kind: Kind;
  /** What it is, in words. */
  readonly title: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What it refers to: the image, or another referrer. */
  readonly subject: Digest;
}

/** What refers to what, by the digest of the subject. */
export type ReferrersOf = ReadonlyMap<string, readonly Descriptor[]>;

/** Most referrers of one image, in all: each may have some of its own, which costs a request. */
const MAX_REFERRERS = 1000;

const MAX_DEPTH = 10;

/**
 * What refers to an image or, with a platform, to that one of an index. Costs two small requests, with `isRecursive` one
 * more for each referrer, and two more each where the registry keeps no list of its own. Throws INVALID_ARGUMENT for places
 * that keep no referrers, NOT_FOUND, PLATFORM_NOT_FOUND, TOO_LARGE for more than 1000, and what the registry throws.
 */
export function listReferrers(image: string, options: ReferrersOptions): Promise<ReferrerList> {
  return lookAt(image, { ...options, verb: 'list the referrers of' }, async (looked) => {
    const { referrers: list, place, names, root } = looked;
    if (list === undefined)
      throw wrongPlace(place.text, 'referrers are found at registries only', {
        hint: 'Name the image as it is called at its registry, such as ghcr.io/owner/app:1.0.',
      });
    const { platform, artifactType, isRecursive = false, signal } = options;
    const { digest } = platform === undefined ? root : (await readImage(looked, options)).descriptor;
    const found = await readReferrers(list, [digest], { limit: createReadingLimit(), isRecursive, signal });
    const all = flatten(digest, found);
    return {
      ...names,
      digest,
      referrers: artifactType === undefined ? all : all.filter((each) => each.artifactType === artifactType),
    };
  });
}

/**
 * The referrers of each of `subjects`, where they have any, and with `isRecursive` those of these. Throws TOO_LARGE for
 * more than 1000, and what the registry throws.
 */
export async function readReferrers(
  list: ListReferrers,
  subjects: readonly Digest[],
  { isRecursive, ...options }: ReadingOptions & { readonly isRecursive: boolean },
): Promise<ReferrersOf> {
  const found = new Map<string, readonly Descriptor[]>();
  const asked = new Set<string>();
  const ask = async (subject: Digest, call: CallOptions): Promise<readonly Descriptor[]> => {
    const referrers = await list(subject, call);
    if (referrers.length > 0) found.set(subject, referrers);
    return referrers;
  };
  let level = subjects;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH)
      throw new RegError('TOO_LARGE', `referrers refer to each other more than ${MAX_DEPTH} levels deep`);
    const fresh = level.filter((digest) => !asked.has(digest) && asked.add(digest));
    if (asked.size - subjects.length > MAX_REFERRERS)
      throw new RegError('TOO_LARGE', `the image has more than ${MAX_REFERRERS} referrers`);
    const lists = await allOrStop(fresh, options, (subject, signal) => ask(subject, { signal }));
    level = isRecursive
      ? lists
          .flat()
          .filter(isManifest)
          .map(({ digest }) => digest)
      : [];
  }
  return found;
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType);
}

function flatten(subject: Digest, found: ReferrersOf): readonly Referrer[] {
  const seen = new Set<string>([subject]);
  const below = (of: Digest): readonly Referrer[] =>
    (found.get(of) ?? []).flatMap((descriptor) => {
      if (seen.has(descriptor.digest)) return [];
      seen.add(descriptor.digest);
      return [describeReferrer(descriptor, of), ...below(descriptor.digest)];
    });
  return below(subject);
}

function describeReferrer(descriptor: Descriptor, subject: Digest): Referrer {
  const { digest, mediaType, size, artifactType, annotations } = descriptor;
  return {
    digest,
    mediaType,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...purposeOfReferrer(descriptor),
    ...(annotations === undefined ? {} : { annotations }),
    subject,
  };
}
