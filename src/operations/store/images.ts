/** What is in the local store: `reg images`, `reg tag`, `reg rmi`. */

import { readManifest } from '../../content/read.js';
import { createLimit } from '../../content/limit.js';
import { explain, RegError } from '../../errors.js';
import { reach } from '../../layout/graph.js';
import type { Layout } from '../../layout/layout.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { childrenOf, type Manifest } from '../../spec/manifest.js';
import { formatPlatform } from '../../spec/platform.js';
import { familiarName, formatReference, parseReference, type Reference } from '../../spec/reference.js';
import { readImageConfig } from '../image-config.js';
import { currentIn, guarded, type TagRules } from '../transfer/guarded.js';
import {
  findImage,
  getImage,
  isInRepository,
  notInStore,
  parseImage,
  registryDigest,
  storeName,
  type StoredImage,
} from '../image-name.js';

/** Images that are read at once. */
const CONCURRENCY = 8;

export interface ImageSummary {
  /** Full name: `docker.io/library/nginx:latest`. */
  readonly reference: string;
  /** Docker's short name without the tag: `nginx`. */
  readonly repository: string;
  readonly tag?: string;
  /** By which the registry knows it. */
  readonly digest: string;
  /** Absent for an index of several platforms. */
  readonly platform?: string;
  /** RFC 3339, as the image says. */
  readonly created?: string;
  /** Length in bytes of everything that the name reaches, compressed as it is, each part once. */
  readonly size: number;
}

/** An image of the store that cannot be told of. */
export interface DamagedImage {
  /** Full name. */
  readonly reference: string;
  /** Why: STORE_CORRUPT, NOT_FOUND, INVALID_MANIFEST, UNSUPPORTED, TOO_LARGE, DISK_ERROR. */
  readonly error: RegError;
}

export interface ImageList {
  readonly images: readonly ImageSummary[];
  readonly damaged: readonly DamagedImage[];
}

export interface ListImagesOptions {
  readonly store: Layout;
  /** Only this image, or all of this repository where it has neither tag nor digest. Default: all. */
  readonly of?: Reference | undefined;
}

/**
 * The named images of the store, by name, and those that cannot be told of. Reads each one's manifest and config, and the
 * manifests of an index. Throws STORE_CORRUPT where the store itself is, INVALID_ARGUMENT, DISK_ERROR.
 */
export async function listImages({ store, of }: ListImagesOptions): Promise<ImageList> {
  const stored = await store.images((name) => of === undefined || isMeant(name, of));
  const sorted = [...stored].sort((a, b) => (a.name < b.name ? -1 : 1));
  const limit = createLimit(CONCURRENCY);
  const all = await Promise.all(sorted.map((image) => limit(() => summarizeOrTell(store, image))));
  return {
    images: all.flatMap((one) => ('error' in one ? [] : [one])),
    damaged: all.flatMap((one) => ('error' in one ? [one] : [])),
  };
}

function isMeant(name: string, reference: Reference): boolean {
  const { tag, digest } = reference;
  const isRepository = tag === undefined && digest === undefined;
  return isRepository ? isInRepository(name, reference) : name === storeName(reference);
}

async function summarizeOrTell(store: Layout, image: StoredImage): Promise<ImageSummary | DamagedImage> {
  try {
    return await summarize(store, image);
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    return { reference: image.name, error };
  }
}

async function summarize(store: Layout, { name, descriptor }: StoredImage): Promise<ImageSummary> {
  const { domain, path, tag } = parseReference(name);
  const manifest = await readManifest(store, descriptor);
  return {
    reference: name,
    repository: familiarName({ domain, path }),
    ...(tag === undefined ? {} : { tag }),
    digest: registryDigest(descriptor),
    size: await measure(store, descriptor, manifest),
    ...(await describeConfig(store, descriptor, manifest)),
  };
}

/**
 * Gives an image of the store a second name. Throws INVALID_REFERENCE, INVALID_ARGUMENT for a name with a digest,
 * NOT_FOUND, TAG_EXISTS by the rules, and what the store throws.
 */
export async function tagImage(
  source: string,
  { store, target, ...rules }: TagRules & { readonly store: Layout; readonly target: string },
): Promise<{ readonly reference: string }> {
  const from = parseImage(source);
  const to = parseImage(target);
  if (to.digest !== undefined) {
    throw new RegError(
      'INVALID_ARGUMENT',
      `cannot tag ${familiarName(from)} as ${familiarName(to)}: a new name has no digest`,
    );
  }
  try {
    const { descriptor } = await getImage(store, from);
    const sink = guarded(store, { ...rules, current: currentIn(store) });
    await sink.put(store.get(descriptor), { tag: storeName(to) });
  } catch (error) {
    throw explain(error, `cannot tag ${familiarName(from)}`);
  }
  return { reference: formatReference(to) };
}

/**
 * Takes names out of the store; what no other name reaches is freed by `pruneLayout`. All names are looked up before
 * the first is removed. Throws INVALID_REFERENCE, NOT_FOUND, and what the store throws.
 */
export async function removeImages(
  images: readonly string[],
  { store }: { readonly store: Layout },
): Promise<readonly { readonly reference: string; readonly digest: Digest }[]> {
  const removed = new Map<string, { readonly reference: string; readonly digest: Digest }>();
  for (const image of images) {
    const reference = parseImage(image);
    try {
      const found = await findImage(store, reference);
      if (found === undefined) throw notInStore(reference, 'Run "reg images" to see what is there.');
      const { name, descriptor } = found;
      removed.set(name, { reference: name, digest: descriptor.digest });
    } catch (error) {
      throw explain(error, `cannot remove ${familiarName(reference)}`);
    }
  }
  await store.remove([...removed.keys()]);
  return [...removed.values()];
}

async function measure(store: Layout, root: Descriptor, manifest: Manifest): Promise<number> {
  let size = root.size;
  for await (const node of reach(store, childrenOf(manifest))) size += node.size;
  return size;
}

/** What the config of an image says; an index has none, and artifacts have configs that are not for images. */
async function describeConfig(
  store: Layout,
  root: Descriptor,
  manifest: Manifest,
): Promise<Pick<ImageSummary, 'platform' | 'created'>> {
  if (manifest.kind === 'index') return {};
  const config = await readImageConfig(store, manifest);
  const platform = root.platform ?? config.platform;
  return {
    ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
    ...(config.created === undefined ? {} : { created: config.created }),
  };
}
