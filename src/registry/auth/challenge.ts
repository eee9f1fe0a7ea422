/** WWW-Authenticate headers (RFC 9110, 11.6.1), read in one pass whatever they hold. */

export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By lower-case name; the first of several of one name. */
  readonly params: ReadonlyMap<string, string>;
}

/** Longest header that is read, in characters; a realm alone may have 8 KiB. */
const MAX_LENGTH = 32 * 1024;

const BLANKS_AND_COMMAS = /[\s,]*/y;
const BLANKS = /\s*/y;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
/** `name=` with the start of a value behind it; in `abc==` and `abc=,` the sign is the end of a token68 instead. */
const PARAM_NAME = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?=[^\s,=])/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)(?:"|$)/sy;
/** What should have been quoted, and often is not. */
const UNQUOTED = /[^\s,]+/y;

/** All challenges of a header, or of several that were joined by commas. What makes no sense is skipped. */
export function parseChallenges(header: string): readonly Challenge[] {
  const scanner = new Scanner(header.slice(0, MAX_LENGTH));
  const challenges: Challenge[] = [];
  while (!scanner.isAtEnd()) {
    scanner.take(BLANKS_AND_COMMAS);
    const scheme = scanner.take(TOKEN)?.[0];
    if (scheme === undefined) scanner.skip();
    else challenges.push({ scheme: scheme.toLowerCase(), params: parseParams(scanner) });
  }
  return challenges;
}

function parseParams(scanner: Scanner): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  scanner.take(BLANKS);
  // Nobody whom we know sends one: Negotiate and NTLM do, in a second round that we never enter.
  if (scanner.peek(PARAM_NAME) === undefined && scanner.peek(TOKEN68) !== undefined) scanner.take(TOKEN68);
  for (;;) {
    scanner.take(BLANKS_AND_COMMAS);
    const name = scanner.take(PARAM_NAME)?.[1]?.toLowerCase();
    if (name === undefined) return params;
    const value = scanner.take(QUOTED)?.[1]?.replace(/\\(.)/gs, '$1') ?? scanner.take(UNQUOTED)?.[0] ?? '';
    if (!params.has(name)) params.set(name, value);
  }
}

/** Moves over a text by sticky patterns, so that no character is looked at more than a few times. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  peek(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text) ?? undefined;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    const match = this.peek(pattern);
    this.#at += match?.[0].length ?? 0;
    return match;
  }

  skip(): void {
    this.#at += 1;
  }
}
