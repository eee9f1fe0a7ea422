/** Draws lines through points as SVG: a small chart of one quantity against another, for reading in a browser. */

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

interface Axis {
  readonly label: string;
  /** Decades are of equal length. Default false. */
  readonly isLogarithmic?: boolean;
}

const WIDTH = 640;
const HEIGHT = 360;
const FRAME = { left: 70, right: 20, top: 44, bottom: 56 };
const COLOURS = ['#0b6e99', '#c4572e', '#5b8c2a', '#7d4fa3', '#8a6d1d'];

/** Where a value lies on an axis, and which values have a mark there. */
interface Scale {
  readonly at: (value: number) => number;
  readonly marks: readonly number[];
}

export function drawChart({ title, x, y, series }: Chart): string {
  const points = series.flatMap((one) => one.points);
  const across = createScale(x, {
    values: points.map((point) => point.x),
    from: FRAME.left,
    to: WIDTH - FRAME.right,
  });
  const up = createScale(y, {
    values: points.map((point) => point.y),
    from: HEIGHT - FRAME.bottom,
    to: FRAME.top,
  });
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(title, { x: FRAME.left, y: 20, size: 14 }),
    ...across.marks.flatMap((mark) => [
      line([across.at(mark), HEIGHT - FRAME.bottom], [across.at(mark), FRAME.top]),
      text(formatMark(mark), { x: across.at(mark), y: HEIGHT - FRAME.bottom + 18, anchor: 'middle' }),
    ]),
    ...up.marks.flatMap((mark) => [
      line([FRAME.left, up.at(mark)], [WIDTH - FRAME.right, up.at(mark)]),
      text(formatMark(mark), { x: FRAME.left - 8, y: up.at(mark) + 4, anchor: 'end' }),
    ]),
    text(x.label, { x: (FRAME.left + WIDTH - FRAME.right) / 2, y: HEIGHT - 14, anchor: 'middle' }),
    text(y.label, { x: FRAME.left, y: FRAME.top - 8 }),
    ...series.flatMap((one, position) => drawSeries(one, { across, up, position })),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function drawSeries(
  { name, points }: Series,
  { across, up, position }: { readonly across: Scale; readonly up: Scale; readonly position: number },
): readonly string[] {
  const colour = COLOURS[position % COLOURS.length] ?? '#000000';
  const places = points
    .toSorted((one, other) => one.x - other.x)
    .map((point): [number, number] => [round(across.at(point.x)), round(up.at(point.y))]);
  // Most things grow, so that the upper left is free.
  const legend = { x: FRAME.left + 10, y: FRAME.top + 16 * (position + 1), fill: colour };
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map((place) => place.join(',')).join(' ')}"/>`,
    ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`),
    text(name, legend),
  ];
}

function createScale(
  { isLogarithmic = false }: Axis,
  { values, from, to }: { readonly values: readonly number[]; readonly from: number; readonly to: number },
): Scale {
  const most = Math.max(...values);
  const marks = isLogarithmic ? decades(Math.min(...values), most) : steps(most);
  const place = isLogarithmic ? Math.log10 : (value: number): number => value;
  const [first, last] = [place(marks[0] ?? 0), place(marks.at(-1) ?? 1)];
  return { marks, at: (value) => round(from + ((place(value) - first) / (last - first)) * (to - from)) };
}

/** Powers of ten, with one below the least and one above the most. */
function decades(least: number, most: number): readonly number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  return Array.from({ length: Math.max(1, last - first) + 1 }, (_, step) => 10 ** (first + step));
}

/** From 0 on in five to ten round steps. */
function steps(most: number): readonly number[] {
  const rough = 10 ** Math.floor(Math.log10(most));
  const step = [rough / 5, rough / 2, rough].find((size) => most / size <= 8) ?? rough * 2;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, count) =>
    Number((count * step).toPrecision(6)),
  );
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly fill?: string;
  readonly size?: number;
}

function text(words: string, { x, y, anchor = 'start', fill = '#333333', size = 12 }: Place): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${fill}" font-size="${size}">${safe}</text>`;
}

function line([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#dddddd"/>`;
}

function formatMark(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3, useGrouping: true });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
