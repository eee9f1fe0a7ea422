/**
 * The files of an image: its layers from the top down, as many as it takes.
 *
 *     image ──▶ layers ──▶ entries of each ──▶ the view of all, or of the upper ones
 */

import { tmpdir } from 'node:os';

import { throwIfAborted } from '../../content/abort.js';
import { createLimit } from '../../content/limit.js';
import type { CopyListener } from '../../content/events.js';
import type { Content } from '../../content/types.js';
import { Holder } from '../../disk/holder.js';
import { RegError } from '../../errors.js';
import { IMPLICIT_FOLDER } from '../../rootfs/tree.js';
import { View } from '../../rootfs/view.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import type { ImageManifest } from '../../spec/manifest.js';
import { isForeignLayerType } from '../../spec/media-type.js';
import { quoteText } from '../../spec/text.js';
import { Quota } from '../../tar/quota.js';
import { readImage, type Looked, type LookOptions } from '../look/look-at.js';
import { openLayer, type LayerFile, type OpenLayerOptions } from './open-layer.js';

/** Layers that are read at once. */
const CONCURRENCY = 4;

const { mode, uid, gid } = IMPLICIT_FOLDER;

/** A folder that no layer describes. */
export const UNDESCRIBED = { type: 'directory', mode, uid, gid, size: 0 } as const;

const LAYER = /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./;

export interface FilesOptions extends LookOptions {
  /**
   * Read layers from end to end, and never by their tables of contents. Default false. A table is verified, but it is what
   * its maker says of the layer: a program that runs the image may unpack something else.
   */
  readonly whole?: boolean | undefined;
  /** Most bytes that layers may unpack to where they are read from end to end; default: 200 times what they are. */
  readonly maxBytes?: number | undefined;
  /** Told of layers that are read from end to end. */
  readonly onEvent?: CopyListener | undefined;
}

/** What is read of layers in one go, over several images too. */
export class LayerReader {
  readonly #options: FilesOptions & Pick<OpenLayerOptions, 'needsDigests'>;
  readonly #holder: Holder;
  readonly #quota: Quota;
  readonly #limit = createLimit(CONCURRENCY);
  readonly #stop = new AbortController();
  /** By digest: some images have one layer several times, and two may have one in common. */
  readonly #opened = new Map<Digest, Promise<readonly LayerFile[]>>();

  constructor(options: FilesOptions & Pick<OpenLayerOptions, 'needsDigests'>) {
    this.#options = options;
    this.#quota = new Quota(options);
    this.#holder = new Holder(options.temporaryFolder ?? tmpdir());
  }

  /** The entries of a layer. `wanted` counts the first time. The first failure ends all reading. Throws as `openLayer`. */
  open(content: Content, wanted?: OpenLayerOptions['wanted']): Promise<readonly LayerFile[]> {
    const { digest } = content.descriptor;
    const known = this.#opened.get(digest);
    if (known !== undefined) return known;
    const opened = this.#limit(() => this.#read(content, wanted));
    this.#opened.set(digest, opened);
    return opened;
  }

  async #read(content: Content, wanted: OpenLayerOptions['wanted']): Promise<readonly LayerFile[]> {
    const { onEvent, onNotice, signal: outer, whole, needsDigests } = this.#options;
    const signal = AbortSignal.any(outer === undefined ? [this.#stop.signal] : [outer, this.#stop.signal]);
    throwIfAborted(signal);
    const common = { holder: this.#holder, quota: this.#quota, signal, onEvent, onNotice };
    try {
      return await openLayer(content, { ...common, wanted, whole, needsDigests });
    } catch (error) {
      this.#stop.abort(error);
      throw error;
    }
  }

  /** Resolves when nothing is being read any more. What was opened can't be read then. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#opened.values());
    await this.#holder.close();
  }
}

/** The layers of the image that is meant, the lowest first. Throws UNSUPPORTED for what is no image. */
export async function layersOf(
  looked: Pick<Looked, 'source' | 'root' | 'names'>,
  options: LookOptions,
): Promise<readonly Content[]> {
  const { manifest } = await readImage(looked, options);
  requireImage(manifest);
  return manifest.layers.map((layer) => looked.source.get(layer));
}

function requireImage({ layers }: ImageManifest): void {
  for (const { digest, mediaType, urls } of layers) {
    if (!LAYER.test(mediaType))
      throw new RegError('UNSUPPORTED', `it is not an image: it holds ${quoteText(mediaType)}`, { digest });
    if (urls !== undefined && isForeignLayerType(mediaType))
      throw new RegError('UNSUPPORTED', `${shortDigest(digest)}, one of its layers, is kept elsewhere`, {
        digest,
      });
  }
}

/** The view of all layers, which are read side by side. */
export async function viewAll(layers: readonly Content[], reader: LayerReader): Promise<View<LayerFile>> {
  const opened = await Promise.all(layers.map((layer) => reader.open(layer)));
  const view = new View<LayerFile>({ isWhole: true });
  for (const entries of opened) view.add(entries);
  return view;
}

/** `path` as entries have theirs: no slash at either end, no empty parts. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
}
