/**
 * `reg index`: one name for the images of several platforms.
 *
 *     image, index, image ─▶ entries ─▶ index ─▶ copied, each part from where it is
 */

import { joined, type Part } from '../../content/joined.js';
import { explain, RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { platformIn } from '../../spec/image-config.js';
import type { JsonObject } from '../../spec/json.js';
import { isIndexType, OCI_INDEX } from '../../spec/media-type.js';
import { openPlace, type OpenPlace } from '../places/source-place.js';
import { writeImage, type WriteOptions, type Written } from '../transfer/write-image.js';
import { changeImage, type EditOptions, type EditResult, type Found, type Made } from './change-image.js';
import { readConfig } from './config.js';
import { listIn, manifestContent, readManifestDocument } from './document.js';
import {
  indexTypeOf,
  requireDistinct,
  withEntries,
  withoutEntries,
  type IndexEntry,
} from './index-entries.js';

export interface CreateIndexOptions extends WriteOptions {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/**
 * Makes an index of `images`, of those that are indexes of all that they list, and puts it at `target`. Throws
 * INVALID_ARGUMENT for two images for one platform, UNSUPPORTED for what says no platform, and as `writeImage`.
 */
export function createIndex(
  target: string,
  images: readonly string[],
  { annotations = {}, ...options }: CreateIndexOptions,
): Promise<Written> {
  return withImages(images, options, async (listed) => {
    const entries = requireDistinct(listed.flatMap((image) => image.entries));
    const json = Object.keys(annotations).length === 0 ? {} : { annotations };
    const [first, ...others] = listed.map(partOf);
    const source = first && joined(first, ...others);
    const { root, contents } = indexOf(entries, json);
    return writeImage({ root, contents, source }, target, options);
  });
}

/** Adds images to an index; one for the same platform makes room. Throws as `createIndex` and `changeImage`. */
export function addToIndex(
  index: string,
  images: readonly string[],
  options: EditOptions,
): Promise<EditResult> {
  return withImages(images, options, (listed) =>
    changeIndex(index, options, ({ entries, json, found }) => {
      const added = withEntries(
        entries,
        listed.flatMap((image) => image.entries),
      );
      const source = joined({ source: found.source, roots: [found.root] }, ...listed.map(partOf));
      return {
        ...indexOf(added.entries, json),
        attestations: added.attestations,
        images: listed.length,
        source,
      };
    }),
  );
}

export interface RemoveFromIndexOptions extends EditOptions {
  readonly digests?: readonly Digest[] | undefined;
}

/**
 * Takes the images for `platforms` and those with `digests` out of an index, with their attestations. Throws as
 * `changeImage`.
 */
export function removeFromIndex(
  index: string,
  { platforms = [], digests = [], ...options }: RemoveFromIndexOptions,
): Promise<EditResult> {
  return changeIndex(index, options, ({ entries, json }) => {
    const left = withoutEntries(entries, { platforms, digests });
    return { ...indexOf(left.entries, json), attestations: left.attestations, images: left.images };
  });
}

interface FoundIndex {
  readonly found: Found;
  readonly entries: readonly IndexEntry[];
  readonly json: JsonObject;
}

function changeIndex(
  index: string,
  options: EditOptions,
  change: (index: FoundIndex) => Made,
): Promise<EditResult> {
  const make = async (found: Found): Promise<Made> => {
    if (!isIndexType(found.root.mediaType)) throw noIndex();
    const { manifest, json } = await readManifestDocument(found.source, found.root, found);
    return change({
      found,
      json,
      entries: manifest.kind === 'index' ? entriesOf(manifest.manifests, json) : [],
    });
  };
  return changeImage(index, make, options);
}

/** An image that was found, and what an index says of it. */
interface Listed extends OpenPlace {
  readonly entries: readonly IndexEntry[];
}

async function withImages<T>(
  images: readonly string[],
  options: WriteOptions,
  task: (listed: readonly Listed[]) => Promise<T>,
): Promise<T> {
  const opened: Listed[] = [];
  try {
    for (const image of images) opened.push(await list(image, options));
    return await task(opened);
  } finally {
    for (const { close } of opened) await close();
  }
}

async function list(image: string, options: WriteOptions): Promise<Listed> {
  try {
    const opened = await openPlace(image, options);
    return { ...opened, entries: await entriesIn(opened, options) };
  } catch (error) {
    throw explain(error, `cannot read ${image}`);
  }
}

/** Of an index what it lists, of an image itself, with the platform that its config names. */
async function entriesIn(
  { source, root }: OpenPlace,
  { signal }: WriteOptions,
): Promise<readonly IndexEntry[]> {
  const { manifest, json } = await readManifestDocument(source, root, { signal });
  if (manifest.kind === 'index') return entriesOf(manifest.manifests, json);
  const config = await readConfig({ source, manifest, isOnlyRead: true, signal });
  const platform = config && platformIn(config);
  const artifactType =
    config === undefined ? (manifest.artifactType ?? manifest.config.mediaType) : undefined;
  const { mediaType, digest, size } = root;
  const descriptor = {
    mediaType,
    digest,
    size,
    ...(platform && { platform }),
    ...(artifactType !== undefined && { artifactType }),
  };
  return [{ raw: descriptor, descriptor }];
}

function entriesOf(descriptors: readonly Descriptor[], json: JsonObject): readonly IndexEntry[] {
  const raws = listIn(json['manifests']);
  return descriptors.map((descriptor, at) => ({ raw: raws[at], descriptor }));
}

/** The index with other entries; what else it says is kept. One that was OCI's stays so. */
function indexOf(entries: readonly IndexEntry[], json: JsonObject): Pick<Made, 'root' | 'contents'> {
  const mediaType = json['mediaType'] === OCI_INDEX ? OCI_INDEX : indexTypeOf(entries, json);
  const content = manifestContent(mediaType, {
    ...json,
    mediaType,
    manifests: entries.map(({ raw }) => raw),
  });
  return { root: content.descriptor, contents: [content] };
}

function partOf({ source, root, entries }: Listed): Part {
  return { source, roots: [root, ...entries.map(({ descriptor }) => descriptor)] };
}

function noIndex(): RegError {
  return new RegError('INVALID_ARGUMENT', 'it is one image, and no index', {
    hint: 'Make an index of it and others with "reg index create".',
  });
}
