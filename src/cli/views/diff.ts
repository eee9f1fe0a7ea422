/** What `reg diff` shows to people, marked as every diff is: `-` for the first image, `+` for the second. */

import type { ConfigChange } from '../../operations/look/config-diff.js';
import type { DiffSide, ImageDiff, LayerChange, PlatformChange } from '../../operations/look/diff.js';
import { hexOf, shortDigest } from '../../spec/digest.js';
import { isObject } from '../../spec/json.js';
import { layerTypeName } from '../../spec/media-type.js';
import { formatBytes } from '../units/bytes.js';
import { formatCommand } from './command-line.js';
import { layRows, lineOf, span, type Line, type Row, type Tone } from '../output/layout.js';

const TONES: Readonly<Record<Mark, Tone | undefined>> = {
  '-': 'bad',
  '+': 'good',
  '=': 'faint',
  '~': 'accent',
};

/** What a field of the config is called. */
const NAMES: Readonly<Record<string, string>> = {
  annotations: 'Annotation',
  architecture: 'Architecture',
  config: 'Config',
  author: 'Author',
  created: 'Created',
  os: 'System',
  variant: 'Variant',
  'config.Cmd': 'Command',
  'config.Entrypoint': 'Entrypoint',
  'config.Env': 'Environment',
  'config.ExposedPorts': 'Port',
  'config.Labels': 'Label',
  'config.StopSignal': 'Stop signal',
  'config.User': 'User',
  'config.Volumes': 'Volume',
  'config.WorkingDir': 'Directory',
};

type Mark = '-' | '+' | '=' | '~';

const MARKS = { removed: '-', added: '+', same: '=', changed: '~' } as const;

/** Nothing is cut: what differs may stand at the end of a line. */
export function describeDiff(diff: ImageDiff): readonly Line[] {
  const { from, to, platforms = [], config, layers, isEqual } = diff;
  if (isEqual) return [lineOf(`Both are ${from.digest}`)];
  const which = to.image?.platform ?? from.image?.platform;
  const of = which === undefined ? '' : ` of ${which}`;
  return [
    ...layRows([sideRow('-', from), sideRow('+', to)], { gap: '  ' }),
    ...section('Platforms', platforms.map(platformRow)),
    ...section(`Config${of}`, config.flatMap(configRows)),
    ...section(`Layers${of}`, layers.map(layerRow), [1]),
    ...(layers.length === 0 ? [] : [lineOf(sumOf(layers))]),
  ];
}

function section(title: string, rows: readonly Row[], right: readonly number[] = []): readonly Line[] {
  return rows.length === 0 ? [] : [[], lineOf(title), ...layRows(rows, { gap: '  ', right })];
}

function sideRow(mark: '-' | '+', { familiar, digest }: DiffSide): Row {
  return marked(mark, [familiar, shortDigest(digest)]);
}

function platformRow({ platform, change, from, to }: PlatformChange): Row {
  const digests = [from, to].filter((digest) => digest !== undefined).map((digest) => shortDigest(digest));
  return marked(MARKS[change], [
    platform,
    change === 'same' ? digests.slice(1).join('') : digests.join(' to '),
  ]);
}

function configRows({ field, key, from, to }: ConfigChange): readonly Row[] {
  const name = NAMES[field] ?? field;
  return [
    ...(from === undefined ? [] : [marked('-', [name, valueText(key, from)])]),
    ...(to === undefined ? [] : [marked('+', [name, valueText(key, to)])]),
  ];
}

/** `KEY=value`; of what only has a name, the name. */
function valueText(key: string | undefined, value: unknown): string {
  const text =
    typeof value === 'string' ? value : isStrings(value) ? formatCommand(value) : JSON.stringify(value);
  if (key === undefined) return text;
  return isObject(value) ? key : `${key}=${text}`;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function layerRow({ change, digest, size, mediaType }: LayerChange): Row {
  const cells = [hexOf(digest).slice(0, 12), formatBytes(size), layerTypeName(mediaType)];
  return marked(MARKS[change], cells);
}

function sumOf(layers: readonly LayerChange[]): string {
  const words = { same: 'shared', removed: 'removed', added: 'added' } as const;
  const parts = (['same', 'removed', 'added'] as const).flatMap((kind) => {
    const all = layers.filter(({ change }) => change === kind);
    const bytes = all.reduce((sum, { size }) => sum + size, 0);
    return all.length === 0 ? [] : [`${all.length} ${words[kind]} (${formatBytes(bytes)})`];
  });
  return `Layers: ${parts.join(', ')}`;
}

/** A row in the colour of its mark, which stands before the first cell. */
function marked(mark: Mark, [first = '', ...rest]: readonly string[]): Row {
  const tone = TONES[mark];
  return [span(`${mark} ${first}`, tone), ...rest.map((text) => span(text, tone))];
}
