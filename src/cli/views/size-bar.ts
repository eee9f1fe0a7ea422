/** Bars by which sizes are compared at a glance. */

import type { Style } from '../output/style.js';

/** As long, of at most `columns`, as `part` is of `most`; what is not nothing is seen. */
export function sizeBar(
  { part, most }: { readonly part: number; readonly most: number },
  { unicode, columns }: Pick<Style, 'unicode'> & { readonly columns: number },
): string {
  if (part <= 0 || most <= 0) return '';
  const halves = Math.max(1, Math.round((part / most) * columns * 2));
  if (!unicode) return '#'.repeat(Math.ceil(halves / 2));
  return '━'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '╸' : '');
}
