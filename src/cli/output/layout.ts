/** Lines and tables as pure values: cleaned text with tones, padded by what a terminal shows of it. */

import { cleanText } from '../../spec/text.js';
import type { Style } from './style.js';
import { cutTo, widthOf } from './width.js';

export type Tone = Exclude<keyof Style, 'unicode'>;

/** A piece of a line; the text is safe to print. Made by `span`. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

export type Line = readonly Span[];

export interface Column {
  readonly head: string;
  /** For numbers: they stand at the right edge. */
  readonly isRight?: true;
}

interface TableOptions {
  /** Columns that a line may take: the last cell is cut to it. Default: no bound. */
  readonly width?: number | undefined;
}

interface RowsOptions {
  /** What stands between the columns. */
  readonly gap?: string;
  /** Columns whose cells stand at their right edge. */
  readonly right?: readonly number[];
}

const GAP = '   ';

/** The last column gets no narrower than this, whatever the terminal. */
const MIN_LAST = 12;

/** Longest text in a cell: commands may be long, but a terminal is not for megabytes. */
const MAX_TEXT = 8192;

/** `text` from wherever it comes, made safe. */
export function span(text: string, tone?: Tone): Span {
  return { text: cleanText(text, MAX_TEXT), ...(tone === undefined ? {} : { tone }) };
}

/** A line of one piece that keeps its indentation. */
export function lineOf(text: string, tone?: Tone): Line {
  const indent = /^ */.exec(text)?.[0] ?? '';
  return [{ text: indent }, span(text, tone)];
}

/** The text of a line, without its tones. */
export function textOf(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** A piece, or several without a blank between. */
type Cell = Span | Line;

export type Row = readonly Cell[];

/** A head and rows, three blanks between the columns. */
export function layTable(
  columns: readonly Column[],
  rows: readonly Row[],
  options: TableOptions = {},
): readonly Line[] {
  const head = columns.map(({ head: text }): Cell => ({ text }));
  const right = columns.flatMap(({ isRight }, at) => (isRight === true ? [at] : []));
  return layRows([head, ...rows], { ...options, right });
}

/** Rows with each column as wide as its widest cell; only the last one is ever cut. */
export function layRows(
  rows: readonly Row[],
  { width = Infinity, gap = GAP, right = [] }: TableOptions & RowsOptions = {},
): readonly Line[] {
  const all = rows.map((row) => row.map(spansOf));
  const widths: number[] = [];
  for (const row of all)
    row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, widthOfCell(cell))));
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + gap.length, 0);
  // The last column of the terminal stays free: some break the line as soon as it is filled.
  const room = Math.max(MIN_LAST, width - 1 - before);
  return all.map((row) => {
    const line = row.flatMap((whole, at) => {
      const isLast = at === widths.length - 1;
      const cell = isLast ? cutCell(whole, room) : whole;
      const blanks = { text: ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOfCell(cell))) };
      const between = { text: isLast ? '' : gap };
      return right.includes(at) ? [blanks, ...cell, between] : [...cell, blanks, between];
    });
    return line.slice(0, 1 + line.findLastIndex(({ text }) => text.trim() !== ''));
  });
}

function spansOf(cell: Cell): Line {
  return 'text' in cell ? [cell] : cell;
}

function widthOfCell(cell: Line): number {
  return cell.reduce((width, { text }) => width + widthOf(text), 0);
}

function cutCell(cell: Line, room: number): Line {
  let left = room;
  return cell.map((piece) => {
    const text = cutTo(piece.text, left);
    left -= widthOf(text);
    return { ...piece, text };
  });
}
