/** What `reg doctor` shows to people: a line for each check, and what to do below it. */

import type { Finding } from '../../operations/doctor/check.js';
import { cleanLine } from '../output/output.js';
import type { Style } from '../output/style.js';

/** The longest title is `Podman logins`, so that what was found stands in one column. */
const TITLE_WIDTH = 15;

const MARKS = {
  good: { unicode: '✓', plain: '+' },
  bad: { unicode: '✗', plain: 'x' },
  none: { unicode: '-', plain: '-' },
} as const;

/** One or two lines; `redact` takes secrets out. */
export function describeFinding(
  { verdict, title, text, hint }: Finding,
  { style, redact }: { readonly style: Style; readonly redact: (text: string) => string },
): readonly string[] {
  const clean = (part: string): string => cleanLine(redact(part));
  const mark = MARKS[verdict][style.unicode ? 'unicode' : 'plain'];
  const paint = { good: style.good, bad: style.bad, none: style.faint }[verdict];
  const shown = verdict === 'none' ? style.faint(clean(text)) : clean(text);
  const first = `${paint(mark)} ${title.padEnd(TITLE_WIDTH)}${shown}`;
  if (hint === undefined) return [first];
  return [first, `${' '.repeat(TITLE_WIDTH + 2)}${style.accent(clean(hint))}`];
}
