import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createAuthority } from './certificates.js';
import type { KeyPair } from './certificates.js';
import type { TokenTrust } from './docker-registry.js';
import { basicCredentials, readText, reply, startHttpServer } from './http-server.js';
import type { Exchange, HttpServer } from './http-server.js';
import { keepLogin, keepSecret } from './secrets.js';
import type { Scope } from './temp.js';

/** One scope, taken apart: `repository:library/app:pull,push`. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export interface TokenServerOptions {
  /** Default: plain HTTP. */
  readonly tls?: KeyPair;
  /** What the realm calls the server, for tests that map a name to the loopback. Default: its real origin. */
  readonly origin?: string;
  /** Default: `registry.test`. */
  readonly service?: string;
  /** Passwords by user. */
  readonly users?: Readonly<Record<string, string>>;
  /** Which of the wanted actions somebody gets. Default: a user all of them, the anonymous `pull`. */
  readonly grant?: (
    user: string | undefined,
    access: Access,
  ) => readonly string[] | Promise<readonly string[]>;
  /** How long a token is good, in seconds; fractions too. Default: 300. */
  readonly lifeSeconds?: number;
  /** What it says about that: `expires_in`. Default: the truth; `null` says nothing. */
  readonly expiresIn?: number | null;
  /** Which fields hold the token. Default: `both`. */
  readonly fields?: 'token' | 'access_token' | 'both';
  /** Answers a POST with this status. Default: it serves OAuth2. */
  readonly refusePost?: 400 | 401 | 404 | 405;
  /** Gives refresh tokens to those who ask for one (`offline_token=true`, `access_type=offline`). Default: true. */
  readonly refreshTokens?: boolean;
}

/** One question to the token endpoint, as it was understood. */
interface TokenRequest {
  readonly method: string;
  /** OAuth2's `grant_type`; for GET `basic` or `anonymous`. */
  readonly grant: string;
  /** Undefined for the anonymous. */
  readonly user: string | undefined;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly offline: boolean;
  readonly status: number;
}

export interface TokenServer extends HttpServer {
  /** The URL that a challenge names. */
  readonly realm: string;
  /** What a registry needs to believe its tokens. */
  readonly trust: TokenTrust;
  readonly tokenRequests: readonly TokenRequest[];
  /** What a living token of this server allows; undefined for any other. */
  readonly accessOf: (token: string) => readonly Access[] | undefined;
  /** From now on these options count as well; for a server that changes its mind. */
  readonly change: (
    options: Pick<TokenServerOptions, 'lifeSeconds' | 'expiresIn' | 'users' | 'refusePost'>,
  ) => void;
}

interface State {
  options: TokenServerOptions;
  readonly service: string;
  readonly issuer: string;
  readonly key: KeyObject;
  /** Base64 DER of the certificate of the key (RFC 7515, 4.1.6). */
  readonly x5c: string;
  readonly alive: Map<string, { readonly access: readonly Access[]; readonly until: number }>;
  readonly refreshTokens: Map<string, string>;
  readonly tokenRequests: TokenRequest[];
}

/**
 * Starts a token service as the distribution project specifies it (its docs: spec/auth/token.md and oauth.md): GET with
 * Basic or nothing, and OAuth2's POST with `password` or `refresh_token`. It signs real JWTs, which docker-registry
 * believes when it is started with `{ auth: { token: server.trust } }`.
 */
export async function startTokenServer(scope: Scope, options: TokenServerOptions = {}): Promise<TokenServer> {
  keepLogins(options);
  const authority = await createAuthority('reg test tokens');
  const signer = await authority.issue(['tokens.test']);
  const state: State = {
    options,
    service: options.service ?? 'registry.test',
    issuer: 'reg test',
    key: createPrivateKey(signer.key),
    x5c: new X509Certificate(signer.certificate).raw.toString('base64'),
    alive: new Map(),
    refreshTokens: new Map(),
    tokenRequests: [],
  };
  const server = await startHttpServer(scope, (exchange) => answer(exchange, state), { tls: options.tls });
  const realm = `${options.origin ?? server.origin}/token`;
  const { service, issuer, tokenRequests } = state;
  return {
    ...server,
    realm,
    trust: { realm, service, issuer, rootCertificate: authority.certificate },
    tokenRequests,
    accessOf: (token) => {
      const found = state.alive.get(token);
      return found && found.until > Date.now() ? found.access : undefined;
    },
    change(changes) {
      keepLogins(changes);
      state.options = { ...state.options, ...changes };
    },
  };
}

