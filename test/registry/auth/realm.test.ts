import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import type { RegError } from '../../../src/errors.js';
import { belongsTogether, parseRealm } from '../../../src/registry/auth/realm.js';
import type { Credential } from '../../../src/registry/auth/credential.js';
import type { ClientOptions } from '../../../src/registry/client-options.js';
import { createAuthority } from '../../support/certificates.js';
import { readText, startHosts, toRequest } from '../../support/hosts.js';
import { reply, startHttpServer, type Exchange, type HttpServer } from '../../support/http-server.js';

const HTTPS = new URL('https://registry.example.com/');
const HTTP = new URL('http://registry.example.com/');
const INSIDE = new URL('https://10.0.0.1:5000/');

function parse(realm: string, base = HTTPS): URL {
  return parseRealm(realm, { base, clean: (text) => text });
}

for (const [realm, base, expected] of [
  ['https://auth.example.com/token?a=b', HTTPS, 'https://auth.example.com/token?a=b'],
  ['/token', HTTPS, 'https://registry.example.com/token'],
  ['token', HTTPS, 'https://registry.example.com/token'],
  ['http://auth.example.com/token', HTTP, 'http://auth.example.com/token'],
  ['https://10.0.0.1/token', INSIDE, 'https://10.0.0.1/token'],
] as const) {
  test(`the realm ${realm} of ${base.host} may be asked`, () => {
    assert.equal(parse(realm, base).href, expected);
  });
}

for (const [realm, why, base] of [
  ['', /empty/, HTTPS],
  ['http://auth.example.com/token', /plain http/, HTTPS],
  ['http://registry.example.com/token', /plain http/, HTTPS],
  ['https://registry.example.com@evil.example/token', /username/, HTTPS],
  ['https://:secret@registry.example.com/token', /username/, HTTPS],
  ['file:///etc/passwd', /only https/, HTTPS],
  ['ftp://auth.example.com/', /only https/, HTTPS],
  ['http://', /not a URL/, HTTPS],
  ['https://169.254.169.254/latest/meta-data', /private address/, HTTPS],
  ['https://[::ffff:169.254.169.254]/', /private address/, HTTPS],
  ['https://2852039166/', /private address/, HTTPS],
  ['https://127.0.0.1/token', /private address/, HTTPS],
  ['https://localhost/token', /private address/, HTTPS],
  ['https://10.0.0.2/token', /private address/, INSIDE],
  [`https://auth.example.com/?${'a=b&'.repeat(10_000)}`, /longer than 8192/, HTTPS],
] as const) {
  test(`the realm ${realm.slice(0, 60)} of ${base.host} is refused`, () => {
    assert.throws(
      () => parse(realm, base),
      (error: RegError) =>
        error.code === 'PROTOCOL_ERROR' && why.test(error.message) && !/secret/.test(error.message),
    );
  });
}

test('hosts of one registrable domain belong together', async () => {
  for (const [realm, base] of [
    ['https://auth.docker.io/token', 'https://registry-1.docker.io/'],
    ['https://gitlab.com/jwt/auth', 'https://registry.gitlab.com/'],
    ['https://a.example.co.uk/', 'https://b.example.co.uk/'],
    ['https://127.0.0.1:1/', 'https://127.0.0.1:2/'],
  ] as const) {
    assert.ok(await belongsTogether(new URL(realm), new URL(base)), realm);
  }
});

test('hosts that only share a suffix, or look alike, do not', async () => {
  for (const [realm, base] of [
    ['https://auth.evil.example/', 'https://registry.example/'],
    ['https://registry.example.com.evil.org/', 'https://registry.example.com/'],
    ['https://notexample.com/', 'https://example.com/'],
    ['https://a.co.uk/', 'https://b.co.uk/'],
    ['https://mallory.github.io/', 'https://alice.github.io/'],
    ['https://auth.docker.io/', 'https://registry.example.com/'],
    ['https://10.0.0.1/', 'https://10.0.0.2/'],
    ['https://co.uk/', 'https://example.co.uk/'],
  ] as const) {
    assert.ok(!(await belongsTogether(new URL(realm), new URL(base))), realm);
  }
});

const LOGIN: Credential = { username: 'user', password: 'hunter22' };
const BASIC = `Basic ${Buffer.from('user:hunter22').toString('base64')}`;

interface Parties {
  readonly registry: HttpServer;
  readonly realm: HttpServer;
  readonly registryHost: string;
  readonly realmHost: string;
  readonly start: (options?: Partial<ClientOptions>) => ReturnType<ReturnType<typeof startHosts>['get']>;
}

interface Behaviour {
  readonly onToken?: (exchange: Exchange) => void;
  readonly accepts?: boolean;
  /** Names of the two hosts. */
  readonly names?: readonly [string, string];
}

