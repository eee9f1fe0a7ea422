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

/** `entries`, each digest once. Throws INVALID_ARGUMENT for two images that are for the same platform. */
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
  const digests = new Set(distinct.map(({ descriptor }) => descriptor.digest));
  const keys = new Set(distinct.map(({ descriptor }) => platformKey(descriptor)));
  const isReplaced = ({ descriptor }: IndexEntry): boolean => {
    const key = platformKey(descriptor);
    return key !== undefined && keys.has(key) && !digests.has(descriptor.digest);
  };
  const kept = without(before, new Set(before.filter(isReplaced).map(({ descriptor }) => descriptor.digest)));
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
  const chosen = platforms.map((platform) => choosePlatform(descriptors, platform).digest);
  const gone = new Set([...digests, ...chosen]);
  const kept = without(before, gone);
  if (kept.entries.length > 0) return { ...kept, images: gone.size };
  throw new RegError('INVALID_ARGUMENT', 'nothing would be left in the index', {
    hint: 'Delete all of it with "reg delete".',
  });
}

function without(
  before: readonly IndexEntry[],
  gone: ReadonlySet<Digest>,
): { readonly entries: readonly IndexEntry[]; readonly attestations: number } {
  const orphans = before.filter(
    ({ descriptor }) => isAbout(descriptor, gone) && !gone.has(descriptor.digest),
  );
  const entries = before.filter((entry) => !gone.has(entry.descriptor.digest) && !orphans.includes(entry));
  return { entries, attestations: orphans.length };
}

/** Docker's own type where all that it lists is Docker's and nothing is said that it can't say, else OCI's. */
export function indexTypeOf(entries: readonly IndexEntry[], { annotations }: JsonObject): string {
  const isDockers = entries.every(({ descriptor }) => descriptor.mediaType === DOCKER_MANIFEST);
  return isDockers && annotations === undefined ? DOCKER_INDEX : OCI_INDEX;
}

function onceEach(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  const seen = new Set<Digest>();
  return entries.filter(({ descriptor: { digest } }) => !seen.has(digest) && seen.add(digest));
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
    hint: 'An index has one image for a platform.',
  });
}
