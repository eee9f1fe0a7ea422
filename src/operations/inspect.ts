/** `reg inspect`: what an image is made of, without its layers. */

import { readContent, readManifest } from '../content/read.js';
import type { CallOptions, Source } from '../content/types.js';
import { explain, hasCode } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import type { ImageConfig } from '../spec/image-config.js';
import { MAX_MANIFEST_SIZE, type Manifest } from '../spec/manifest.js';
import { choosePlatform } from '../spec/platform-choice.js';
import { formatPlatform, type Platform } from '../spec/platform.js';
import { familiarName, formatReference, type Reference } from '../spec/reference.js';
import { readImageConfig } from './image-config.js';
import { parseImage } from './image-name.js';
import { locate, type ImagePlace, type ImageSource } from './locate.js';

export interface InspectOptions extends CallOptions {
  /** Where to look: at the registry, or in the local store. */
  readonly place: ImagePlace;
  /** Which image of an index to describe; PLATFORM_NOT_FOUND when there is none. */
  readonly platform?: Platform | undefined;
  /** Which one to describe, if there is one, when `platform` is not given. */
  readonly hostPlatform: Platform;
}

export interface Inspection {
  /** Full name: `docker.io/library/nginx:latest`. */
  readonly reference: string;
  /** Docker's short name: `nginx:latest`. */
  readonly familiar: string;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The entries of an index, attestations included. */
  readonly manifests?: readonly IndexEntry[];
  /** The image itself, or the one of an index for the platform asked for; absent when there is none for it. */
  readonly image?: InspectedImage;
}

export interface IndexEntry {
  readonly digest: Digest;
  readonly mediaType: string;
  /** `linux/amd64`; absent when the index does not say, and for attestations. */
  readonly platform?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface InspectedImage {
  readonly digest: Digest;
  readonly platform?: string;
  /** Length in bytes of config and layers, compressed as they are. */
  readonly size: number;
  readonly artifactType?: string;
  readonly config: ImageConfig;
  readonly layers: readonly LayerSummary[];
}

export interface LayerSummary {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

/** Costs one to three small requests. Throws INVALID_REFERENCE, NOT_FOUND and what the place throws. */
export async function inspect(image: string, options: InspectOptions): Promise<Inspection> {
  return located(image, options, async ({ reference, source, root }) => {
    const manifest = await readManifest(source, root, { signal: options.signal });
    const described = await describeImage(source, { root, manifest }, options);
    return {
      reference: formatReference(reference),
      familiar: familiarName(reference),
      digest: root.digest,
      mediaType: manifest.mediaType,
      ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
      ...(manifest.kind === 'index' ? { manifests: manifest.manifests.map(describeEntry) } : {}),
      ...(described === undefined ? {} : { image: described }),
    };
  });
}

/** The bytes of the manifest as they are. Throws as `inspect`. */
export async function inspectRaw(image: string, options: InspectOptions): Promise<Uint8Array> {
  return located(image, options, ({ source, root }) =>
    readContent(source.get(root), { cap: MAX_MANIFEST_SIZE, signal: options.signal }),
  );
}

interface Located extends ImageSource {
  readonly reference: Reference;
}

async function located<T>(
  image: string,
  options: InspectOptions,
  task: (found: Located) => Promise<T>,
): Promise<T> {
  const reference = parseImage(image);
  const { place, signal } = options;
  try {
    return await task({ reference, ...(await locate(reference, { place, signal, toRead: true })) });
  } catch (error) {
    throw explain(error, `cannot inspect ${familiarName(reference)}`, {
      reference: formatReference(reference),
      side: 'source',
    });
  }
}

async function describeImage(
  source: Source,
  { root, manifest }: { readonly root: Descriptor; readonly manifest: Manifest },
  options: InspectOptions,
): Promise<InspectedImage | undefined> {
  const chosen = manifest.kind === 'index' ? chooseEntry(manifest.manifests, options) : root;
  if (chosen === undefined) return undefined;
  const child = chosen === root ? manifest : await readManifest(source, chosen, options);
  if (child.kind === 'index') return undefined;
  const config = await readImageConfig(source, child, options);
  const platform = chosen.platform ?? config.platform;
  return {
    digest: chosen.digest,
    ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
    size: [child.config, ...child.layers].reduce((bytes, part) => bytes + part.size, 0),
    ...(child.artifactType === undefined ? {} : { artifactType: child.artifactType }),
    config,
    layers: child.layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
  };
}

function chooseEntry(entries: readonly Descriptor[], options: InspectOptions): Descriptor | undefined {
  if (options.platform !== undefined) return choosePlatform(entries, options.platform);
  try {
    return choosePlatform(entries, options.hostPlatform);
  } catch (error) {
    if (hasCode(error, 'PLATFORM_NOT_FOUND')) return undefined;
    throw error;
  }
}

function describeEntry({ digest, mediaType, platform, annotations }: Descriptor): IndexEntry {
  const isImage = platform !== undefined && platform.os !== 'unknown';
  return {
    digest,
    mediaType,
    ...(isImage ? { platform: formatPlatform(platform) } : {}),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
