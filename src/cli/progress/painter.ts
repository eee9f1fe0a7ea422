/** Draws a block of lines over its former self: one write a frame, nothing cleared that is not drawn again. */

import { stripVTControlCharacters } from 'node:util';

import type { Screen } from './types.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export interface Painter {
  /** Replaces the block; the cursor rests on the line below it. */
  paint(lines: readonly string[]): void;
  /** Writes a line above the block. */
  above(line: string): void;
  /** Takes the block away. */
  clear(): void;
  /** Leaves the block where it is, for good, and gives the cursor back. */
  release(): void;
}

export function createPainter(screen: Screen): Painter {
  let block: readonly string[] = [];
  let isHidden = false;

  const paint = (lines: readonly string[], before = ''): void => {
    const hide = isHidden ? '' : HIDE_CURSOR;
    isHidden = true;
    const body = lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('');
    screen.write(`${hide}${toTop(block, screen.columns)}${before}${body}${CLEAR_BELOW}`);
    block = lines;
  };
  return {
    paint: (lines) => paint(lines),
    above: (line) =>
      block.length === 0 ? void screen.write(`${line}\n`) : paint(block, `${line}${CLEAR_LINE_END}\n`),
    clear: () => (block.length === 0 ? undefined : paint([])),
    release() {
      block = [];
      if (isHidden) screen.write(SHOW_CURSOR);
      isHidden = false;
    },
  };
}

/** To the first line of what was drawn; a terminal made narrower since then has broken its lines. */
function toTop(lines: readonly string[], columns = 80): string {
  const height = lines.reduce((rows, line) => {
    return rows + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns));
  }, 0);
  return height === 0 ? '\r' : `\r\u001b[${height}A`;
}
