/** Who may do what at a hostile registry: passwords, tokens, and the service that gives out tokens. */
import { randomUUID } from 'node:crypto';
import { basicCredentials, readText, type Exchange } from '../http-server.js';
import { refusal, type Reply } from './reply.js';

export interface User {
  readonly user: string;
  readonly password: string;
  /** What stands for user and password in `identitytoken`. */
  readonly identityToken: string;
}

/** How a registry knows its clients; `public` gives everybody a token to pull with. */
export type Auth = 'none' | 'basic' | 'bearer' | 'public';

export interface Tokens {
  readonly auth: Auth;
  readonly user: User;
  /** The scopes of every token that was given out and is still good. */
  readonly issued: Map<string, readonly string[]>;
  /** All tokens that were ever given out: secrets. */
  readonly secrets: Set<string>;
  /** Takes the place of the challenge. */
  challenge: string | undefined;
  /** Put over the fields of the token service's answer. */
  extra: object;
  /** What the honest token service says. */
  readonly answer: (exchange: Exchange) => Promise<Reply>;
}

export function createTokens(auth: Auth, user: User): Tokens {
  const tokens: Tokens = {
    auth,
    user,
    issued: new Map(),
    secrets: new Set(),
    challenge: undefined,
    extra: {},
    answer: (exchange) => answerToken(exchange, tokens),
  };
  return tokens;
}

/** The refusal that a request deserves; undefined when it may go on. */
export function authorize(exchange: Exchange, tokens: Tokens): Reply | undefined {
  const { auth, user, issued } = tokens;
  if (auth === 'none') return undefined;
  if (auth === 'basic') {
    const given = basicCredentials(exchange.request.headers);
    return given?.user === user.user && given.password === user.password
      ? undefined
      : challenge(exchange, tokens);
  }
  const token = /^Bearer (.+)$/.exec(exchange.request.headers.authorization ?? '')?.[1] ?? '';
  const scopes = issued.get(token);
  const needed = neededScope(exchange);
  const isEnough =
    needed === undefined || scopes?.some((scope) => allows(scope, needed.name, needed.action)) === true;
  return scopes !== undefined && isEnough ? undefined : challenge(exchange, tokens);
}

function challenge(exchange: Exchange, { auth, challenge: other }: Tokens): Reply {
  const needed = neededScope(exchange);
  const scope = needed === undefined ? '' : `,scope="repository:${needed.name}:${needed.action}"`;
  const honest =
    auth === 'basic'
      ? 'Basic realm="registry"'
      : `Bearer realm="${exchange.url.origin}/token",service="registry"${scope}`;
  const text = other ?? honest;
  return refusal(401, 'UNAUTHORIZED', text === '' ? {} : { 'www-authenticate': text });
}

function neededScope({ log }: Exchange): { readonly name: string; readonly action: string } | undefined {
  const name = /^\/v2\/(.+?)\/(?:manifests|blobs|tags)\//.exec(log.path)?.[1];
  if (name === undefined) return undefined;
  return { name, action: log.method === 'GET' || log.method === 'HEAD' ? 'pull' : 'push' };
}

function allows(scope: string, name: string, action: string): boolean {
  const [type, path, actions = ''] = scope.split(':');
  return type === 'repository' && path === name && actions.split(',').includes(action);
}

async function answerToken(exchange: Exchange, tokens: Tokens): Promise<Reply> {
  const { auth, user, issued, secrets, extra } = tokens;
  const form = new URLSearchParams(exchange.log.method === 'POST' ? await readText(exchange) : '');
  const given = basicCredentials(exchange.request.headers);
  const isUser =
    (given?.user === user.user && given.password === user.password) ||
    (form.get('username') === user.user && form.get('password') === user.password) ||
    form.get('refresh_token') === user.identityToken;
  const isAnonymous = given === undefined && exchange.log.method === 'GET';
  if (!isUser && !(auth === 'public' && isAnonymous)) return refusal(401, 'UNAUTHORIZED');
  const asked = [...exchange.url.searchParams.getAll('scope'), ...form.getAll('scope')];
  const scopes = asked.flatMap((text) => text.split(' '));
  const token = `token-${randomUUID()}`;
  issued.set(token, isUser ? scopes : scopes.map((scope) => scope.replace(/:[^:]*$/, ':pull')));
  secrets.add(token);
  return { status: 200, body: { token, access_token: token, expires_in: 300, ...extra } };
}
