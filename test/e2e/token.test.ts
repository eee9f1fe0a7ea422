import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { patternContent } from '../support/contents.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import type { DockerRegistry } from '../support/docker-registry.js';
import { forward } from '../support/forward.js';
import { ask, basicAuthorization } from '../support/http-client.js';
import { startLoggingProxy } from '../support/http-proxy-log.js';
import type { Exchange, HttpServer } from '../support/http-server.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import type { TestImage } from '../support/images.js';
import { createPerson } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import type { Scope } from '../support/temp.js';
import { startTokenServer } from '../support/token-server.js';
import type { TokenServer, TokenServerOptions } from '../support/token-server.js';

const REAL = needs('docker-registry');
const MIB = 1024 * 1024;

test('with a login, tokens open a real registry for push, pull and delete', REAL, async (t) => {
  const { me, tokens, host } = await startTokens(t);
  await login(me, host);
  await me.reg(['push', '--from', './app', `${host}/team/app:1`]);
  await me.reg(['pull', `${host}/team/app:1`]);
  await me.reg(['delete', '--yes', `${host}/team/app:1`]);
  const granted = tokens.tokenRequests.filter(({ status }) => status === 200);
  assert.ok(granted.every(({ user, service }) => user === 'ann' && service === 'registry.test'));
  const scopes = granted.map((request) => request.scopes.join(' '));
  assert.deepEqual(
    scopes.filter((scope) => scope !== ''),
    ['pull,push', 'pull', 'pull', '*'].map((actions) => `repository:team/app:${actions}`),
  );
});

test(
  'where the token service offers a refresh token, that is kept in place of the password',
  REAL,
  async (t) => {
    const { me, tokens, host } = await startTokens(t);
    await login(me, host);
    const kept = await readFile(me.dockerConfig, 'utf8');
    assert.match(kept, new RegExp(`"auth": "${Buffer.from('ann:').toString('base64')}"`));
    assert.match(kept, /"identitytoken": "[^"]+"/);
    assert.deepEqual(
      tokens.tokenRequests.map(({ grant, offline }) => [grant, offline]),
      [
        ['basic', true],
        ['refresh_token', false],
      ],
      'it was tried out',
    );
    const who = await me.reg(['whoami', '-q', host]);
    assert.equal(who.stdout, 'ann\n');
  },
);

for (const [what, options] of [
  ['offers none', { refreshTokens: false }],
  ['does not take the one that it gives', { refusePost: 401 }],
] as const) {
  test(`where the token service ${what}, the password is kept`, REAL, async (t) => {
    const { me, tokens, host } = await startTokens(t, options);
    await login(me, host);
    assert.doesNotMatch(await readFile(me.dockerConfig, 'utf8'), /identitytoken/);
    await me.reg(['push', '--from', './app', `${host}/team/app:1`]);
    assert.equal(tokens.tokenRequests.at(-1)?.grant, 'basic');
  });
}

test('a login by an identity token is tried, and kept as one', REAL, async (t) => {
  const { me, tokens, host } = await startTokens(t);
  await login(me, host);
  const { stdout } = await me.reg(['auth', 'get', host]);
  const { Username, Secret } = JSON.parse(stdout);
  assert.equal(Username, '<token>');
  const other = await createPerson(t);
  const args = ['login', '--identity-token-stdin', host];
  await other.fails(4, args, { stdin: 'not-a-token' });
  await other.reg(args, { stdin: Secret });
  assert.deepEqual(JSON.parse(await readFile(other.dockerConfig, 'utf8')), {
    auths: { [host]: { identitytoken: Secret } },
  });
  assert.equal(tokens.tokenRequests.at(-1)?.grant, 'refresh_token');
});

test('a wrong password is refused by the token service, and the login with it', REAL, async (t) => {
  const { me, host } = await startTokens(t);
  await me.fails(4, ['login', '-u', 'ann', '--password-stdin', host], { stdin: 'wrong' });
});

test('who may not push is told so, once and without a storm of questions', REAL, async (t) => {
  const { me, tokens, host } = await startTokens(t);
  const { stderr } = await me.fails(4, ['push', '--from', './app', `${host}/team/app:1`]);
  assert.match(stderr, /reg login/);
  assert.ok(tokens.tokenRequests.length <= 4, `${tokens.tokenRequests.length} tokens were asked for`);
});

test('a token that dies in the middle of a push is replaced, and the push goes on', REAL, async (t) => {
  const { me, tokens, host, registry, proxy, made } = await startTokens(t, {
    tooLate: ({ log }) => (log.method === 'PATCH' || log.method === 'PUT') && log.path.includes('/blobs/'),
  });
  await login(me, host);
  const before = tokens.tokenRequests.length;
  await me.reg(['push', '--concurrency', '1', '--from', './app', `${host}/team/app:1`]);
  const refused = proxy.requests.filter(({ status, path }) => status === 401 && path.includes('/uploads/'));
  assert.equal(refused.length, 2);
  // Each is replaced by one, and that does for what comes after.
  assert.equal(tokens.tokenRequests.length - before, 1 + 2);

  const stored = await ask(`${registry.origin}/v2/team/app/manifests/1`, {
    headers: { accept: made.descriptor.mediaType, authorization: await bearer(tokens) },
  });
  assert.deepEqual(stored.body, made.bytes);
});

test('a token that dies in the middle of a pull is replaced, and the pull goes on', REAL, async (t) => {
  const { me, tokens, host, proxy } = await startTokens(t, {
    tooLate: ({ log }) => log.method === 'GET' && log.path.includes('/blobs/'),
  });
  await login(me, host);
  await me.reg(['push', '--from', './app', `${host}/team/app:1`]);
  const before = tokens.tokenRequests.length;
  await me.reg(['pull', '--concurrency', '1', `${host}/team/app:1`]);
  const refused = proxy.requests.filter(
    ({ status, path }) => status === 401 && path.includes('/blobs/sha256:'),
  );
  assert.equal(refused.length, 2);
  assert.equal(tokens.tokenRequests.length - before, 1 + 2);
  await me.reg(['verify']);
});

