/**
 * Which tags or repositories are meant: `3.*` as shells match names, `/^3\./` as a regular expression, `semver:>=3.18` as a
 * range.
 */

import { RegError, type ErrorCode } from '../../errors.js';
import { quoteText } from '../../spec/text.js';

/** Whether a name is meant. */
export type NamePattern = (name: string) => boolean;

export interface NamePatternOptions {
  /** Of the error for a pattern that is none. */
  readonly code: ErrorCode;
  /**
   * Longest name that is looked at, in characters; default that of a tag (distribution-spec 1.1, "Pulling manifests"). The
   * expression is a person's own, the names are anybody's, and some expressions take time without end over a long one.
   */
  readonly maxLength?: number | undefined;
}

const MAX_TAG_LENGTH = 128;

/**
 * Reads a pattern: a glob, in which `*` stands for any characters and `?` for one; a regular expression between slashes; or
 * `semver:` and a range of versions, as npm writes them. Throws `code`.
 */
export async function parseNamePattern(text: string, options: NamePatternOptions): Promise<NamePattern> {
  const { maxLength = MAX_TAG_LENGTH } = options;
  const matches = await parse(text, options);
  return (name) => name.length <= maxLength && matches(name);
}

/** Reads several patterns, of which a name has to match one; without any, every name does. Throws `code`. */
export async function parseNamePatterns(
  texts: readonly string[],
  options: NamePatternOptions,
): Promise<NamePattern> {
  const patterns = await Promise.all(texts.map((text) => parseNamePattern(text, options)));
  return (name) => patterns.length === 0 || patterns.some((matches) => matches(name));
}

/** Of several patterns, in words: `"3.*" or "edge"`. */
export function quotePatterns(texts: readonly string[]): string {
  return texts.map((text) => quoteText(text)).join(' or ');
}

async function parse(text: string, { code }: NamePatternOptions): Promise<NamePattern> {
  const [, range] = /^semver:(.*)$/s.exec(text) ?? [];
  if (range !== undefined) {
    const { parseRange } = await import('./versions.js');
    const isIn = parseRange(range);
    if (isIn === undefined) throw new RegError(code, `${quoteText(range.trim())} is not a version range`);
    return isIn;
  }
  const [, expression] = /^\/(.*)\/$/s.exec(text) ?? [];
  return expression === undefined ? (name) => matchesGlob(text, name) : parseExpression(expression, code);
}

function parseExpression(source: string, code: ErrorCode): NamePattern {
  try {
    const expression = new RegExp(source, 'u');
    return (name) => expression.test(name);
  } catch (error) {
    throw new RegError(code, `${quoteText(`/${source}/`)} is not a valid regular expression`, {
      cause: error,
    });
  }
}

/** Goes back to the last star only, so that no glob takes longer than its length times that of the name. */
function matchesGlob(glob: string, name: string): boolean {
  let [at, seen, star, from] = [0, 0, -1, 0];
  while (seen < name.length) {
    if (glob[at] === '*') [star, from, at] = [at, seen, at + 1];
    else if (glob[at] === '?' || glob[at] === name[seen]) [at, seen] = [at + 1, seen + 1];
    else if (star >= 0) [at, seen, from] = [star + 1, from + 1, from + 1];
    else return false;
  }
  return /^\**$/.test(glob.slice(at));
}
