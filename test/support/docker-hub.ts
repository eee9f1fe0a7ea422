import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from './certificates.js';
import { startDockerRegistry } from './docker-registry.js';
import type { DockerRegistry } from './docker-registry.js';
import { forward } from './forward.js';
import { ask } from './http-client.js';
import { reply, startHttpServer } from './http-server.js';
import type { Exchange, HttpServer } from './http-server.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';
import { startTokenServer } from './token-server.js';
import type { Access, TokenServer } from './token-server.js';

const HOSTS = {
  registry: 'registry-1.docker.io',
  auth: 'auth.docker.io',
  cdn: 'production.cloudflare.docker.com',
} as const;

export interface DockerHubOptions {
  /** Passwords by user; each may push to the repositories below their own name. */
  readonly users?: Readonly<Record<string, string>>;
  /** Repositories that only their owner may see. */
  readonly privateRepositories?: readonly string[];
  /** How many manifests may be pulled before it answers 429. Default: 100. */
  readonly pulls?: number;
  /** How long a token is good, in seconds. Default: 300. */
  readonly tokenSeconds?: number;
}

/** A stand-in for Docker Hub: three hosts, each with the log of what it was asked. */
export interface DockerHub {
  readonly registry: HttpServer;
  readonly auth: TokenServer;
  readonly cdn: HttpServer;
  /** The registry behind, open to everyone: `pushGraph(`${hub.storage.origin}/v2/library/nginx`, …)` fills it. */
  readonly storage: DockerRegistry;
  /** PEM of the authority that signed the certificates of all three. */
  readonly authority: string;
  /** The same in a file. */
  readonly authorityFile: string;
  /** `--resolve HOST:443:127.0.0.1:PORT` for each host. */
  readonly resolveFlags: readonly string[];
}

interface State {
  readonly storage: DockerRegistry;
  readonly auth: TokenServer;
  readonly pulls: number;
  pulled: number;
  /** Signed URLs by signature. */
  readonly signed: Map<string, { readonly path: string; readonly blob: string; readonly until: number }>;
}

/**
 * Starts Docker Hub as clients meet it, under its real names: bearer tokens for each repository, blobs at a signed URL of
 * a CDN that refuses an `Authorization` header, limits on pulls. A real docker-registry keeps the data.
 */
export async function startDockerHub(scope: Scope, options: DockerHubOptions = {}): Promise<DockerHub> {
  const authority = await createAuthority();
  const [storage, folder] = await Promise.all([startDockerRegistry(scope), temporaryFolder(scope)]);
  const auth = await startTokenServer(scope, {
    tls: await authority.issue([HOSTS.auth]),
    origin: `https://${HOSTS.auth}`,
    service: 'registry.docker.io',
    users: options.users ?? {},
    lifeSeconds: options.tokenSeconds ?? 300,
    // `docker login` finds none there, and keeps the password.
    refreshTokens: false,
    grant: (user, access) => grant(access, { user, storage, hidden: options.privateRepositories ?? [] }),
  });
  const state: State = { storage, auth, pulls: options.pulls ?? 100, pulled: 0, signed: new Map() };
  const registry = await startHttpServer(scope, (exchange) => serveRegistry(exchange, state), {
    tls: await authority.issue([HOSTS.registry]),
  });
  const cdn = await startHttpServer(scope, (exchange) => serveBlob(exchange, state), {
    tls: await authority.issue([HOSTS.cdn]),
  });
  const authorityFile = join(folder, 'hub-ca.crt');
  await writeFile(authorityFile, authority.certificate);
  const ports = { registry: registry.port, auth: auth.port, cdn: cdn.port };
  return {
    registry,
    auth,
    cdn,
    storage,
    authority: authority.certificate,
    authorityFile,
    resolveFlags: (['registry', 'auth', 'cdn'] as const).flatMap((host) => [
      '--resolve',
      `${HOSTS[host]}:443:127.0.0.1:${ports[host]}`,
    ]),
  };
}

interface Asker {
  readonly user: string | undefined;
  readonly storage: DockerRegistry;
  readonly hidden: readonly string[];
}

/** A repository that is not there, or not for this user, is granted nothing: the two look alike. */
async function grant({ type, name, actions }: Access, asker: Asker): Promise<readonly string[]> {
  if (type !== 'repository') return [];
  if (asker.user !== undefined && name.startsWith(`${asker.user}/`)) return actions;
  const { status } = await ask(`${asker.storage.origin}/v2/${name}/tags/list`);
  return status === 200 && !asker.hidden.includes(name) ? actions.filter((action) => action === 'pull') : [];
}

async function serveRegistry(exchange: Exchange, state: State): Promise<void> {
  const { log, response } = exchange;
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  const wanted = accessFor(exchange);
  const token = /^Bearer (.+)$/i.exec(log.headers.authorization ?? '')?.[1];
  const allowed = token === undefined ? undefined : state.auth.accessOf(token);
  if (allowed === undefined)
    return challenge(exchange, wanted, token === undefined ? undefined : 'invalid_token');
  if (!wanted.every((access) => covers(allowed, access)))
    return challenge(exchange, wanted, 'insufficient_scope');
  await serveAllowed(exchange, state);
}

