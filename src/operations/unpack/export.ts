/**
 * `reg export`: the file system of an image as one tar.
 *
 *     layers ──headers──▶ the tree that they make, in memory ──▶ which file of which layer is there in the end
 *     layers, again ────▶ the files that are ──▶ one tar
 *
 * Twice, because what a lower layer has decides where things of an upper one go (through links) and which content a hard
 * link has; so nothing is written before all of it is verified. What comes from a registry is kept on disk meanwhile.
 */

import { tmpdir } from 'node:os';
import type { Writable } from 'node:stream';

import { chunksUntilAborted } from '../../content/abort.js';
import { thenRelease } from '../../content/release.js';
import type { CallOptions } from '../../content/types.js';
import { verified } from '../../content/verify.js';
import { requireFreeSpace } from '../../disk/free-space.js';
import { Scratch } from '../../disk/scratch.js';
import { thisProcess } from '../../disk/this-process.js';
import { explain } from '../../errors.js';
import { flatten } from '../../rootfs/flatten.js';
import { MemoryTree } from '../../rootfs/memory-tree.js';
import type { Digest } from '../../spec/digest.js';
import { cleanText } from '../../spec/text.js';
import { layerEntries } from '../../tar/layer.js';
import { Quota } from '../../tar/quota.js';
import { openFileTarget, streamTarget } from '../../tar/target.js';
import { TarWriter } from '../../tar/writer.js';
import { applyLayers, follow, sizeOf, type ReadLayersOptions } from './apply-layers.js';
import { readImageLayers, type ImageLayer } from './image-layers.js';
import { parsePlace } from '../places/place.js';
import { openSource } from '../places/source-place.js';

/** A file by its path, or a stream such as the standard output. */
export type ExportTarget = string | (Writable & { readonly isTTY?: boolean });

export interface ExportResult {
  /** Full reference or tag of the image; absent where it has none. */
  readonly name?: string;
  /** Of the manifest of the image. */
  readonly digest: Digest;
}

/**
 * Writes the file system of the image at a place as one tar, the same bytes each time; a file appears when it is whole.
 * Throws INVALID_ARGUMENT for a terminal, UNSAFE_ARCHIVE, DIGEST_MISMATCH, TOO_LARGE, STORE_LOCKED, DISK_FULL, DISK_ERROR,
 * UNSUPPORTED for what is no image, and as `openPlace`.
 */
export async function exportRootfs(
  image: string,
  to: ExportTarget,
  options: ReadLayersOptions,
): Promise<ExportResult> {
  const target = typeof to === 'string' ? await openFileTarget(to, thisProcess) : streamTarget(to);
  const scratch = new Scratch(options.temporaryFolder ?? tmpdir());
  const write = async (): Promise<ExportResult> => {
    const tar = new TarWriter(target);
    const result = await writeImage(tar, { ...options, image, scratch });
    await tar.end();
    await target.finish();
    return result;
  };
  try {
    return await thenRelease(
      write,
      () => scratch.close(),
      () => target.discard(),
    );
  } catch (error) {
    throw explain(error, `cannot export ${cleanText(image)}`, { side: 'source' });
  }
}

interface Work extends ReadLayersOptions {
  readonly image: string;
  readonly scratch: Scratch;
}

async function writeImage(tar: TarWriter, { image, scratch, ...options }: Work): Promise<ExportResult> {
  const { maxBytes, onEvent, signal } = options;
  const opened = await openSource(await parsePlace(image), options);
  try {
    const { root, name } = await opened.image();
    const { digest, layers } = await readImageLayers({ ...opened, root }, { ...options, name: image });
    const { followed, onDone } = follow(layers, onEvent);
    const isNear = opened.place.kind !== 'registry';
    const kept = isNear ? layers : await keep(followed, { scratch, ...options });
    const tree = new MemoryTree();
    await applyLayers(tree, isNear ? followed : kept, {
      maxBytes,
      signal,
      onBegin: (layer) => (tree.layer = layer),
    });
    await flatten(tar, { tree, layers: kept.map((layer) => () => openAgain(layer, { signal })) });
    layers.forEach((_, layer) => onDone(layer));
    return { ...(name === undefined ? {} : { name }), digest };
  } finally {
    await opened.close();
  }
}

/** What is far away is read from there once. */
async function keep(
  layers: readonly ImageLayer[],
  { scratch, temporaryFolder = tmpdir(), signal }: Omit<Work, 'image'>,
): Promise<readonly ImageLayer[]> {
  await requireFreeSpace(temporaryFolder, sizeOf(layers));
  const kept: ImageLayer[] = [];
  for (const { content, diffId } of layers) {
    const { descriptor } = content;
    const chunks = chunksUntilAborted(await content.open({ signal }), signal);
    const region = await scratch.append(verified(descriptor, chunks));
    kept.push({ diffId, content: { descriptor, open: (options) => region.open(options) } });
  }
  return kept;
}

/** What was within bounds the first time is within them again. */
function openAgain(
  { content, diffId }: ImageLayer,
  { signal }: CallOptions,
): ReturnType<typeof layerEntries> {
  return layerEntries(content, { diffId, signal, quota: new Quota({ maxBytes: Number.MAX_SAFE_INTEGER }) });
}
