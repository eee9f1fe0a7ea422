/** Reads the pieces of a template: texts, values, and blocks from their first word to their `end`. */

import { parsePipeline, takeMark, type Expression, type Reader } from './expression.js';
import type { Fault } from './fault.js';
import { choicePart, inTurn, rangePart, textPart, valuePart, type Part } from './parts.js';
import type { Piece, Token } from './tokens.js';

/** An action that begins with a word of the language. */
interface Keyword {
  readonly word: string;
  readonly at: number;
  /** What follows it. */
  readonly reader: Reader;
}

interface Source {
  readonly pieces: Iterator<Piece>;
  readonly fault: Fault;
  readonly depth: number;
}

/** Deepest that blocks are put into each other. */
const MAX_DEPTH = 50;

/** The words of the language itself; every other one is a function. */
export const KEYWORDS: ReadonlySet<string> = new Set(['if', 'with', 'range', 'else', 'end']);

/** Throws INVALID_ARGUMENT. */
export function parseParts(pieces: readonly Piece[], fault: Fault): Part {
  const { part, closer } = parseBody({ pieces: pieces.values(), fault, depth: 0 });
  if (closer !== undefined) throw fault(closer.at, `"${closer.word}" stands outside of a block`);
  return part;
}

function parseBody(source: Source): { readonly part: Part; readonly closer: Keyword | undefined } {
  const { pieces, fault } = source;
  const parts: Part[] = [];
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    const action = 'text' in next.value ? next.value.text : readAction(next.value, fault);
    if (typeof action === 'string') parts.push(textPart(action));
    else if (!('word' in action)) parts.push(valuePart(parseAll(action)));
    else if (action.word === 'else' || action.word === 'end') return { part: inTurn(parts), closer: action };
    else parts.push(parseBlock(action, { ...source, depth: source.depth + 1 }));
  }
  return { part: inTurn(parts), closer: undefined };
}

function readAction(
  { tokens, at: start, end }: Exclude<Piece, { readonly text: string }>,
  fault: Fault,
): Reader | Keyword {
  let position = 0;
  const reader: Reader = {
    fault,
    peek: (ahead = 0) => tokens[position + ahead],
    take: () => tokens[position++],
    at: () => tokens[position]?.at ?? end - 2,
  };
  const [first] = tokens;
  return first?.kind === 'word' && KEYWORDS.has(first.text) ? keyword(reader, start) : reader;
}

/** Takes the word that comes next. */
function keyword(reader: Reader, at: number): Keyword {
  return { word: reader.take()?.text ?? '', at, reader };
}

function parseBlock(opener: Keyword, source: Source): Part {
  const { word, at, reader } = opener;
  if (source.depth > MAX_DEPTH) throw source.fault(at, 'it is nested too deeply');
  const names = word === 'range' ? parseNames(reader) : [];
  const subject = parseAll(reader);
  const { part: body, closer } = parseBody(source);
  const branches = { body, otherwise: parseOtherwise(closer, { ...source, opener }) };
  if (word === 'range')
    return rangePart(subject, { ...branches, names, fault: (why) => source.fault(at, why) });
  return choicePart(subject, { ...branches, movesDot: word === 'with' });
}

/** What follows up to the `end` of a block: nothing, an `else`, or one with a condition of its own. */
function parseOtherwise(
  closer: Keyword | undefined,
  { opener, ...source }: Source & { readonly opener: Keyword },
): Part {
  if (closer === undefined) throw source.fault(opener.at, `this "${opener.word}" has no {{end}}`);
  const { word, reader, at } = closer;
  const next = reader.peek();
  if (word === 'else' && next?.kind === 'word' && (next.text === 'if' || next.text === 'with'))
    return parseBlock(keyword(reader, at), { ...source, depth: source.depth + 1 });
  finish(reader);
  if (word === 'end') return () => {};
  const rest = parseBody(source);
  if (rest.closer === undefined) throw source.fault(opener.at, `this "${opener.word}" has no {{end}}`);
  if (rest.closer.word === 'else') throw source.fault(rest.closer.at, 'this is a second "else"');
  finish(rest.closer.reader);
  return rest.part;
}

/** `$item :=` or `$key, $item :=`. */
function parseNames(reader: Reader): readonly string[] {
  const count = reader.peek(1)?.text === ':=' ? 1 : reader.peek(1)?.text === ',' ? 2 : 0;
  const names: (Token | undefined)[] = [];
  for (let at = 0; at < count; at++) {
    names.push(reader.take());
    if (!takeMark(reader, at === count - 1 ? ':=' : ',')) throw reader.fault(reader.at(), '":=" is missing');
  }
  return names.map((token) => {
    if (token?.kind === 'variable') return token.text;
    throw reader.fault(token?.at ?? reader.at(), 'a name such as $item is missing');
  });
}

/** A pipeline, and nothing behind it. */
function parseAll(reader: Reader): Expression {
  const expression = parsePipeline(reader);
  finish(reader);
  return expression;
}

function finish(reader: Reader): void {
  if (reader.peek() !== undefined) throw reader.fault(reader.at(), 'nothing is expected here');
}