function keepLogins({ users = {} }: Pick<TokenServerOptions, 'users'>): void {
  for (const [user, password] of Object.entries(users)) keepLogin(user, password);
}

async function answer(exchange: Exchange, state: State): Promise<void> {
  const { log, url } = exchange;
  const isPost = log.method === 'POST';
  const text = isPost ? await readText(exchange) : url.search;
  if (url.pathname !== '/token') return reply(exchange, 404);
  const { refusePost } = state.options;
  const form = new URLSearchParams(text);
  const user = isPost ? oauthUser(form, state) : basicUser(exchange, state);
  const status = isPost && refusePost !== undefined ? refusePost : user === false ? 401 : 200;
  const request = describe(form, { method: log.method, user: user || undefined, status });
  state.tokenRequests.push(request);
  if (status !== 200) return reply(exchange, status, { body: { details: 'incorrect username or password' } });
  reply(exchange, 200, { body: await issueToken(request, state), headers: { 'cache-control': 'no-store' } });
}

function describe(
  form: URLSearchParams,
  known: Pick<TokenRequest, 'method' | 'user' | 'status'>,
): TokenRequest {
  return {
    ...known,
    grant: form.get('grant_type') ?? (known.user === undefined ? 'anonymous' : 'basic'),
    service: form.get('service') ?? '',
    // GET repeats the parameter, POST parts the scopes by spaces; both are taken in both.
    scopes: form.getAll('scope').flatMap((scopes) => scopes.split(' ').filter((one) => one !== '')),
    offline: form.get('offline_token') === 'true' || form.get('access_type') === 'offline',
  };
}

/** Who asks: a user, the anonymous (undefined), or somebody with the wrong password (false). */
function basicUser({ log }: Exchange, { options }: State): string | undefined | false {
  const credentials = basicCredentials(log.headers);
  if (credentials === undefined) return undefined;
  return options.users?.[credentials.user] === credentials.password && credentials.user;
}

function oauthUser(form: URLSearchParams, { options, refreshTokens }: State): string | false {
  if (form.get('grant_type') === 'refresh_token')
    return refreshTokens.get(form.get('refresh_token') ?? '') ?? false;
  const user = form.get('username') ?? '';
  return form.get('grant_type') === 'password' && options.users?.[user] === form.get('password') && user;
}

async function issueToken(request: TokenRequest, state: State): Promise<object> {
  const { lifeSeconds = 300, fields = 'both', refreshTokens = true } = state.options;
  const { expiresIn = Math.ceil(lifeSeconds) } = state.options;
  const access = await Promise.all(request.scopes.map((scope) => allow(scope, request.user, state)));
  const until = Date.now() + lifeSeconds * 1000;
  const token = jwt({ access, user: request.user, until }, state);
  keepSecret(token);
  state.alive.set(token, { access, until });
  return {
    ...(fields !== 'access_token' && { token }),
    ...(fields !== 'token' && { access_token: token }),
    ...(expiresIn !== null && { expires_in: expiresIn, issued_at: new Date().toISOString() }),
    ...(refreshTokens &&
      request.offline &&
      request.user && { refresh_token: refreshToken(request.user, state) }),
  };
}

async function allow(scope: string, user: string | undefined, { options }: State): Promise<Access> {
  const [, type = '', name = '', actions = ''] = /^([^:]*):(.*):([^:]*)$/.exec(scope) ?? [];
  const wanted = { type, name, actions: actions.split(',') };
  const grant = options.grant ?? grantByDefault;
  return { ...wanted, actions: await grant(user, wanted) };
}

function grantByDefault(user: string | undefined, { actions }: Access): readonly string[] {
  return user === undefined ? actions.filter((action) => action === 'pull') : actions;
}

function refreshToken(user: string, { refreshTokens }: State): string {
  const token = randomUUID();
  keepSecret(token);
  refreshTokens.set(token, user);
  return token;
}

/** docker-registry takes a token for so long after its end (`Leeway` in distribution 2.8, registry/auth/token/token.go). */
const LEEWAY_SECONDS = 60;

interface Claims {
  readonly access: readonly Access[];
  readonly user: string | undefined;
  readonly until: number;
}

function jwt({ access, user, until }: Claims, { issuer, service, key, x5c }: State): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { typ: 'JWT', alg: 'ES256', x5c: [x5c] };
  const claims = {
    iss: issuer,
    sub: user ?? '',
    aud: service,
    iat: now,
    nbf: now,
    // So that the registry refuses it when its life ends (up to a second before), and not a minute later.
    exp: Math.floor(until / 1000) - LEEWAY_SECONDS,
    jti: randomUUID(),
    access,
  };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
