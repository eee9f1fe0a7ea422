/** What a token says of itself, where it is one that can be read (distribution, docs/spec/auth/jwt.md). For people to see. */

import { isObject, tryParseJson } from '../../spec/json.js';
import { cleanText } from '../../spec/text.js';

/** Longest token that is looked into, in characters. */
const MAX_LENGTH = 64 * 1024;

/** The scopes that a token grants, such as `repository:app:pull`; undefined where it does not say. Not verified. */
export function scopesIn(token: string): readonly string[] | undefined {
  const [, payload = '', signature] = token.slice(0, MAX_LENGTH).split('.');
  const claims = signature === undefined ? undefined : tryParseJson(Buffer.from(payload, 'base64url'));
  const access: unknown = isObject(claims) ? claims['access'] : undefined;
  if (!Array.isArray(access)) return undefined;
  return access.filter(isObject).map(({ type, name, actions }) => {
    const allowed: readonly unknown[] = Array.isArray(actions) ? actions : [];
    return cleanText([type, name, allowed.join(',')].map(String).join(':'));
  });
}
