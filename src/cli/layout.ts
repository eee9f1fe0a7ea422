/** Lines and tables as pure values: cleaned text with tones, padded by what a terminal shows of it. */

import { cleanText } from '../spec/text.js';
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

/** A head and rows, each column as wide as its widest cell, three blanks between. */
export function layTable(
  columns: readonly Column[],
  rows: readonly Line[],
  { width = Infinity }: TableOptions = {},
): readonly Line[] {
  const all: readonly Line[] = [columns.map(({ head }) => ({ text: head })), ...rows];
  const widths = columns.map((_, at) =>
    all.reduce((most, row) => Math.max(most, widthOf(row[at]?.text ?? '')), 0),
  );
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP.length, 0);
  // The last column of the terminal stays free: some break the line as soon as it is filled.
  const room = Math.max(MIN_LAST, width - 1 - before);
  return all.map((row) =>
    trimmed(
      columns.flatMap(({ isRight }, at) => {
        const isLast = at === columns.length - 1;
        const { text, tone } = row[at] ?? { text: '' };
        const shown = isLast ? cutTo(text, room) : text;
        const blanks = ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(shown)));
        const cell: Span = tone === undefined ? { text: shown } : { text: shown, tone };
        const gap = { text: isLast ? '' : GAP };
        return isRight ? [{ text: blanks }, cell, gap] : [cell, { text: blanks }, gap];
      }),
    ),
  );
}

/** Without the blanks at the end. */
function trimmed(line: Line): Line {
  const last = line.findLastIndex(({ text }) => text.trim() !== '');
  return line.slice(0, last + 1);
}
