/** What an index lists, and how it is changed (image-spec 1.1, image-index.md). */

import { RegError } from '../../errors.js';
import { isAbout, isAttestation } from '../../spec/attestation.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import type { JsonObject } from '../../spec/json.js';
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX } from '../../spec/media-type.js';
import { choosePlatform } from '../../spec/platform-choice.js';
import { formatPlatform, normalizePlatform, type Platform } from '../../spec/platform.js';

/** An entry as it stands, and as it is read. */
export interface IndexEntry {
  readonly raw: unknown;
  readonly descriptor: Descriptor;
}

/** `entries`, each once. Throws INVALID_ARGUMENT for two images that are for the same platform. */
export function requireDistinct(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  const images = new Map<string, Descriptor>();
  const distinct = onceEach(entries);
  for (const { descriptor } of distinct) {
    const key = platformKey(descriptor);
    const other = key === undefined ? undefined : images.get(key);
    if (other !== undefined) throw twice(other, descriptor);
    if (key !== undefined) images.set(key, descriptor);
  }
  return distinct;
}

/**
 * `before` with `added` behind it: an image takes the place of the one for the same platform, whose attestations go with
 * it. Throws as `requireDistinct`, of what is added.
 */
export function withEntries(
  before: readonly IndexEntry[],
  added: readonly IndexEntry[],
): { readonly entries: readonly IndexEntry[]; readonly attestations: number } {
  const distinct = requireDistinct(added);
  const images = new Map(distinct.map(({ descriptor }) => [platformKey(descriptor), descriptor.digest]));
  const isReplaced = ({ descriptor }: IndexEntry): boolean => {
    const key = platformKey(descriptor);
    return key !== undefined && images.has(key) && images.get(key) !== descriptor.digest;
  };
  const kept = without(before, isReplaced);
  return { ...kept, entries: onceEach([...kept.entries, ...distinct]) };
}

/**
 * `before` less the images for `platforms`, those with `digests`, and their attestations. Throws NOT_FOUND,
 * PLATFORM_NOT_FOUND, INVALID_ARGUMENT when nothing would be left.
 */
export function withoutEntries(
  before: readonly IndexEntry[],
  { platforms, digests }: { readonly platforms: readonly Platform[]; readonly digests: readonly Digest[] },
): { readonly entries: readonly IndexEntry[]; readonly attestations: number; readonly images: number } {
  const descriptors = before.map(({ descriptor }) => descriptor);
  const missing = digests.find((digest) => !descriptors.some((entry) => entry.digest === digest));
  if (missing !== undefined) throw new RegError('NOT_FOUND', `the index has no ${shortDigest(missing)}`);
  const chosen = new Set(platforms.map((platform) => choosePlatform(descriptors, platform)));
  const kept = without(
    before,
    ({ descriptor }) => chosen.has(descriptor) || digests.includes(descriptor.digest),
  );
  const images = before.length - kept.entries.length - kept.attestations;
  if (kept.entries.length > 0) return { ...kept, images };
  throw new RegError('INVALID_ARGUMENT', 'nothing would be left in the index', {
    hint: 'Delete all of it with "reg delete".',
  });
}

/** An image may stand there for several platforms: what is attested of it goes with the last of them. */
function without(
  before: readonly IndexEntry[],
  isGone: (entry: IndexEntry) => boolean,
): { readonly entries: readonly IndexEntry[]; readonly attestations: number } {
  const left = before.filter((entry) => !isGone(entry));
  const gone = new Set(before.filter(isGone).map(({ descriptor }) => descriptor.digest));
  for (const { descriptor } of left) gone.delete(descriptor.digest);
  const entries = left.filter(({ descriptor }) => !isAbout(descriptor, gone));
  return { entries, attestations: left.length - entries.length };
}

/** Docker's own type where all that it lists is Docker's and nothing is said that it can't say, else OCI's. */
export function indexTypeOf(entries: readonly IndexEntry[], { annotations }: JsonObject): string {
  const isDockers = entries.every(({ descriptor }) => descriptor.mediaType === DOCKER_MANIFEST);
  return isDockers && annotations === undefined ? DOCKER_INDEX : OCI_INDEX;
}

/** What names no platform is the same as what stands there for one. */
function onceEach(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  const seen = new Map<Digest, Set<string | undefined>>();
  return entries.filter(({ descriptor }) => {
    const key = platformKey(descriptor);
    const keys = seen.get(descriptor.digest) ?? new Set();
    const isKnown = keys.has(key) || keys.has(undefined) || (key === undefined && keys.size > 0);
    seen.set(descriptor.digest, keys.add(key));
    return !isKnown;
  });
}

/** The same for two platforms that mean the same; undefined for what runs on none. */
function platformKey(descriptor: Descriptor): string | undefined {
  const { platform } = descriptor;
  if (platform === undefined || platform.os === '' || isAttestation(descriptor)) return undefined;
  const features = platform['os.features'] ?? [];
  return [formatPlatform(normalizePlatform(platform)), ...features.toSorted()].join(' ');
}

function twice(one: Descriptor, other: Descriptor): RegError {
  const platform = one.platform === undefined ? '' : formatPlatform(one.platform);
  const digests = `${shortDigest(one.digest)} and ${shortDigest(other.digest)}`;
  return new RegError('INVALID_ARGUMENT', `${digests} are both for ${platform}`, {
    hint: 'An index can have only one image per platform.',
  });
}
