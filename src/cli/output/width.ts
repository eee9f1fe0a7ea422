/** How much room text takes on a terminal, in columns. */

/** Twice as wide as a letter (Unicode, East Asian Width: W and F; emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ONTO_THE_LAST = /\p{M}/u;
const PLAIN = /^[\u0020-\u007e\u2500-\u257f]*$/;

/** Columns that `text`, which has no control characters, takes. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return Array.from(text, widthOfOne).reduce((width, each) => width + each, 0);
}

/** As much of `text` as fits into so many columns, with an ellipsis where something is left out. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += widthOfOne(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`;
}

function widthOfOne(character: string): number {
  if (WIDE.test(character)) return 2;
  return ONTO_THE_LAST.test(character) ? 0 : 1;
}