/** A registry and a token service under names of the public internet, with TLS, both on loopback in truth. */
async function meet(context: TestContext, behaviour: Behaviour = {}): Promise<Parties> {
  const { onToken = (exchange) => reply(exchange, 200, { body: { token: 'abc' } }), accepts = true } =
    behaviour;
  const [registryName, realmName] = behaviour.names ?? ['registry.one.example', 'auth.two.example'];
  const authority = await createAuthority();
  const tls = await authority.issue([registryName, realmName, '127.0.0.1']);
  const realm = await startHttpServer(context, onToken, { tls });
  const realmHost = `${realmName}:${realm.port}`;
  const registry = await startHttpServer(
    context,
    (exchange) =>
      accepts && exchange.request.headers.authorization === 'Bearer abc'
        ? reply(exchange, 200, { body: 'content' })
        : reply(exchange, 401, {
            headers: { 'www-authenticate': `Bearer realm="https://${realmHost}/token"` },
          }),
    { tls },
  );
  const registryHost = `${registryName}:${registry.port}`;
  const resolve = [
    { host: registryName, port: registry.port, address: '127.0.0.1' },
    { host: realmName, port: realm.port, address: '127.0.0.1' },
  ];
  return {
    registry,
    realm,
    registryHost,
    realmHost,
    start: (options) =>
      startHosts(context, {
        ca: [authority.certificate],
        resolve,
        credentials: async () => LOGIN,
        ...options,
      }).get(registryHost),
  };
}

test('a token service on a strange host is asked for an anonymous token', async (context) => {
  const { realm, registry, start } = await meet(context);
  assert.equal(await readText(await start().send(toRequest('/v2/app/x'))), 'content');
  assert.equal(realm.requests[0]?.headers.authorization, undefined);
  assert.ok(
    [...realm.requests, ...registry.requests].every(({ headers }) => headers.authorization !== BASIC),
  );
});

test('where that does not suffice, the strange host is named, and how to allow it', async (context) => {
  for (const behaviour of [{ accepts: false }, { onToken: (exchange: Exchange) => reply(exchange, 401) }]) {
    const { realm, realmHost, registryHost, start } = await meet(context, behaviour);
    await assert.rejects(start().send(toRequest('/v2/app/x')), (error: RegError) => {
      assert.ok(
        error.message.startsWith(`${realmHost} wants the password for ${registryHost}`),
        error.message,
      );
      assert.ok(error.context.hint?.includes(`--auth-host ${realmHost}`));
      return error.code === 'UNAUTHORIZED';
    });
    assert.ok(realm.requests.every(({ headers }) => headers.authorization === undefined));
  }
});

test('a login is not taken for checked when nobody saw the password', async (context) => {
  const { realm, start } = await meet(context);
  await assert.rejects(start().ping(undefined), { code: 'UNAUTHORIZED' });
  assert.equal(realm.requests[0]?.headers.authorization, undefined);
});

test('the person can allow it, for this registry and this host', async (context) => {
  const { realm, realmHost, registryHost, start } = await meet(context);
  const asked: (readonly string[])[] = [];
  const authHosts = (...pair: readonly string[]): boolean => asked.push(pair) > 0;
  await start({ authHosts }).ping(undefined);
  assert.equal(realm.requests[0]?.headers.authorization, BASIC);
  assert.deepEqual(asked, [[registryHost, realmHost]]);
});

test('an identity token goes no further than a password', async (context) => {
  const { realm, start } = await meet(context);
  const credentials = async (): Promise<Credential> => ({ identityToken: 'refresh me' });
  await (await start({ credentials }).send(toRequest('/v2/app/x'))).discard();
  assert.equal(realm.requests[0]?.method, 'GET');
  assert.equal(realm.requests[0]?.headers.authorization, undefined);
});

test('a token service of the same registrable domain gets the password', async (context) => {
  const { realm, start } = await meet(context, { names: ['registry.corp.example', 'login.corp.example'] });
  await start().ping(undefined);
  assert.equal(realm.requests[0]?.headers.authorization, BASIC);
});

test('a token service that redirects to another host leaves the password behind', async (context) => {
  const names = ['registry.corp.example', 'login.corp.example'] as const;
  let location = '';
  const { realm, registryHost, start, registry } = await meet(context, {
    names,
    onToken: (exchange) => reply(exchange, 307, { headers: { location } }),
  });
  location = `https://${registryHost}/elsewhere`;
  await assert.rejects(start().send(toRequest('/v2/app/x')), { code: 'UNAUTHORIZED' });
  assert.equal(realm.requests[0]?.headers.authorization, BASIC);
  assert.equal(registry.requests.at(-1)?.path, '/elsewhere');
  assert.equal(registry.requests.at(-1)?.headers.authorization, undefined);
});

