/**
 * `--format`: Go's templates as people know them from docker, as far as results need them.
 *
 *     template ─▶ tokens.ts ─▶ pieces ─▶ blocks.ts, expression.ts ─▶ a function of the result ─▶ text
 *
 * What comes from outside is cleaned where it becomes text; the words of the template stand as they are.
 */

import { RegError } from '../../errors.js';
import { parseJson } from '../../spec/json.js';
import { KEYWORDS, parseParts } from './blocks.js';
import { faultsOf } from './fault.js';
import { createBudget } from './scope.js';
import { takeApart, type Piece } from './tokens.js';

export interface Template {
  /** What is made of a result. Throws INVALID_ARGUMENT, TOO_LARGE. */
  readonly fill: (value: unknown) => string;
  /** What stands above the columns of a table, which tabs divide; undefined where it is to be none. */
  readonly head: string | undefined;
}

/** Longest template. */
const MAX_LENGTH = 64 * 1024;

/**
 * Reads a template. As with docker `json` alone stands for the whole result, and `table` before a template makes a table
 * of all. Throws INVALID_ARGUMENT.
 */
export function compileTemplate(text: string): Template {
  if (text.length > MAX_LENGTH)
    throw new RegError('INVALID_ARGUMENT', `invalid --format: it is longer than ${MAX_LENGTH} characters`);
  const [, columns] = /^\s*table\s+(.*)$/s.exec(text) ?? [];
  const template = text.trim() === 'json' ? '{{json .}}' : (columns ?? text);
  const fault = faultsOf(template);
  const pieces = takeApart(template, fault);
  const part = parseParts(pieces, fault);
  return {
    fill(value) {
      const dot = parseJson(Buffer.from(JSON.stringify(value)), { what: 'the result' });
      const made: string[] = [];
      part({ dot, variables: new Map([['$', dot]]), budget: createBudget() }, (share) => made.push(share));
      return made.join('');
    },
    head: columns === undefined ? undefined : headOf(pieces),
  };
}

/** The text between the values, and for each the last key in it: `{{.repository}}` is REPOSITORY. */
function headOf(pieces: readonly Piece[]): string {
  const words = pieces.map((piece) => {
    if ('text' in piece) return piece.text;
    if (KEYWORDS.has(piece.tokens[0]?.text ?? '')) return '';
    const key = piece.tokens.findLast(({ kind }) => kind === 'field')?.text ?? '';
    return key.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase();
  });
  return words.join('');
}
