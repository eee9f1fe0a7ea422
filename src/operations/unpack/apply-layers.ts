/** The layers of an image into a tree, as `reg unpack` and `reg export` both do it. */

import type { CopyListener } from '../../content/events.js';
import type { CallOptions } from '../../content/types.js';
import { watched } from '../../content/watched.js';
import { applyLayer } from '../../rootfs/apply.js';
import type { Tree } from '../../rootfs/tree.js';
import type { Platform } from '../../spec/platform.js';
import { layerEntries } from '../../tar/layer.js';
import { Quota } from '../../tar/quota.js';
import type { ImageLayer } from './image-layers.js';
import type { Ends } from '../places/open-source.js';

export interface ReadLayersOptions extends Ends {
  /** Which image of an index; default: for this machine. */
  readonly platform?: Platform | undefined;
  /** Most bytes that the layers may unpack to; default: 200 times what they are, and in any case a gigabyte. */
  readonly maxBytes?: number | undefined;
  readonly onEvent?: CopyListener | undefined;
}

export interface ApplyOptions extends CallOptions, Pick<ReadLayersOptions, 'maxBytes'> {
  /** Told the number of each layer before it is applied, and after. */
  readonly onBegin?: (layer: number) => void;
  readonly onDone?: (layer: number) => void;
}

/** All layers, the lowest first, each read once and verified to its last byte. Throws as `applyLayer`. */
export async function applyLayers(
  tree: Tree,
  layers: readonly ImageLayer[],
  { maxBytes, onBegin, onDone, signal }: ApplyOptions,
): Promise<void> {
  const quota = new Quota({ maxBytes });
  for (const [number, { content, diffId }] of layers.entries()) {
    onBegin?.(number);
    await applyLayer(tree, layerEntries(content, { diffId, quota, signal }));
    onDone?.(number);
  }
}

/** Layers that tell how far they are read, and what tells that one is done. */
export function follow(
  layers: readonly ImageLayer[],
  onEvent: CopyListener = () => {},
): { readonly followed: readonly ImageLayer[]; readonly onDone: (layer: number) => void } {
  for (const { content } of layers) onEvent({ type: 'found', descriptor: content.descriptor });
  const followed = layers.map(({ content, diffId }) => {
    const { descriptor } = content;
    const onPosition = (position: number): void => onEvent({ type: 'progress', descriptor, position });
    return { diffId, content: watched(content, onPosition) };
  });
  const onDone = (layer: number): void => {
    const descriptor = layers[layer]?.content.descriptor;
    if (descriptor !== undefined) onEvent({ type: 'done', descriptor, outcome: 'written' });
  };
  return { followed, onDone };
}

/** Length of all layers in bytes, as they are stored. */
export function sizeOf(layers: readonly ImageLayer[]): number {
  return layers.reduce((sum, { content }) => sum + content.descriptor.size, 0);
}
