/** Results for people, laid out for where they are read: on a terminal with colours and no wider than it is. */

import type { Io } from '../io.js';
import type { Line } from './layout.js';
import type { Output } from './output.js';
import { createStyle, type Style } from './style.js';

export interface Page {
  readonly isTerminal: boolean;
  /** Columns that a line may take; infinite where no terminal is. */
  readonly width: number;
  readonly style: Style;
  readonly print: (lines: readonly Line[]) => void;
}

/** Of a terminal that does not say how wide it is. */
const USUAL_WIDTH = 80;

/** What of a context a page is made from. */
export interface PageParts {
  readonly io: Pick<Io, 'env' | 'platform'> & {
    readonly stdout: { readonly isTTY?: boolean; readonly columns?: number };
  };
  readonly output: Pick<Output, 'raw'>;
}

export function createPage({ io, output }: PageParts): Page {
  const { stdout, env, platform } = io;
  const isTerminal = stdout.isTTY === true && env['TERM'] !== 'dumb';
  const painted = createStyle(isTerminal ? env : { ...env, NO_COLOR: '1' }, platform);
  // What is read later, or by programs, is drawn with what every font and every encoding has.
  const style = isTerminal ? painted : { ...painted, unicode: false };
  const print = (lines: readonly Line[]): void => {
    const text = lines.map((line) => `${paint(line, style)}\n`).join('');
    // Every cell of a line was cleaned when it was laid out.
    if (text !== '') output.raw(Buffer.from(text));
  };
  return { isTerminal, width: isTerminal ? (stdout.columns ?? USUAL_WIDTH) : Infinity, style, print };
}

function paint(line: Line, style: Style): string {
  return line.map(({ text, tone }) => (tone === undefined ? text : style[tone](text))).join('');
}
