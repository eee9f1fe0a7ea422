/**
 * Access tokens by workload identity federation: Google takes the token of somebody else whom it was told to trust
 * (Google IAM docs, "Workload Identity Federation"; AIP-4117).
 *
 *     token in a file, or of GitHub Actions ──STS──▶ access token ──impersonate──▶ that of a service account
 */

import { isObject, parseJsonObject, type JsonObject } from '../../../spec/json.js';
import { quoteText } from '../../../spec/text.js';
import { ask, askJson, formOf, lifeIn, secretIn, unavailable, type CloudToken, type Errand } from '../ask.js';
import type { CloudSession } from '../session.js';
import { readNamedFile } from '../token-file.js';

/** Always these: a file that could name others would have the tokens sent there. */
const STS = new URL('https://sts.googleapis.com/v1/token');
const ACCOUNTS = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/';

/** Where a job of GitHub Actions has its token from (google-github-actions/auth writes that into the file). */
const GITHUB = /^(?:[a-z0-9-]+\.)*actions\.githubusercontent\.com$/;

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const LIFE_S = 3600;

export interface ExternalReading extends CloudSession {
  /** The file, for messages. */
  readonly what: string;
  readonly errand: Errand;
}

/** Throws CREDENTIALS_UNAVAILABLE, DISK_ERROR. */
export async function tokenOfExternalAccount(
  account: JsonObject,
  reading: ExternalReading,
): Promise<CloudToken> {
  const { errand, onSecret } = reading;
  const form = formOf({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: textIn(account, 'audience', reading),
    scope: SCOPE,
    subject_token_type: textIn(account, 'subject_token_type', reading),
    subject_token: await subjectToken(account, reading),
  });
  const sts = { ...errand, who: STS.host };
  const reply = await askJson({ ...form, url: STS }, sts, reading);
  const token = { value: secretIn(reply, 'access_token', { errand: sts, onSecret }), lifeMs: lifeIn(reply) };
  const impersonated = account['service_account_impersonation_url'];
  return impersonated === undefined ? token : impersonate(token, impersonated, reading);
}

async function impersonate(
  { value }: CloudToken,
  address: unknown,
  { what, errand, onSecret, ...session }: ExternalReading,
): Promise<CloudToken> {
  const [, email] = /\/serviceAccounts\/([\w.%@-]+):generateAccessToken$/.exec(String(address)) ?? [];
  if (email === undefined)
    throw unavailable(errand, `the "service_account_impersonation_url" in ${what} names no service account`);
  const url = new URL(`${ACCOUNTS}${email}:generateAccessToken`);
  const iam = { ...errand, who: url.host };
  const authorization = `Bearer ${value}`;
  const headers = { 'content-type': 'application/json', authorization };
  const body = JSON.stringify({ scope: [SCOPE], lifetime: `${LIFE_S}s` });
  const reply = await askJson({ method: 'POST', url, headers, body }, iam, { onSecret, ...session });
  return { value: secretIn(reply, 'accessToken', { errand: iam, onSecret }), lifeMs: LIFE_S * 1000 };
}

/** What the other side says of us. */
async function subjectToken(account: JsonObject, reading: ExternalReading): Promise<string> {
  const { what, errand, onSecret } = reading;
  const source = isObject(account['credential_source']) ? account['credential_source'] : {};
  const bytes = await readSource(source, reading);
  const format = isObject(source['format']) ? source['format'] : {};
  const text = format['type'] === 'json' ? fieldOf(bytes, format, reading) : bytes.toString().trim();
  if (!/^[\x21-\x7e]+$/.test(text)) throw unavailable(errand, `what ${what} names holds no token`);
  onSecret(text);
  return text;
}

async function readSource(source: JsonObject, reading: ExternalReading): Promise<Buffer> {
  const { what, errand } = reading;
  const { file, url } = source;
  if (typeof file === 'string') return readNamedFile(file, what);
  const address = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined)
    throw unavailable(errand, `the "credential_source" of ${what} is neither a file nor a URL`);
  const isKnown = address.protocol === 'https:' && GITHUB.test(address.hostname) && address.port === '';
  if (!isKnown || address.username !== '') {
    const host = quoteText(address.host, 80);
    throw unavailable(errand, `${what} has its token from ${host}; only GitHub Actions is asked for one`);
  }
  const { body } = await ask(
    { method: 'GET', url: address, headers: headersIn(source, reading) },
    { ...errand, who: address.host },
    reading,
  );
  return Buffer.from(body);
}

function headersIn({ headers }: JsonObject, { onSecret }: ExternalReading): Readonly<Record<string, string>> {
  const entries = isObject(headers) ? Object.entries(headers) : [];
  return Object.fromEntries(
    entries.flatMap(([name, value]): readonly [string, string][] => {
      if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value) || !/^[\w-]+$/.test(name)) return [];
      onSecret(value.replace(/^bearer /i, ''));
      return [[name.toLowerCase(), value]];
    }),
  );
}

function fieldOf(bytes: Buffer, format: JsonObject, { what, errand }: ExternalReading): string {
  const { hint } = errand;
  const reply = parseJsonObject(bytes, { what: `what ${what} names`, code: 'CREDENTIALS_UNAVAILABLE', hint });
  const value = reply[String(format['subject_token_field_name'])];
  return typeof value === 'string' ? value : '';
}

function textIn(account: JsonObject, key: string, { what, errand }: ExternalReading): string {
  const value = account[key];
  if (typeof value === 'string' && value !== '') return value;
  throw unavailable(errand, `${what} has no "${key}"`);
}