async function serveAllowed(exchange: Exchange, state: State): Promise<void> {
  const { log, url } = exchange;
  const isRead = log.method === 'GET' || log.method === 'HEAD';
  const [, kind, name] = /\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
  if (log.method === 'DELETE' && !url.pathname.includes('/uploads/'))
    return refuse(exchange, 405, 'UNSUPPORTED');
  if (isRead && kind === 'blobs' && name !== undefined) return redirectToCdn(exchange, name, state);
  const isPull = isRead && kind === 'manifests';
  if (isPull && log.method === 'GET') state.pulled++;
  const responseHeaders = isPull ? rateLimit(state) : {};
  if (state.pulled > state.pulls) return refuse(exchange, 429, 'TOOMANYREQUESTS', responseHeaders);
  await forward(exchange, state.storage.origin, { headers: { authorization: undefined }, responseHeaders });
}

/** What a request needs, as distribution sees it (registry/handlers/app.go): all writing is `pull,push`. */
function accessFor({ log, url }: Exchange): readonly Access[] {
  const [, name] = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(url.pathname) ?? [];
  if (url.pathname === '/v2/_catalog') return [{ type: 'registry', name: 'catalog', actions: ['*'] }];
  if (name === undefined) return [];
  const isRead = log.method === 'GET' || log.method === 'HEAD';
  const from = url.searchParams.get('from');
  return [
    { type: 'repository', name, actions: isRead ? ['pull'] : ['pull', 'push'] },
    ...(from === null ? [] : [{ type: 'repository', name: from, actions: ['pull'] }]),
  ];
}

function covers(allowed: readonly Access[], { type, name, actions }: Access): boolean {
  const granted = allowed
    .filter((one) => one.type === type && one.name === name)
    .flatMap((one) => one.actions);
  return actions.every((action) => granted.includes(action));
}

function challenge(exchange: Exchange, wanted: readonly Access[], error: string | undefined): void {
  const scope = wanted.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
  const parameters = [
    `realm="https://${HOSTS.auth}/token"`,
    'service="registry.docker.io"',
    ...(scope === '' ? [] : [`scope="${scope}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ];
  refuse(exchange, 401, 'UNAUTHORIZED', { 'www-authenticate': `Bearer ${parameters.join(',')}` });
}

const MESSAGES = {
  UNAUTHORIZED: 'authentication required',
  UNSUPPORTED: 'The operation is unsupported.',
  TOOMANYREQUESTS:
    'You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
} as const;

function refuse(
  exchange: Exchange,
  status: number,
  code: keyof typeof MESSAGES,
  headers: Readonly<Record<string, string>> = {},
): void {
  reply(exchange, status, { headers, body: { errors: [{ code, message: MESSAGES[code] }] } });
}

/** A HEAD shows these numbers too, but is not counted. */
function rateLimit({ pulls, pulled }: State): Record<string, string> {
  return {
    'ratelimit-limit': `${pulls};w=21600`,
    'ratelimit-remaining': `${Math.max(0, pulls - pulled)};w=21600`,
    'docker-ratelimit-source': '127.0.0.1',
  };
}

async function redirectToCdn(exchange: Exchange, digest: string, state: State): Promise<void> {
  const { pathname } = exchange.url;
  const found = await ask(`${state.storage.origin}${pathname}`, { method: 'HEAD' });
  if (found.status !== 200)
    return forward(exchange, state.storage.origin, { headers: { authorization: undefined } });
  const hex = digest.replace('sha256:', '');
  const path = `/registry-v2/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
  const signature = randomBytes(24).toString('base64');
  const until = Date.now() + 1_200_000;
  state.signed.set(signature, { path, blob: pathname, until });
  const query = new URLSearchParams({ expires: String(Math.floor(until / 1000)), signature, version: '3' });
  const location = `https://${HOSTS.cdn}${path}?${query.toString()}`;
  reply(exchange, 307, { headers: { location, 'content-type': 'text/html; charset=utf-8' } });
}

async function serveBlob(exchange: Exchange, { signed, storage }: State): Promise<void> {
  const { log, url } = exchange;
  if (log.headers.authorization !== undefined) return reply(exchange, 400, { body: ONE_MECHANISM });
  const grant = signed.get(url.searchParams.get('signature') ?? '');
  if (grant?.path !== url.pathname || grant.until < Date.now())
    return reply(exchange, 403, { body: 'Forbidden' });
  if (log.method !== 'GET' && log.method !== 'HEAD') return reply(exchange, 405);
  await forward(exchange, storage.origin, { path: grant.blob });
}

/** What S3 says to a signed URL that comes with an Authorization header as well. */
const ONE_MECHANISM =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; ' +
  'only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be ' +
  'specified</Message></Error>';
