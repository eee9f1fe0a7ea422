/** A bearer token for a request: one that is kept, one that is under way, or a new one from the token service. */

import type { Redactor } from '../../spec/redactor.js';
import { createAskRealm, type AskRealmOptions } from './ask-realm.js';
import { secretsOf, type Credential } from './credential.js';
import type { Bearer } from './known-challenge.js';
import { scopesToAsk } from './scope.js';
import type { TokenCache } from './token-cache.js';
import { fetchToken, type Token } from './token.js';
import type { Wish } from './wish.js';

export interface TokenWish extends Omit<Wish, 'signal'> {
  readonly challenge: Bearer;
  /** Undefined asks for an anonymous token. */
  readonly credential: Credential | undefined;
}

export interface ObtainOptions extends AskRealmOptions {
  readonly tokens: TokenCache;
  /** Token services are asked for a refresh token, and this is told it. */
  readonly onRefreshToken: ((token: string) => void) | undefined;
  readonly redactor: Redactor;
  /** Makes text from outside safe to print. */
  readonly clean: (text: string) => string;
}

/** Knows no signal: others may be waiting for the same token. Throws as `fetchToken`. */
export function obtainToken(wish: TokenWish, options: ObtainOptions): Promise<string> {
  const { challenge, credential, since } = wish;
  const { realm, service, offered } = challenge;
  const scopes = scopesToAsk(wish.scopes, offered);
  const holder = credential === undefined ? [] : secretsOf(credential);
  const issuer = [realm.href, service ?? '', ...holder].join(' ');
  const { tokens } = options;
  return (
    tokens.find({ issuer, scopes, since }) ??
    tokens.fetch({ issuer, scopes }, () => fetchNew(wish, { ...options, scopes }))
  );
}

async function fetchNew(
  { challenge: { realm, service }, base, credential }: TokenWish,
  {
    scopes,
    onRefreshToken,
    redactor,
    clean,
    ...asking
  }: ObtainOptions & { readonly scopes: readonly string[] },
): Promise<Token> {
  const isOffline = onRefreshToken !== undefined;
  const token = await fetchToken(
    { realm, service, scopes, credential, isOffline },
    { ask: createAskRealm(base, asking), clean },
  );
  redactor.add(token.value);
  if (token.refreshToken !== undefined) {
    redactor.add(token.refreshToken);
    onRefreshToken?.(token.refreshToken);
  }
  return token;
}
