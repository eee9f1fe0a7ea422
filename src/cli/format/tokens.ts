/** Takes a template apart: text that stands as it is, and the words of what stands between `{{` and `}}`. */

import type { Fault } from './fault.js';

type TokenKind = 'field' | 'dot' | 'variable' | 'word' | 'string' | 'number' | 'mark';

export interface Token {
  readonly kind: TokenKind;
  /** Of a field its key, of a string what it says. */
  readonly text: string;
  /** Offset in the template. */
  readonly at: number;
  /** Whether a blank stands before it: `.a .b` are two, `.a.b` is one path. */
  readonly isApart: boolean;
}

/** A stretch of text, or one action. */
export type Piece =
  | { readonly text: string }
  | { readonly at: number; readonly end: number; readonly tokens: readonly Token[] };

/** Most parts of one action: each is a step further down when it is filled in. */
const MAX_TOKENS = 1000;

const OPEN = /\{\{(?:-(?=\s))?/g;
const CLOSE = /\s*?(?:\s-)?\}\}/y;
const COMMENT = /\s*\/\*[\s\S]*?\*\/(?=\s*-?\}\})/y;
const BLANK = /\s*/y;
const TOKEN =
  /(?:\.(?<field>[\p{L}_][\p{L}\p{N}_]*)|(?<dot>\.)|(?<variable>\$[\p{L}\p{N}_]*)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?<number>-?\d+(?:\.\d+)?)|(?<mark>:=|[|(),]))/uy;

/** Throws INVALID_ARGUMENT by `fault`. */
export function takeApart(template: string, fault: Fault): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let isTrimmed = false;
  for (const [open, at] of openings(template)) {
    if (at < from) continue;
    const text = trimmed(template.slice(from, at), { start: isTrimmed, end: open.endsWith('-') });
    const { tokens, end } = readAction(template, { at, from: at + open.length, fault });
    pieces.push({ text: unescapeText(text) });
    if (tokens.length > 0) pieces.push({ at, end, tokens });
    isTrimmed = template.startsWith('-}}', end - 3);
    from = end;
  }
  pieces.push({ text: unescapeText(trimmed(template.slice(from), { start: isTrimmed, end: false })) });
  return pieces;
}

function openings(template: string): readonly (readonly [string, number])[] {
  return [...template.matchAll(OPEN)].map((match) => [match[0], match.index]);
}

interface Action {
  /** Of its braces. */
  readonly at: number;
  /** Of what is in them. */
  readonly from: number;
  readonly fault: Fault;
}

function readAction(
  template: string,
  { at, from, fault }: Action,
): { readonly tokens: readonly Token[]; readonly end: number } {
  const tokens: Token[] = [];
  let position = from + lengthOf(COMMENT, template, from);
  for (;;) {
    const close = lengthOf(CLOSE, template, position);
    if (close > 0) return { tokens, end: position + close };
    const blanks = lengthOf(BLANK, template, position);
    position += blanks;
    if (position >= template.length) throw fault(at, 'an action is not closed by }}');
    if (tokens.length >= MAX_TOKENS) throw fault(at, `an action has more than ${MAX_TOKENS} parts`);
    const token = readToken(template, { position, fault });
    tokens.push({ ...token, isApart: blanks > 0 || tokens.length === 0 });
    position += token.length;
  }
}

function readToken(
  template: string,
  { position, fault }: { readonly position: number; readonly fault: Fault },
): Omit<Token, 'isApart'> & { readonly length: number } {
  TOKEN.lastIndex = position;
  const match = TOKEN.exec(template);
  const { field, variable, word, string, number, mark } = match?.groups ?? {};
  const common = { at: position, length: match?.[0].length ?? 0 };
  if (match === null) throw fault(position, 'this is not part of a template');
  if (field !== undefined) return { ...common, kind: 'field', text: field };
  if (variable !== undefined) return { ...common, kind: 'variable', text: variable };
  if (word !== undefined) return { ...common, kind: 'word', text: word };
  if (string !== undefined) return { ...common, kind: 'string', text: unquote(string) };
  if (number !== undefined) return { ...common, kind: 'number', text: number };
  if (mark !== undefined) return { ...common, kind: 'mark', text: mark };
  return { ...common, kind: 'dot', text: '.' };
}

function lengthOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function trimmed(text: string, { start, end }: { readonly start: boolean; readonly end: boolean }): string {
  const behind = start ? text.trimStart() : text;
  return end ? behind.trimEnd() : behind;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Of a string in quotes; one in backquotes stands as it is. */
function unquote(quoted: string): string {
  const text = quoted.slice(1, -1);
  return quoted.startsWith('`') ? text : text.replace(/\\(.)/g, (_, mark: string) => ESCAPES[mark] ?? mark);
}

/** As docker's: a shell leaves `\t` and `\n` as they are, and nobody means them so. */
function unescapeText(text: string): string {
  return text.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\t`, '\t');
}
