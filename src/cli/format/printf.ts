/** Go's `printf`, as far as lists and tables need it. */

import type { CallFault } from './fault.js';
import { plain, textOf } from './value.js';

/** Widest column that anybody wants. */
const MAX_WIDTH = 1000;
const VERB = /%(?:%|(-?)(\d{0,6})([a-zA-Z])?)/g;

/** `%s`, `%v` and `%d` with a width, to the left with `-`; `%q` in quotes; `%%`. */
export function formatText([format, ...values]: readonly unknown[], fault: CallFault): string {
  let used = 0;
  const made = plain(format).replace(VERB, (verb, left: string, digits: string, kind?: string) => {
    if (verb === '%%') return '%';
    if (used >= values.length) throw fault(`printf has no value for its ${verb}`);
    const text = formatOne(values[used++], { kind, verb, fault });
    const width = Math.min(Number(digits), MAX_WIDTH);
    return left === '-' ? text.padEnd(width) : text.padStart(width);
  });
  if (used < values.length) throw fault(`printf has ${values.length} values for ${used} verbs`);
  return made;
}

function formatOne(
  value: unknown,
  {
    kind,
    verb,
    fault,
  }: { readonly kind: string | undefined; readonly verb: string; readonly fault: CallFault },
): string {
  if (kind === 'q') return JSON.stringify(textOf(value));
  if (kind === 's' || kind === 'v' || kind === 'd') return textOf(value);
  throw fault(`printf knows %s, %v, %d, %q and %%, not ${verb}`);
}
