/** `reg diff`: how two images differ: platforms, config, layers. */

import { readManifest } from '../../content/read.js';
import { attestedBy } from '../../spec/attestation.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { parseImageConfig } from '../../spec/image-config.js';
import type { Manifest } from '../../spec/manifest.js';
import { isImageConfigType } from '../../spec/media-type.js';
import { formatPlatform, normalizePlatform, type Platform } from '../../spec/platform.js';
import { compareFacts, opaqueFacts, readFacts, type ConfigChange, type ConfigFacts } from './config-diff.js';
import {
  findImage,
  lookAt,
  platformText,
  readConfigBytes,
  type ChosenImage,
  type Looked,
  type LookOptions,
  type Names,
} from './look-at.js';

export interface ImageDiff {
  /** Whether both are the same to the last byte; with a platform, the images for that. */
  readonly isEqual: boolean;
  readonly from: DiffSide;
  readonly to: DiffSide;
  /** Where one of them is an index: what becomes of each platform. */
  readonly platforms?: readonly PlatformChange[];
  /** Of the images that are compared. */
  readonly config: readonly ConfigChange[];
  /** Of the images that are compared: those of the first in its order, then what only the second has. */
  readonly layers: readonly LayerChange[];
}

export interface DiffSide extends Names {
  readonly digest: Digest;
  readonly mediaType: string;
  /** The one image that is compared; absent where an index has none for this host. */
  readonly image?: { readonly digest: Digest; readonly platform?: string };
}

export interface PlatformChange {
  readonly platform: string;
  readonly change: 'same' | 'changed' | 'removed' | 'added';
  readonly from?: Digest;
  readonly to?: Digest;
}

export interface LayerChange {
  readonly change: 'same' | 'removed' | 'added';
  readonly digest: Digest;
  readonly mediaType: string;
  /** Length in bytes, compressed as it is. */
  readonly size: number;
}

interface Side {
  readonly shown: DiffSide;
  readonly manifest: Manifest;
  /** Of the image that is compared. */
  readonly platform?: Platform | undefined;
  readonly layers: readonly Descriptor[];
  readonly facts: ConfigFacts;
}

/**
 * Compares two images, wherever they are; of indexes their platforms, and the images for one platform. Costs two or three
 * small requests each. Throws NOT_FOUND, PLATFORM_NOT_FOUND where a platform was asked for, INVALID_MANIFEST, and what
 * the places throw.
 */
export async function compareImages(
  { from, to }: { readonly from: string; readonly to: string },
  options: LookOptions,
): Promise<ImageDiff> {
  const [first, second] = await Promise.all([readSide(from, options), readSide(to, options)]);
  const before = await fitting(first, { image: from, other: second, options });
  const after = await fitting(second, { image: to, other: first, options });
  const isIndex = [before, after].some(({ manifest }) => manifest.kind === 'index');
  return {
    isEqual: before.shown.digest === after.shown.digest,
    from: before.shown,
    to: after.shown,
    ...(isIndex ? { platforms: comparePlatforms(before, after) } : {}),
    config: compareFacts(before.facts, after.facts),
    layers: compareLayers(before.layers, after.layers),
  };
}

interface Fitting {
  readonly image: string;
  readonly other: Side;
  readonly options: LookOptions;
}

/** Of an index beside a single image, the image for the platform of that one, unless another was asked for. */
async function fitting(side: Side, { image, other, options }: Fitting): Promise<Side> {
  const { platform: hostPlatform } = other;
  const isBesideOne = side.manifest.kind === 'index' && other.manifest.kind !== 'index';
  if (!isBesideOne || options.platform !== undefined || hostPlatform === undefined) return side;
  const isRight = side.platform !== undefined && nameOf(side.platform) === nameOf(hostPlatform);
  return isRight ? side : readSide(image, { ...options, hostPlatform });
}

function readSide(image: string, options: LookOptions): Promise<Side> {
  return lookAt(image, { ...options, verb: 'compare' }, async (looked) => {
    const { source, names } = looked;
    const chosen = await findImage(looked, options);
    const root = options.platform === undefined ? looked.root : (chosen?.descriptor ?? looked.root);
    const manifest = await readManifest(source, root, options);
    const side = { ...names, digest: root.digest, mediaType: root.mediaType };
    if (chosen === undefined) return { shown: side, manifest, layers: [], facts: new Map() };
    const { facts, platform } = await readChosen(looked, chosen, options);
    return {
      shown: { ...side, image: { digest: chosen.descriptor.digest, ...platformText(platform) } },
      manifest,
      platform,
      layers: chosen.manifest.layers,
      facts,
    };
  });
}

async function readChosen(
  { source }: Looked,
  { descriptor: { platform }, manifest }: ChosenImage,
  options: LookOptions,
): Promise<Pick<Side, 'facts' | 'platform'>> {
  const { config, annotations } = manifest;
  if (!isImageConfigType(config.mediaType))
    return { facts: opaqueFacts(config.digest, annotations), platform };
  const bytes = await readConfigBytes(source, manifest, options);
  return { facts: readFacts(bytes, annotations), platform: platform ?? parseImageConfig(bytes).platform };
}

function comparePlatforms(before: Side, after: Side): readonly PlatformChange[] {
  const [from, to] = [platformsOf(before), platformsOf(after)];
  return [...new Set([...from.keys(), ...to.keys()])].map((platform) => {
    const [old, now] = [from.get(platform), to.get(platform)];
    if (old === undefined) return { platform, change: 'added', ...(now === undefined ? {} : { to: now }) };
    if (now === undefined) return { platform, change: 'removed', from: old };
    return { platform, change: old === now ? 'same' : 'changed', from: old, to: now };
  });
}

/** What is no index counts as its one image. */
function platformsOf({ manifest, shown, platform }: Side): ReadonlyMap<string, Digest> {
  if (manifest.kind !== 'index') return new Map([[nameOf(platform), shown.digest]]);
  const images = manifest.manifests.filter((entry) => attestedBy(entry) === undefined);
  return new Map(images.map((entry) => [nameOf(entry.platform), entry.digest]));
}

function nameOf(platform: Platform | undefined): string {
  if (platform === undefined || platform.os === '') return 'no platform';
  return formatPlatform(normalizePlatform(platform));
}

function compareLayers(before: readonly Descriptor[], after: readonly Descriptor[]): readonly LayerChange[] {
  const [old, now] = [before, after].map((layers) => new Set(layers.map(({ digest }) => digest)));
  const change = (kind: LayerChange['change'], { digest, mediaType, size }: Descriptor): LayerChange => ({
    change: kind,
    digest,
    mediaType,
    size,
  });
  return [
    ...before.map((layer) => change(now?.has(layer.digest) ? 'same' : 'removed', layer)),
    ...after.filter(({ digest }) => !old?.has(digest)).map((layer) => change('added', layer)),
  ];
}
