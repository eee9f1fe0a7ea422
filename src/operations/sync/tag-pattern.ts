/** Which tags are meant: `3.*` as shells match names, `/^3\./` as a regular expression, `semver:>=3.18` as a range. */

import { satisfies, valid, validRange } from 'semver';

import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';

/** Whether a tag is meant. */
export type TagPattern = (tag: string) => boolean;

/** Throws INVALID_CONFIG. */
export function parseTagPattern(text: string): TagPattern {
  if (text.startsWith('semver:')) return parseRange(text.slice('semver:'.length).trim());
  const [, expression] = /^\/(.*)\/$/s.exec(text) ?? [];
  return matcher(expression === undefined ? globSource(text) : expression, text);
}

/** Tags such as `v1.2.3` and `1.2` are versions; `1.2.3-alpine` is one before 1.2.3, as semver has it. */
function parseRange(range: string): TagPattern {
  if (validRange(range) === null)
    throw new RegError('INVALID_CONFIG', `${quoteText(range)} is no range of versions`);
  return (tag) => {
    const version = valid(completed(tag));
    return version !== null && satisfies(version, range);
  };
}

function completed(tag: string): string {
  const [, major, minor = '0'] = /^v?(\d+)(?:\.(\d+))?$/.exec(tag) ?? [];
  return major === undefined ? tag : `${major}.${minor}.0`;
}

function globSource(glob: string): string {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return `^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`;
}

function matcher(source: string, text: string): TagPattern {
  try {
    const expression = new RegExp(source, 'u');
    return (tag) => expression.test(tag);
  } catch (error) {
    throw new RegError('INVALID_CONFIG', `${quoteText(text)} is no regular expression`, { cause: error });
  }
}
