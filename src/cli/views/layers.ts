/** What `reg layers` shows to people: a line for each layer, with a bar as long as it is large. */

import type { ImageLayer } from '../../operations/look/layers.js';
import { hexOf } from '../../spec/digest.js';
import { layerTypeName } from '../../spec/media-type.js';
import { formatBytes } from '../units/bytes.js';
import { layTable, lineOf, span, type Line } from '../output/layout.js';
import type { Page } from '../output/page.js';
import { sizeBar } from './size-bar.js';

const MAX_BAR = 30;

/** What a line takes beside its bar, about: number, digest, size and type. */
const OTHERS = 46;

interface LayersViewOptions extends Pick<Page, 'width' | 'style'> {
  /** Digests as they are. */
  readonly isWhole: boolean;
}

export function describeLayers(
  layers: readonly ImageLayer[],
  { width, style, isWhole }: LayersViewOptions,
): readonly Line[] {
  const most = layers.reduce((size, layer) => Math.max(size, layer.size), 0);
  const columns = Math.max(0, Math.min(MAX_BAR, width - OTHERS - (isWhole ? 59 : 0)));
  const rows = layers.map(({ index, digest, size, mediaType }) => [
    span(String(index)),
    span(isWhole ? digest : hexOf(digest).slice(0, 12)),
    span(formatBytes(size)),
    ...(columns === 0 ? [] : [span(sizeBar({ part: size, most }, { ...style, columns }), 'accent')]),
    span(layerTypeName(mediaType)),
  ]);
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  return [
    ...layTable(
      [
        { head: '#', isRight: true },
        { head: 'LAYER' },
        { head: 'SIZE', isRight: true },
        ...(columns === 0 ? [] : [{ head: '' }]),
        { head: 'TYPE' },
      ],
      rows,
      { width },
    ),
    lineOf(`${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}, ${formatBytes(total)}`),
  ];
}