test('an identity token of a docker login opens the registry by OAuth2', REAL, async (t) => {
  const { me, tokens, host } = await startTokens(t);
  await keepIdentityToken(me, tokens, { host });
  const before = tokens.tokenRequests.length;
  await me.reg(['push', '--from', './app', `${host}/team/app:1`]);
  assert.deepEqual(
    tokens.tokenRequests.slice(before).map(({ method, grant, user }) => ({ method, grant, user })),
    [{ method: 'POST', grant: 'refresh_token', user: 'ann' }],
  );
});

for (const status of [400, 401, 404, 405] as const) {
  test(`where the token service refuses OAuth2 with ${status}, a GET is tried`, REAL, async (t) => {
    // What everybody may have can then still be had.
    const { me, tokens, host } = await startTokens(t);
    await login(me, host);
    await me.reg(['push', '--from', './app', `${host}/team/app:1`]);
    await keepIdentityToken(me, tokens, { host });
    tokens.change({ refusePost: status });
    const before = tokens.tokenRequests.length;
    await me.reg(['pull', `${host}/team/app:1`]);
    assert.deepEqual(
      tokens.tokenRequests.slice(before).map(({ method }) => method),
      ['POST', 'GET'],
    );
  });
}

test('where OAuth2 is refused and docker has kept the password, too, that is used', REAL, async (t) => {
  const { me, tokens, host } = await startTokens(t);
  await keepIdentityToken(me, tokens, { host, login: 'ann:open-sesame' });
  tokens.change({ refusePost: 404 });
  const before = tokens.tokenRequests.length;
  await me.reg(['push', '--from', './app', `${host}/team/app:1`]);
  assert.deepEqual(
    tokens.tokenRequests.slice(before).map(({ grant, user }) => ({ grant, user })),
    [
      { grant: 'refresh_token', user: 'ann' },
      { grant: 'basic', user: 'ann' },
    ],
  );
});

interface Setting {
  readonly me: Person;
  readonly tokens: TokenServer;
  readonly registry: DockerRegistry;
  readonly proxy: HttpServer;
  /** Of the proxy: what goes into references. */
  readonly host: string;
  /** What the OCI layout `app` at home holds. */
  readonly made: TestImage;
}

interface SettingOptions extends Pick<TokenServerOptions, 'refreshTokens' | 'refusePost'> {
  /** Which requests, two of them, come to the registry when the token that they carry is dead. */
  readonly tooLate?: (exchange: Exchange) => boolean;
}

async function startTokens(scope: Scope, { tooLate, ...options }: SettingOptions = {}): Promise<Setting> {
  const tokens = await startTokenServer(scope, { ...options, users: { ann: 'open-sesame' } });
  const registry = await startDockerRegistry(scope, { auth: { token: tokens.trust } });
  const dead = tooLate === undefined ? undefined : await deadBearer(tokens);
  const late = new Set<string>();
  const proxy = await startLoggingProxy(scope, registry.origin, {
    intercept: async (exchange) => {
      if (exchange.log.headers.authorization === undefined || tooLate?.(exchange) !== true) return false;
      // What comes again comes with another token.
      const { pathname } = exchange.url;
      if (late.has(pathname) || late.size === 2) return false;
      late.add(pathname);
      await forward(exchange, registry.origin, { headers: { authorization: dead } });
      return true;
    },
  });
  const me = await createPerson(scope);
  const large = await patternContent(6 * MIB, 1);
  const made = image({
    layers: [await layer({ a: 'a' }), { blob: large, tar: large }, await layer({ b: 'b' })],
  });
  await writeLayout(join(me.home, 'app'), { it: made });
  return { me, tokens, registry, proxy, host: proxy.host, made };
}

async function login(me: Person, host: string): Promise<void> {
  await me.reg(['login', '-u', 'ann', '--password-stdin', host], { stdin: 'open-sesame' });
}

async function bearer(tokens: TokenServer): Promise<string> {
  const { body } = await ask(`${tokens.realm}?service=registry.test&scope=repository:team/app:pull`, {
    headers: { authorization: basicAuthorization('ann', 'open-sesame') },
  });
  const { token }: { readonly token: string } = JSON.parse(body.toString());
  return `Bearer ${token}`;
}

/** As `bearer`, of a token that has died; nobody has to wait for that. */
async function deadBearer(tokens: TokenServer): Promise<string> {
  tokens.change({ lifeSeconds: -1 });
  const dead = await bearer(tokens);
  tokens.change({ lifeSeconds: 300 });
  return dead;
}

/** As `docker login` keeps it where the token service gives refresh tokens. */
async function keepIdentityToken(
  { dockerConfig }: Person,
  tokens: TokenServer,
  { host, login = '<token>:' }: { readonly host: string; readonly login?: string },
): Promise<void> {
  const { body } = await ask(`${tokens.realm}?service=registry.test&offline_token=true`, {
    headers: { authorization: basicAuthorization('ann', 'open-sesame') },
  });
  const { refresh_token: identitytoken }: { readonly refresh_token: string } = JSON.parse(body.toString());
  const auth = Buffer.from(login).toString('base64');
  await mkdir(dirname(dockerConfig), { recursive: true });
  await writeFile(dockerConfig, JSON.stringify({ auths: { [host]: { auth, identitytoken } } }), {
    mode: 0o600,
  });
}
