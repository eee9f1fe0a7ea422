/**
 * What people give in place of a reference: a URL, a log-in with its password, an image ID, a name with
 * characters that only look right. The time is linear in the text.
 */

import { cleanText, quoteText } from './text.js';

/** Why a text is no reference. */
export interface Mistake {
  readonly why: string;
  /** The text that was probably meant; it may have mistakes of its own. */
  readonly meant?: string;
  readonly hint?: string;
  /** What to show instead of the text, because that holds a secret. */
  readonly shown?: string;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const LIKE_A_DIGEST = /^(?:sha\d+|md5|blake\w+):[^/]*$/i;
const IMAGE_ID = /^[0-9a-f]{64}$/;

/** Finds out whether `text`, which is not empty, is something else than a reference. */
export function findLookalike(text: string): Mistake | undefined {
  return findCredentials(text) ?? findForeignCharacter(text) ?? findScheme(text) ?? findOtherName(text);
}

/** Comes first, so that no other message shows the password. */
function findCredentials(text: string): Mistake | undefined {
  const pieces = text.replace(SCHEME, '').split('@');
  const last = pieces.findLastIndex((piece, position) => position > 0 && !LIKE_A_DIGEST.test(piece));
  const user = pieces.slice(0, last).join('@');
  const rest = pieces.slice(last).join('@');
  // `localhost:5000/app@latest` is a tag in the wrong place, no log-in.
  const isLogin = rest.includes('/') || (user.includes(':') && !user.includes('/'));
  if (last < 1 || !isLogin) return undefined;
  return {
    why: 'what stands before "@" looks like a user and password',
    shown: `***@${rest}`,
    hint: 'Use "reg login" for user and password; a digest after "@" starts with "sha256:".',
    ...(rest.includes('/') ? { meant: rest } : {}),
  };
}

function findForeignCharacter(text: string): Mistake | undefined {
  const found = /[^\x21-\x7e]/u.exec(text);
  if (found === null) return undefined;
  const [character] = found;
  const rule = /\s/.test(character) ? 'white space is not allowed' : 'only ASCII characters are allowed';
  const why = `${rule} (found ${nameOf(character)} at position ${found.index + 1})`;
  const plain = cleanText(text, text.length).normalize('NFKC');
  return plain === text ? { why } : { why, meant: plain };
}

function nameOf(character: string): string {
  const visible = cleanText(character) === '' ? '' : `${quoteText(character)}, `;
  return `${visible}U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function findScheme(text: string): Mistake | undefined {
  const [scheme] = SCHEME.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  return {
    why: `a reference has no scheme (found ${quoteText(scheme, 40)})`,
    meant: text.slice(scheme.length),
    ...(scheme.toLowerCase() === 'http://' ? { hint: 'Add --plain-http for a registry without TLS.' } : {}),
  };
}

function findOtherName(text: string): Mistake | undefined {
  if (IMAGE_ID.test(text)) {
    return {
      why: '64 hexadecimal digits are an image ID',
      hint: `Name the repository too: "NAME@sha256:${text}".`,
    };
  }
  if (text.startsWith('[') && !text.includes('/')) {
    return { why: 'there is no repository behind the host', hint: 'Write HOST/NAME or HOST:PORT/NAME.' };
  }
  return undefined;
}