for (const [what, target] of [
  ['a private address', 'https://127.0.0.1:'],
  ['plain http', 'http://login.corp.example:'],
  ['a URL with a username', 'https://user@login.corp.example:'],
] as const) {
  test(`a token service that redirects to ${what} is not followed`, async (context) => {
    let location = '';
    const { realm, start } = await meet(context, {
      names: ['registry.corp.example', 'login.corp.example'],
      onToken: (exchange) => reply(exchange, 302, { headers: { location } }),
    });
    location = `${target}${realm.port}/token`;
    await assert.rejects(start().send(toRequest('/v2/app/x')), { code: 'PROTOCOL_ERROR' });
    assert.equal(realm.requests.length, 1);
  });
}

test('a refresh token is not carried along by a redirect', async (context) => {
  let location = '';
  const { realm, registry, registryHost, start } = await meet(context, {
    names: ['registry.corp.example', 'login.corp.example'],
    onToken: (exchange) => reply(exchange, 307, { headers: { location } }),
  });
  location = `https://${registryHost}/elsewhere`;
  const credentials = async (): Promise<Credential> => ({ identityToken: 'refresh me' });
  await assert.rejects(start({ credentials }).send(toRequest('/v2/app/x')), { code: 'PROTOCOL_ERROR' });
  assert.equal(realm.requests.length, 1);
  assert.equal(registry.requests.length, 1);
});

test('leaving certificates unchecked is not for the token service', async (context) => {
  const { realm, start } = await meet(context, { names: ['registry.corp.example', 'login.corp.example'] });
  await assert.rejects(start({ ca: [], insecure: true }).ping(undefined), { code: 'TLS_ERROR' });
  assert.equal(realm.requests.length, 0);
});

for (const scheme of ['Basic', 'Bearer']) {
  test(`no password for ${scheme} goes over plain http to another machine without the flag for it`, async (context) => {
    const registry: HttpServer = await startHttpServer(context, (exchange) => {
      if (exchange.url.pathname === '/token') return reply(exchange, 200, { body: { token: 'abc' } });
      if (exchange.request.headers.authorization !== undefined) return reply(exchange, 200);
      return reply(exchange, 401, { headers: { 'www-authenticate': `${scheme} realm="/token"` } });
    });
    const host = `registry.test:${registry.port}`;
    const resolve = [{ host: 'registry.test', port: registry.port, address: '127.0.0.1' }];
    const options = { resolve, plainHttp: true, credentials: async () => LOGIN };
    await assert.rejects(
      startHosts(context, options).get(host).ping(undefined),
      (error: RegError) =>
        error.code === 'CREDENTIALS_UNAVAILABLE' && /--plain-http-auth/.test(error.context.hint ?? ''),
    );
    assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
    await startHosts(context, { ...options, plainHttpAuth: true })
      .get(host)
      .ping(undefined);
    assert.ok(registry.requests.some(({ headers }) => headers.authorization === BASIC));
  });
}

test('no identity token goes over plain http to another machine either', async (context) => {
  const registry = await startHttpServer(context, (exchange) =>
    exchange.url.pathname === '/token'
      ? reply(exchange, 200, { body: { access_token: 'abc' } })
      : reply(exchange, 401, { headers: { 'www-authenticate': 'Bearer realm="/token"' } }),
  );
  const resolve = [{ host: 'registry.test', port: registry.port, address: '127.0.0.1' }];
  const credentials = async (): Promise<Credential> => ({ identityToken: 'refresh me' });
  const hosts = startHosts(context, { resolve, plainHttp: true, credentials });
  await assert.rejects(hosts.get(`registry.test:${registry.port}`).ping(undefined), {
    code: 'CREDENTIALS_UNAVAILABLE',
  });
  assert.ok(registry.requests.every(({ path }) => path !== '/token'));
});

test('the token service of a private registry leads to no other private address', async (context) => {
  const other = await startHttpServer(context, (exchange) =>
    reply(exchange, 200, { body: { token: 'abc' } }),
  );
  const registry = await startHttpServer(context, (exchange) =>
    exchange.url.pathname === '/token'
      ? reply(exchange, 307, { headers: { location: `http://localhost:${other.port}/token` } })
      : reply(exchange, 401, { headers: { 'www-authenticate': 'Bearer realm="/token"' } }),
  );
  await assert.rejects(startHosts(context).get(registry.host).ping(undefined), { code: 'PROTOCOL_ERROR' });
  assert.equal(other.requests.length, 0);
});

test('an anonymous token may be used over plain http', async (context) => {
  const registry = await startHttpServer(context, (exchange) => {
    if (exchange.url.pathname === '/token') return reply(exchange, 200, { body: { token: 'abc' } });
    if (exchange.request.headers.authorization === 'Bearer abc') return reply(exchange, 200);
    return reply(exchange, 401, { headers: { 'www-authenticate': 'Bearer realm="/token"' } });
  });
  const resolve = [{ host: 'registry.test', port: registry.port, address: '127.0.0.1' }];
  await startHosts(context, { resolve, plainHttp: true })
    .get(`registry.test:${registry.port}`)
    .ping(undefined);
});
