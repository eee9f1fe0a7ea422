/**
 * Access tokens by the file that `GOOGLE_APPLICATION_CREDENTIALS` names: the key of a service account (Google Identity docs,
 * "Using OAuth 2.0 for Server to Server Applications"), the login of a person as gcloud writes it, or an account whose token
 * somebody else gives.
 */

import { parseJsonObject, type JsonObject } from '../../../spec/json.js';
import { quoteText } from '../../../spec/text.js';
import { askJson, formOf, lifeIn, secretIn, unavailable, type CloudToken, type Errand } from '../ask.js';
import { tokenOfExternalAccount } from './external.js';
import type { CloudSession } from '../session.js';
import { readNamedFile } from '../token-file.js';

/** Always this one: a file that could name another would take what it signs elsewhere. */
const TOKENS = new URL('https://oauth2.googleapis.com/token');
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const LIFE_S = 3600;

/** `variable` is what named the file. Throws CREDENTIALS_UNAVAILABLE, DISK_ERROR. */
export async function tokenByKeyFile(
  file: string,
  session: CloudSession & { readonly variable: string },
): Promise<CloudToken> {
  const what = quoteText(file);
  const hint = `${session.variable} names it: a key of a service account, as JSON, is wanted.`;
  const errand: Errand = { what: 'a token from Google', who: TOKENS.host, hint };
  const bytes = await readNamedFile(file, session.variable);
  const key = parseJsonObject(bytes, { what, code: 'CREDENTIALS_UNAVAILABLE', hint });
  if (key['type'] === 'external_account') return tokenOfExternalAccount(key, { ...session, what, errand });
  const grant = await grantBy(key, { ...session, what, errand });
  const reply = await askJson({ ...formOf(grant), url: TOKENS }, errand, session);
  return { value: secretIn(reply, 'access_token', { ...session, errand }), lifeMs: lifeIn(reply) };
}

interface Reading extends CloudSession {
  /** The file, for messages. */
  readonly what: string;
  readonly errand: Errand;
}

async function grantBy(key: JsonObject, reading: Reading): Promise<Readonly<Record<string, string>>> {
  const { what, errand, onSecret } = reading;
  const text = (name: string): string => {
    const value = key[name];
    if (typeof value !== 'string' || value === '') throw unavailable(errand, `${what} has no "${name}"`);
    return value;
  };
  const secret = (name: string): string => {
    const value = text(name);
    onSecret(value);
    return value;
  };
  const type = text('type');
  if (type === 'service_account') {
    const assertion = await sign(
      { email: text('client_email'), id: text('private_key_id'), pem: secret('private_key') },
      reading,
    );
    onSecret(assertion);
    return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  }
  if (type !== 'authorized_user') {
    throw unavailable(errand, `${what} is of the type ${quoteText(type, 40)}, which is not supported`);
  }
  return {
    grant_type: 'refresh_token',
    client_id: text('client_id'),
    client_secret: secret('client_secret'),
    refresh_token: secret('refresh_token'),
  };
}

/** A JWT that says, for an hour, that its bearer is the account (RFC 7523, 2.1). */
async function sign(
  { email, id, pem }: Readonly<Record<'email' | 'id' | 'pem', string>>,
  { what, errand, wallTime }: Reading,
): Promise<string> {
  const [{ SignJWT }, { importPKCS8 }] = await Promise.all([
    import('jose/jwt/sign'),
    import('jose/key/import'),
  ]);
  const now = Math.floor(wallTime() / 1000);
  try {
    const key = await importPKCS8(pem, 'RS256');
    return await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: id })
      .setIssuer(email)
      .setAudience(TOKENS.href)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFE_S)
      .sign(key);
  } catch {
    // What it would say is of no use, and may hold what it could not read.
    throw unavailable(errand, `the "private_key" in ${what} is not a private key that can sign`);
  }
}
