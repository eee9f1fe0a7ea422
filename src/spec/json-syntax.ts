/**
 * Where a text stops being JSON (RFC 8259). The messages of JSON.parse tell that only now and then, differ from one
 * version of Node to the next, and quote the text.
 */

/** How a value may begin: `x` stands for numbers and words. */
const VALUE = '{["x';
const FIRST_ITEM = `${VALUE}]`;
const KEY = '"';
const FIRST_KEY = '"}';

const BLANKS = /[ \t\n\r]*/y;
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null/y;
const PLAIN = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;

interface Token {
  readonly end: number;
  /** Whether `end` is where a fault stands: the token can't go on there. */
  readonly isBroken: boolean;
}

/**
 * Offset of the first character, word or escape that can't stand where it does; the length of a text that ends too
 * early; undefined for JSON.
 */
export function findSyntaxFault(text: string): number | undefined {
  const open: string[] = [];
  let expected = VALUE;
  for (let at = endOf(BLANKS, text, 0); at < text.length;) {
    const kind = kindAt(text, at);
    if (!expected.includes(kind)) return at;
    const { end, isBroken } = tokenAt(text, at, kind);
    if (isBroken) return end;
    expected = expectedAfter(kind, { open, isKey: expected === KEY || expected === FIRST_KEY });
    at = endOf(BLANKS, text, end);
  }
  return expected === '' ? undefined : text.length;
}

function kindAt(text: string, at: number): string {
  const character = text.charAt(at);
  return '{}[],:"'.includes(character) ? character : 'x';
}

function tokenAt(text: string, at: number, kind: string): Token {
  if (kind === '"') return stringAt(text, at);
  if (kind !== 'x') return { end: at + 1, isBroken: false };
  const end = endOf(WORD, text, at);
  return { end, isBroken: end === at };
}

function stringAt(text: string, from: number): Token {
  for (let at = from + 1; ;) {
    at = endOf(PLAIN, text, at);
    if (text[at] === '"') return { end: at + 1, isBroken: false };
    const end = endOf(ESCAPE, text, at);
    if (end === at) return { end, isBroken: true };
    at = end;
  }
}

/** How the next token may begin; keeps `open`, the brackets around it, up to date. */
function expectedAfter(
  kind: string,
  { open, isKey }: { readonly open: string[]; readonly isKey: boolean },
): string {
  if (kind === '{' || kind === '[') {
    open.push(kind);
    return kind === '{' ? FIRST_KEY : FIRST_ITEM;
  }
  if (kind === ',') return open.at(-1) === '{' ? KEY : VALUE;
  if (kind === ':') return VALUE;
  if (kind === '"' && isKey) return ':';
  if (kind === '}' || kind === ']') open.pop();
  const bracket = open.at(-1);
  return bracket === undefined ? '' : bracket === '{' ? ',}' : ',]';
}

/** Where what `pattern`, a sticky one, finds at an offset ends; the offset itself when it finds nothing. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
