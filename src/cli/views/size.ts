/** What `reg size` shows to people: a line for each platform, and what it comes to. */

import type { ImageSize, ManifestSize, SizeReport } from '../../operations/look/size.js';
import { formatBytes } from '../units/bytes.js';
import { layTable, lineOf, span, type Line } from '../output/layout.js';

const COLUMNS = [
  { head: 'PLATFORM' },
  { head: 'LAYERS', isRight: true },
  { head: 'SIZE', isRight: true },
] as const;

/** Images have a line of their own, where there are several. */
export function describeSizes({ images, size }: SizeReport): readonly Line[] {
  const isOne = images.length === 1;
  const groups = images.map((image) => rowsOf(image, isOne ? '' : '  '));
  const [head = [], ...lines] = layTable(COLUMNS, groups.flat());
  let next = 0;
  const body = groups.flatMap((rows, at) => {
    const own = lines.slice(next, (next += rows.length));
    return isOne ? own : [lineOf(images[at]?.familiar ?? ''), ...own];
  });
  return [head, ...body, lineOf(totalOf(images, size))];
}

function totalOf(images: readonly ImageSize[], size: number): string {
  const apart = images.flatMap(({ manifests }) => manifests).reduce((bytes, each) => bytes + each.size, 0);
  const what = images.length === 1 ? '' : ` in ${images.length} images`;
  // The indexes themselves are in the size only.
  const shared = apart > size ? ` (${formatBytes(apart)} if nothing were shared)` : '';
  return `Total: ${formatBytes(size)}${what}${shared}`;
}

function rowsOf({ manifests }: ImageSize, indent: string): readonly Line[] {
  const attestations = manifests.filter(({ kind }) => kind === 'attestation');
  const others = manifests.filter(({ kind }) => kind !== 'attestation');
  return [
    ...others.map((each) => rowOf(each, indent)),
    ...(attestations.length === 0 ? [] : [rowOfAll(attestations, indent)]),
  ];
}

function rowOf({ platform, kind, layers, size, isMissing }: ManifestSize, indent: string): Line {
  const first = { text: indent + span(platform ?? kind).text };
  if (isMissing) return [first, span('-'), span('missing', 'bad')];
  return [first, span(String(layers)), span(formatBytes(size))];
}

function rowOfAll(attestations: readonly ManifestSize[], indent: string): Line {
  const layers = attestations.reduce((sum, each) => sum + each.layers, 0);
  const size = attestations.reduce((sum, each) => sum + each.size, 0);
  return [{ text: `${indent}attestations` }, span(String(layers)), span(formatBytes(size))];
}
