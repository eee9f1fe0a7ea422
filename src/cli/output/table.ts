/** Columns as docker prints them: left-aligned, three blanks between, nothing behind the last. */

import { widthOf } from './width.js';

const GAP = '   ';

/** Lines of a table; `head` and every row have the same number of cells. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return alignColumns([head, ...rows]);
}

/** Rows with each column as wide as its widest cell. */
export function alignColumns(rows: readonly (readonly string[])[], gap = GAP): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join(gap)
      .trimEnd(),
  );
}
