/** `reg history`: the steps by which an image was made, with the layers that they made. */

import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { parseHistory, type HistoryEntry } from '../../spec/image-config.js';
import { isImageConfigType } from '../../spec/media-type.js';
import { lookAt, platformText, readConfigBytes, readImage, type LookOptions, type Names } from './look-at.js';

export interface ImageHistory extends Names {
  /** Of the one image, when it was chosen from an index. */
  readonly digest: Digest;
  readonly platform?: string;
  /** The newest first, as docker has it. */
  readonly steps: readonly HistoryStep[];
}

export interface HistoryStep {
  /** RFC 3339, as the image says. */
  readonly created?: string;
  /** The command. */
  readonly createdBy?: string;
  readonly author?: string;
  readonly comment?: string;
  /** It changed the config alone. */
  readonly isEmpty: boolean;
  /** Of its layer; absent where it made none, and where the image has fewer layers than its history says. */
  readonly digest?: Digest;
  /** Length in bytes of the layer, compressed as it is; 0 for an empty one. */
  readonly size?: number;
}

/**
 * How an image was made, step after step, the newest first, each with the layer that came of it. Costs two or three small
 * requests. Throws NOT_FOUND, PLATFORM_NOT_FOUND, INVALID_MANIFEST and what the place throws.
 */
export function readHistory(image: string, options: LookOptions): Promise<ImageHistory> {
  return lookAt(image, { ...options, verb: 'read the history of' }, async (looked) => {
    const { descriptor, manifest } = await readImage(looked, options);
    const { mediaType } = manifest.config;
    const hasHistory = isImageConfigType(mediaType);
    const entries = hasHistory ? parseHistory(await readConfigBytes(looked.source, manifest, options)) : [];
    return {
      ...looked.names,
      digest: descriptor.digest,
      ...platformText(descriptor.platform),
      steps: joinLayers(entries, manifest.layers).toReversed(),
    };
  });
}

/** Each step that is not empty made the next layer; what either has too much of stands by itself. */
function joinLayers(entries: readonly HistoryEntry[], layers: readonly Descriptor[]): readonly HistoryStep[] {
  let next = 0;
  const steps = entries.map((entry): HistoryStep => {
    if (entry.isEmpty) return { ...known(entry), isEmpty: true, size: 0 };
    const layer = layers[next];
    next += 1;
    return { ...known(entry), isEmpty: false, ...partOf(layer) };
  });
  return [...steps, ...layers.slice(next).map((layer) => ({ isEmpty: false, ...partOf(layer) }))];
}

function partOf(layer: Descriptor | undefined): Pick<HistoryStep, 'digest' | 'size'> {
  return layer === undefined ? {} : { digest: layer.digest, size: layer.size };
}

function known({ created, createdBy, author, comment }: HistoryEntry): Omit<HistoryStep, 'isEmpty'> {
  return {
    ...(created === undefined ? {} : { created }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(author === undefined ? {} : { author }),
    ...(comment === undefined ? {} : { comment }),
  };
}
