/** What a credential helper that failed has to say, in words that cannot be the secret. */

import { cleanText } from '../spec/text.js';
import type { Ended } from './run-program.js';

/** Failures that many helpers tell on their standard output, which is never shown: hence our own words for them. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/d-?bus|org\.freedesktop\.secrets/i, 'no D-Bus session with a secret service'],
  [/cannot find package|keytar native addon/i, 'its library cannot be loaded; on Linux it is libsecret'],
  [/object does not exist at path/i, 'no keyring has been set up'],
  [/\blocked\b|interaction is not allowed/i, 'the keychain is locked'],
  [/pass(word store)?( is)? not initialized/i, 'the password store is not set up'],
];

const NOT_FOUND = 'credentials not found in native keychain';

/** How much of what a helper says is looked at, in characters. */
const MAX_LENGTH = 2000;

/** Whether it failed only because it has nothing for the server. */
export function isNotFound(ended: Ended): boolean {
  return allTextOf(ended).includes(NOT_FOUND);
}

/**
 * Why it failed, such as ` (exit code 1): no such key`. The standard output is never quoted, nor any word of the standard
 * error that also stands there, or in `secret`.
 */
export function reasonOf(ended: Ended, secret = ''): string {
  const how = ended.code === null ? ' (killed)' : ` (exit code ${ended.code})`;
  const why = whyOf(ended, secret);
  return why === '' ? how : `${how}: ${why}`;
}

/** The same without how it ended; empty when it says nothing that may be shown. */
export function whyOf(ended: Ended, secret = ''): string {
  const known = KNOWN.find(([pattern]) => pattern.test(allTextOf(ended)));
  const hidden = `${secret} ${readings(ended.stdout.toString())}`;
  return known?.[1] ?? withoutWordsOf(hidden, ended.stderr.toString());
}

function allTextOf({ stdout, stderr }: Ended): string {
  return `${stdout.toString()} ${stderr.toString()}`;
}

/** `text` made safe to print, each word that occurs in `hidden` masked; empty when nothing is left. */
function withoutWordsOf(hidden: string, text: string): string {
  const masked = cleanText(text, MAX_LENGTH).replace(/[\p{L}\p{N}]+/gu, (word) =>
    hidden.includes(word) ? '***' : word,
  );
  return /[\p{L}\p{N}]/u.test(masked) ? cleanText(masked) : '';
}

/** Text in all the forms that its words may turn up in: as it is, cleaned as what is shown, and with its escapes read. */
function readings(text: string): string {
  return [text, cleanText(text, text.length), unescaped(text)].join(' ');
}

function unescaped(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    // Most often it is no JSON: then there are no escapes to be read.
    return '';
  }
}
