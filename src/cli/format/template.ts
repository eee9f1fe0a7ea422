/**
 * `--format`: Go's templates as people know them from docker, as far as results need them.
 *
 *     template ─▶ tokens.ts ─▶ pieces ─▶ blocks.ts, expression.ts ─▶ a function of the result ─▶ text
 *
 * What comes from outside is cleaned where it becomes text; the words of the template stand as they are.
 */

import { RegError } from '../../errors.js';
import { parseJson } from '../../spec/json.js';
import { parseParts } from './blocks.js';
import { faultsOf } from './fault.js';
import { createBudget } from './scope.js';
import { takeApart } from './tokens.js';

/** What is made of a result. Throws INVALID_ARGUMENT, TOO_LARGE. */
export type Template = (value: unknown) => string;

/** Longest template. */
const MAX_LENGTH = 64 * 1024;

/** Reads a template; `json` alone stands for the whole result, as with docker. Throws INVALID_ARGUMENT. */
export function compileTemplate(text: string): Template {
  if (text.length > MAX_LENGTH)
    throw new RegError('INVALID_ARGUMENT', `invalid --format: it is longer than ${MAX_LENGTH} characters`);
  const template = text.trim() === 'json' ? '{{json .}}' : text;
  const fault = faultsOf(template);
  const part = parseParts(takeApart(template, fault), fault);
  return (value) => {
    const dot = parseJson(Buffer.from(JSON.stringify(value)), { what: 'the result' });
    const made: string[] = [];
    part({ dot, variables: new Map([['$', dot]]), budget: createBudget() }, (share) => made.push(share));
    return made.join('');
  };
}
