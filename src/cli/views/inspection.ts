/** What `reg inspect` shows to people: sections, each with aligned columns. */

import type { IndexEntry, InspectedImage, Inspection, LayerSummary } from '../../operations/look/inspect.js';
import { shortDigest } from '../../spec/digest.js';
import { isIndexType, layerTypeName } from '../../spec/media-type.js';
import { formatBytes } from '../units/bytes.js';
import { formatCommand } from './command-line.js';
import { layRows, lineOf, span, type Line, type Span } from '../output/layout.js';

/** The longest name is `Environment`, so that the values of all sections stand in one column. */
const NAME_WIDTH = 13;

const GAP = '  ';

/** A name, and what there is to say: nothing, one line, or several. */
type Fact = readonly [name: string, value: string | readonly string[] | undefined];

export function describeInspection(inspection: Inspection): readonly Line[] {
  const { reference, digest, annotations, manifests, image } = inspection;
  return [
    lineOf(reference),
    ...facts([
      ['Digest', digest],
      ['Type', kindOf(inspection)],
      ['Annotations', pairs(annotations)],
    ]),
    ...(manifests === undefined ? [] : [[], lineOf('Platforms'), ...platforms(manifests, image)]),
    ...(image === undefined ? [] : describeImage(image)),
  ];
}

function describeImage(image: InspectedImage): readonly Line[] {
  const { config, layers, platform } = image;
  return [
    [],
    lineOf(platform === undefined ? titleOf(image) : `Image ${platform}`),
    ...facts([
      ['Digest', image.digest],
      ['Size', `${formatBytes(image.size)} in ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}`],
      ['Artifact', image.artifactType],
      ['Created', config.created],
      ['Author', config.author],
      ['Entrypoint', commandOf(config.entrypoint)],
      ['Command', commandOf(config.cmd)],
      ['Directory', config.workingDir],
      ['User', config.user],
      ['Ports', config.exposedPorts?.join(', ')],
      ['Volumes', config.volumes],
      ['Environment', config.env],
      ['Labels', pairs(config.labels)],
      ['Stop signal', config.stopSignal],
    ]),
    [],
    lineOf('Layers'),
    ...layRows(layers.map(layerRow), { gap: GAP, right: [1] }),
  ];
}

/** What is absent or empty is not shown. */
function facts(all: readonly Fact[]): readonly Line[] {
  const rows = all.flatMap(([name, value]) => {
    const lines = value === undefined ? [] : [value].flat();
    return lines.map((line, position) => [
      { text: `  ${position === 0 ? name : ''}`.padEnd(NAME_WIDTH), tone: 'faint' as const },
      span(line),
    ]);
  });
  return layRows(rows, { gap: GAP });
}

/** One line for each image, the one described below marked, and a count of what is no image. */
function platforms(entries: readonly IndexEntry[], image: InspectedImage | undefined): readonly Line[] {
  const images = entries.filter((entry) => entry.platform !== undefined);
  const rows = images.map(({ platform = '', digest }) => [
    indented(platform),
    span(shortDigest(digest)),
    span(digest === image?.digest ? 'shown below' : '', 'accent'),
  ]);
  const others = entries.length - images.length;
  const count = `  and ${others} ${others === 1 ? 'entry' : 'entries'} without a platform, such as attestations`;
  return [...layRows(rows, { gap: GAP }), ...(others === 0 ? [] : [lineOf(count)])];
}

function layerRow({ digest, size, mediaType }: LayerSummary): Line {
  return [indented(shortDigest(digest)), span(formatBytes(size)), span(layerTypeName(mediaType))];
}

function indented(text: string): Span {
  return { text: `  ${span(text).text}` };
}

function kindOf({ mediaType, image }: Inspection): string {
  if (isIndexType(mediaType)) return `index of several images (${mediaType})`;
  return `${titleOf(image).toLowerCase()} (${mediaType})`;
}

function titleOf(image: InspectedImage | undefined): string {
  return image?.artifactType === undefined ? 'Image' : 'Artifact';
}

function commandOf(words: readonly string[] | undefined): string | undefined {
  return words === undefined ? undefined : formatCommand(words);
}

function pairs(map: Readonly<Record<string, string>> | undefined): readonly string[] | undefined {
  return map === undefined ? undefined : Object.entries(map).map(([key, value]) => `${key}=${value}`);
}
