/** Fetches bearer tokens (distribution, docs/spec/auth/token.md and oauth.md). */

import { RegError, type ErrorCode } from '../../errors.js';
import type { CallOptions } from '../../content/types.js';
import { parseJsonObject } from '../../spec/json.js';
import { formatUrl } from '../origin.js';
import type { Answer } from '../transport.js';
import { wireError } from '../http/wire-error.js';
import type { AskRealm } from './ask-realm.js';
import { formatBasic, type Credential } from './credential.js';
import { MAX_URL } from './realm.js';

export interface TokenRequest extends CallOptions {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  /** Undefined asks for an anonymous token. */
  readonly credential: Credential | undefined;
  /** Asks for a refresh token as well. Some services give out broken ones, so only a login does. Default false. */
  readonly isOffline?: boolean | undefined;
}

export interface TokenOptions {
  readonly ask: AskRealm;
  /** Makes text from outside safe to print. */
  readonly clean: (text: string) => string;
}

export interface Token {
  readonly value: string;
  readonly lifeMs: number;
  readonly refreshToken?: string;
}

const MAX_BODY = 64 * 1024;
const MIN_LIFE_S = 60;
const MAX_LIFE_S = 24 * 3600;
/** Answers of services that know no refresh tokens: ACR, Artifactory, GCR, and others (containerd's authorizer). */
const NO_OAUTH: ReadonlySet<number> = new Set([400, 401, 404, 405]);
const CLIENT_ID = 'reg';
/** What a token service that is missing or answers nonsense looks like; it must not pass for a missing image. */
const NONSENSE: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'UNSUPPORTED',
  'UPLOAD_REJECTED',
  'TOO_LARGE',
]);

/**
 * One token from the service at `realm`. Throws UNAUTHORIZED, DENIED, PROTOCOL_ERROR and what `ask` throws; the
 * messages name the service.
 */
export async function fetchToken(request: TokenRequest, { ask, clean }: TokenOptions): Promise<Token> {
  const { credential } = request;
  try {
    if (credential === undefined || !('identityToken' in credential))
      return await getToken(request, { ask, clean });
    const answer = await postToken(request, credential.identityToken, ask);
    // What everybody may have is still to be had; but who asks for nothing wants to know whether the login is good.
    const isWorthIt = formatBasic(credential) !== undefined || request.scopes.length > 0;
    if (!NO_OAUTH.has(answer.status) || !isWorthIt) return await readToken(answer, 'POST', clean);
    await answer.discard();
    return await getToken(request, { ask, clean });
  } catch (error) {
    throw fromService(error, request.realm);
  }
}

async function getToken(request: TokenRequest, { ask, clean }: TokenOptions): Promise<Token> {
  const { realm, service, scopes, credential, isOffline = false, signal } = request;
  const url = new URL(realm);
  if (isOffline && credential !== undefined) {
    url.searchParams.append('offline_token', 'true');
    url.searchParams.append('client_id', CLIENT_ID);
  }
  if (service !== undefined) url.searchParams.append('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (url.href.length > MAX_URL) {
    throw new RegError('PROTOCOL_ERROR', `the URL for a token has more than ${MAX_URL} characters`);
  }
  const authorization = credential === undefined ? undefined : formatBasic(credential);
  const answer = await ask(
    { method: 'GET', url, signal },
    authorization === undefined ? undefined : { authorization },
  );
  return readToken(answer, 'GET', clean);
}

function postToken(request: TokenRequest, refreshToken: string, ask: AskRealm): Promise<Answer> {
  const { realm, service, scopes, signal } = request;
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT_ID,
    refresh_token: refreshToken,
  });
  if (service !== undefined) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return ask({ method: 'POST', url: realm, headers, body: Buffer.from(form.toString()), signal }, {});
}

async function readToken(
  answer: Answer,
  method: 'GET' | 'POST',
  clean: TokenOptions['clean'],
): Promise<Token> {
  if (answer.status !== 200) throw await wireError(answer, { method, clean });
  const what = `the token from ${answer.url.host}`;
  const reply = parseJsonObject(await answer.read(MAX_BODY), { what, code: 'PROTOCOL_ERROR' });
  const value = [reply['access_token'], reply['token']].find((found) => found !== undefined && found !== '');
  if (!isToken(value)) {
    throw new RegError('PROTOCOL_ERROR', `${what} is missing or no token`);
  }
  const refreshToken = reply['refresh_token'];
  return {
    value,
    lifeMs: parseLife(reply['expires_in']) * 1000,
    ...(isToken(refreshToken) && { refreshToken }),
  };
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** Seconds, counted from now: `issued_at` is a clock that nobody needs to believe. */
function parseLife(value: unknown): number {
  const seconds = typeof value === 'number' && Number.isFinite(value) ? value : MIN_LIFE_S;
  return Math.min(Math.max(seconds, MIN_LIFE_S), MAX_LIFE_S);
}

/** What went wrong at the token service, in terms of the token service. */
function fromService(error: unknown, realm: URL): unknown {
  if (!(error instanceof RegError) || error.code === 'ABORTED') return error;
  const code = NONSENSE.has(error.code) ? 'PROTOCOL_ERROR' : error.code;
  return new RegError(code, `no token from ${realm.host}: ${error.message}`, {
    url: formatUrl(realm),
    ...error.context,
    cause: error,
  });
}
