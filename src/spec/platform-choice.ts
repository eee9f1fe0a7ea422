/**
 * Which image of an index fits a platform: the one of exactly its variant, else the best of those that such a
 * machine also runs (the order of containerd's matcher).
 */

import { RegError } from '../errors.js';
import { runnableVariants } from './architecture.js';
import { isAttestation, type IndexEntry } from './attestation.js';
import { formatPlatform, normalizePlatform, type Platform } from './platform.js';
import { cleanText, listTexts } from './text.js';

/** Most platforms that an error names. */
const MAX_LISTED = 10;

/**
 * The entry to pull for `wanted`; of equals the first. Attestations are never chosen. An entry that names no
 * platform is chosen only when it is the only image: containerd would look into its config, and here nothing is
 * fetched. Unlike containerd, this never takes a 32-bit image for a 64-bit platform; the user may ask for that.
 * Throws PLATFORM_NOT_FOUND, with a list of what there is.
 */
export function choosePlatform<Entry extends IndexEntry>(entries: readonly Entry[], wanted: Platform): Entry {
  const images = entries.filter((entry) => !isAttestation(entry));
  const target = normalizePlatform(wanted);
  const { architecture, variant = '' } = target;
  for (const runnable of runnableVariants({ architecture, variant })) {
    const found = images.find(({ platform }) => isNamed(platform) && fits(platform, target, runnable));
    if (found !== undefined) return found;
  }
  const [only] = images;
  if (only !== undefined && images.length === 1 && !isNamed(only.platform)) return only;
  throw notFound(images, wanted);
}

/** Whether an image for `platform` is one that a machine of `wanted` runs. */
export function runsOn(platform: Platform, wanted: Platform): boolean {
  const target = normalizePlatform(wanted);
  const { architecture, variant = '' } = target;
  return runnableVariants({ architecture, variant }).some((runnable) => fits(platform, target, runnable));
}

/** Tools written in Go leave empty texts where they mean that there is no platform. */
function isNamed(platform: Platform | undefined): platform is Platform {
  return platform !== undefined && platform.os !== '';
}

function fits(platform: Platform, target: Platform, variant: string): boolean {
  const entry = normalizePlatform(platform);
  const { 'os.version': version, 'os.features': features = [] } = entry;
  const wantedVersion = target['os.version'];
  return (
    entry.os === target.os &&
    entry.architecture === target.architecture &&
    (entry.variant ?? '') === variant &&
    (version === undefined || wantedVersion === undefined || buildOf(version) === buildOf(wantedVersion)) &&
    // Every Windows has win32k, whether it says so or not.
    features.every((name) => name === 'win32k' || target['os.features']?.includes(name))
  );
}

/** Windows runs the images of its own build, which is the first three numbers. */
function buildOf(version: string): string {
  return version.split('.').slice(0, 3).join('.');
}

function notFound(images: readonly IndexEntry[], wanted: Platform): RegError {
  const platforms = images.map(({ platform }) => platform).filter(isNamed);
  const names = [...new Set(platforms.map((platform) => cleanText(formatPlatform(platform), 60)))];
  const what = `no image for ${cleanText(formatPlatform(wanted), 60)}`;
  if (names.length === 0) {
    const hint = 'Choose a manifest by its digest; "reg inspect" shows them.';
    return new RegError('PLATFORM_NOT_FOUND', `${what}: the index names no platform`, { hint });
  }
  const message = `${what}, only for ${listTexts(names, MAX_LISTED)}`;
  return new RegError('PLATFORM_NOT_FOUND', message, { hint: 'Choose one with --platform.' });
}
