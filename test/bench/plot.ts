/** Draws lines through points as SVG: a small chart of one quantity against another, for light and for dark pages. */

export interface Chart {
  readonly title: string;
  /** Where and when; one line. */
  readonly subtitle: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly label: string;
  /** A value with its unit. */
  readonly format: (value: number) => string;
  /** Decades are of equal length; else it begins at 0. Default false. */
  readonly isLogarithmic?: boolean;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** What the others are to be read against, and was not measured. Default false. */
  readonly isReference?: boolean;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const WIDTH = 560;
const HEIGHT = 350;
const FRAME = { left: 72, right: 100, top: 74, bottom: 48 };
const BOTTOM = HEIGHT - FRAME.bottom;
const RIGHT = WIDTH - FRAME.right;

/** Names at the ends of lines are so far apart. */
const LINE_HEIGHT = 15;

/** Of the first series and those after it, on a light and on a dark page: of one brightness, and told apart by those who see no red. */
const COLOURS = [
  ['#0a58ca', '#6ea8fe'],
  ['#b3541e', '#ff9f5a'],
  ['#2e7d32', '#69c46d'],
  ['#7b3fa0', '#c792ea'],
  ['#7a6a00', '#d9c04a'],
] as const;

export function drawChart({ title, subtitle, x, y, series }: Chart): string {
  const points = series.flatMap((one) => one.points);
  const across = createScale(x, { values: points.map((point) => point.x), from: FRAME.left, to: RIGHT });
  const up = createScale(y, { values: points.map((point) => point.y), from: BOTTOM, to: FRAME.top });
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${styles()}</style>`,
    `<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8"/>`,
    text(title, { x: 16, y: 26, of: 'title' }),
    text(subtitle, { x: 16, y: 43, of: 'note' }),
    text(y.label, { x: 16, y: FRAME.top - 12, of: 'note' }),
    text(x.label, { x: (FRAME.left + RIGHT) / 2, y: HEIGHT - 12, of: 'note middle' }),
    ...up.marks.flatMap((mark) => [
      line([FRAME.left, up.at(mark)], [RIGHT, up.at(mark)]),
      text(y.format(mark), { x: FRAME.left - 8, y: up.at(mark) + 4, of: 'mark end' }),
    ]),
    ...across.marks.flatMap((mark) => [
      line([across.at(mark), BOTTOM], [across.at(mark), BOTTOM + 4]),
      text(x.format(mark), { x: across.at(mark), y: BOTTOM + 18, of: 'mark middle' }),
    ]),
    ...drawSeries(series, { across, up }),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

/** Whether the page is dark is what the reader's system says, so the chart brings its own background. */
function styles(): string {
  return [
    'text{font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}',
    'text.title{font-size:14px;font-weight:600}text.first{font-weight:600}text.note,text.mark{font-size:11px}',
    '.middle{text-anchor:middle}.end{text-anchor:end}',
    'polyline{fill:none;stroke-width:1.75;stroke-linejoin:round}polyline.first{stroke-width:2.75}',
    'polyline.reference{stroke-dasharray:3 4}',
    palette({
      page: '#ffffff',
      border: '#d0d7de',
      ink: '#1f2328',
      faint: '#59636e',
      grid: '#e4e8ec',
      tone: 0,
    }),
    '@media(prefers-color-scheme:dark){',
    palette({
      page: '#0d1117',
      border: '#3d444d',
      ink: '#f0f6fc',
      faint: '#9198a1',
      grid: '#2a313c',
      tone: 1,
    }),
    '}',
  ].join('\n');
}

interface Palette {
  readonly page: string;
  readonly border: string;
  readonly ink: string;
  readonly faint: string;
  readonly grid: string;
  /** Which of each pair of colours. */
  readonly tone: 0 | 1;
}

function palette({ page, border, ink, faint, grid, tone }: Palette): string {
  const colours = [...COLOURS.map((pair, at) => [`s${at}`, pair[tone]]), ['reference', faint]];
  return [
    `.page{fill:${page};stroke:${border}}.title{fill:${ink}}.note,.mark{fill:${faint}}line{stroke:${grid}}`,
    ...colours.map(
      ([of, colour]) => `polyline.${of}{stroke:${colour}}circle.${of},text.${of}{fill:${colour}}`,
    ),
  ].join('\n');
}

function drawSeries(
  series: readonly Series[],
  { across, up }: { readonly across: Scale; readonly up: Scale },
): readonly string[] {
  const lanes = series.map(({ name, points, isReference = false }, position) => ({
    name,
    isReference,
    of: isReference ? 'reference' : `s${position % COLOURS.length}${position === 0 ? ' first' : ''}`,
    places: points
      .toSorted((one, other) => one.x - other.x)
      .map((point): Place => [across.at(point.x), up.at(point.y)]),
  }));
  const heights = spreadOut(lanes.map(({ places }) => places.at(-1)?.[1] ?? BOTTOM));
  // The first one last, so that no other lies over it.
  return lanes
    .map(({ name, isReference, of, places }, position) => [
      `<polyline class="${of}" points="${places.map((place) => place.join(',')).join(' ')}"/>`,
      ...(isReference
        ? []
        : places.map(([cx, cy]) => `<circle class="${of}" cx="${cx}" cy="${cy}" r="2.5"/>`)),
      text(name, { x: (places.at(-1)?.[0] ?? RIGHT) + 9, y: (heights[position] ?? BOTTOM) + 4, of }),
    ])
    .toReversed()
    .flat();
}

type Place = readonly [number, number];

/** Heights as near to these as they may be without two names lying over each other. */
function spreadOut(heights: readonly number[]): readonly number[] {
  const order = [...heights.keys()].sort((one, other) => (heights[one] ?? 0) - (heights[other] ?? 0));
  const spread = [...heights];
  let free = Number.NEGATIVE_INFINITY;
  for (const at of order) {
    spread[at] = Math.max(heights[at] ?? 0, free);
    free = (spread[at] ?? 0) + LINE_HEIGHT;
  }
  // What was pushed below the frame comes up again, and pushes those above it.
  let most = BOTTOM;
  for (const at of order.toReversed()) {
    spread[at] = Math.min(spread[at] ?? 0, most);
    most = (spread[at] ?? 0) - LINE_HEIGHT;
  }
  return spread;
}

/** Where a value lies on an axis, and which values have a mark there. */
interface Scale {
  readonly at: (value: number) => number;
  readonly marks: readonly number[];
}

interface Span {
  readonly values: readonly number[];
  readonly from: number;
  readonly to: number;
}

function createScale({ isLogarithmic = false }: Axis, { values, from, to }: Span): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const place = isLogarithmic ? Math.log10 : (value: number): number => value;
  const marks = isLogarithmic ? rounds(least, most) : steps(most);
  const first = isLogarithmic ? place(Math.min(least, marks[0] ?? least)) : 0;
  const last = place(Math.max(most, marks.at(-1) ?? most));
  return { marks, at: (value) => round(from + ((place(value) - first) / (last - first)) * (to - from)) };
}

/** Powers of ten; with 2 and 5 of each where there are few of them. */
function rounds(least: number, most: number): readonly number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const factors = last - first > 3 ? [1] : [1, 2, 5];
  const all = Array.from({ length: last - first + 1 }, (_, decade) =>
    factors.map((factor) => factor * 10 ** (first + decade)),
  ).flat();
  const below = all.filter((mark) => mark <= least).at(-1) ?? least;
  const above = all.find((mark) => mark >= most) ?? most;
  return all.filter((mark) => mark >= below && mark <= above);
}

/** From 0 on in four to eight round steps. */
function steps(most: number): readonly number[] {
  const rough = 10 ** Math.floor(Math.log10(most));
  const step = [rough / 5, rough / 2, rough].find((size) => most / size <= 8) ?? rough * 2;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, count) =>
    Number((count * step).toPrecision(6)),
  );
}

function text(
  words: string,
  { x, y, of }: { readonly x: number; readonly y: number; readonly of: string },
): string {
  return `<text class="${of}" x="${round(x)}" y="${round(y)}">${escape(words)}</text>`;
}

function line([x1, y1]: Place, [x2, y2]: Place): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
