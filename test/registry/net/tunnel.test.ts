import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { hasCode, type ErrorCode, type RegError } from '../../../src/errors.js';
import { proxyFromEnvironment } from '../../../src/registry/net/proxy.js';
import { createAuthority, type Authority } from '../../support/certificates.js';
import { startForwardProxy, type ForwardProxyOptions } from '../../support/forward-proxy.js';
import { readText, startHosts, toRequest, type TestHosts } from '../../support/hosts.js';
import { reply, startHttpServer, type Exchange, type HttpServer } from '../../support/http-server.js';

const LOGIN = { username: 'alice', password: 'hunter2-of-the-proxy' };
const REFUSED_PORT = 9;

/** A server that only the proxy can find, as registry.test on the usual port. */
async function startBehind(
  context: TestContext,
  answer: (exchange: Exchange) => void = (exchange) => reply(exchange, 200, { body: 'blob' }),
): Promise<{ readonly authority: Authority; readonly server: HttpServer }> {
  const authority = await createAuthority();
  const server = await startHttpServer(context, answer, { tls: await authority.issue(['registry.test']) });
  return { authority, server };
}

function proxied(
  context: TestContext,
  proxy: string,
  options: Parameters<typeof startHosts>[1] & { readonly env?: Record<string, string> } = {},
): TestHosts {
  const { env = {}, ...others } = options;
  return startHosts(context, {
    connectTimeoutMs: 500,
    ...others,
    proxyFor: proxyFromEnvironment({ ALL_PROXY: proxy, ...env }),
  });
}

function get(hosts: TestHosts, host = 'registry.test'): Promise<string> {
  return hosts.get(host).send(toRequest('/v2/app/blobs/x')).then(readText);
}

function fails(code: ErrorCode, message: RegExp, hint = /./): (error: RegError) => boolean {
  return (error) => {
    assert.equal(error.code, code, error.stack);
    assert.match(error.message, message);
    assert.match(error.context.hint ?? '', hint);
    assert.doesNotMatch(`${error.message} ${error.context.hint}`, /hunter2/);
    return true;
  };
}

test('https goes through a tunnel, by the name that only the proxy knows, and keeps it', async (context) => {
  const { authority, server } = await startBehind(context);
  const proxy = await startForwardProxy(context, { names: { 'registry.test:443': server.port } });
  const hosts = proxied(context, proxy.url, { ca: [authority.certificate] });
  assert.equal(await get(hosts), 'blob');
  const tunnels = [...proxy.tunnels];
  assert.deepEqual(new Set(tunnels), new Set(['registry.test:443']));
  assert.equal(await get(hosts), 'blob');
  assert.deepEqual(proxy.tunnels, tunnels);
  assert.equal(server.requests.length, 2);
  assert.ok(
    hosts.messages('debug').some((line) => /by the proxy 127\.0\.0\.1:\d+\), as ALL_PROXY says/.test(line)),
  );
});

test('a proxy that is set for one host lies before it alone, and before any other proxy', async (context) => {
  const { authority, server } = await startBehind(context);
  const names = { 'registry.test:443': server.port, 'other.test:443': server.port };
  const [own, usual] = [
    await startForwardProxy(context, { names, login: LOGIN }),
    await startForwardProxy(context, { names }),
  ];
  const url = own.url.replace('//', `//${LOGIN.username}:${LOGIN.password}@`);
  const hosts = proxied(context, usual.url, {
    ca: [authority.certificate],
    settingsFor: async (host) =>
      host === 'registry.test' ? { proxy: { url, from: '"proxy" in "hosts.toml"' } } : {},
  });
  assert.equal(await get(hosts), 'blob');
  await assert.rejects(get(hosts, 'other.test'), { code: 'TLS_ERROR' });
  assert.deepEqual(
    [new Set(own.tunnels), new Set(usual.tunnels)],
    [new Set(['registry.test:443']), new Set(['other.test:443'])],
  );
  const said = hosts.messages('debug').join('\n');
  assert.match(said, /by the proxy 127\.0\.0\.1:\d+\), as "proxy" in "hosts\.toml" says/);
  assert.ok(!hosts.redactor.redact(`it is ${LOGIN.password}`).includes(LOGIN.password));
  const wrong = startHosts(context, {
    settingsFor: async () => ({ proxy: { url: 'socks5://hunter2@x', from: '"proxy" in "hosts.toml"' } }),
  });
  await assert.rejects(get(wrong), {
    code: 'INVALID_CONFIG',
    message: /^"proxy" in "hosts\.toml" is not the URL/,
  });
});

test('plain http is asked for by the whole URL', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'blob' }));
  const proxy = await startForwardProxy(context, {
    names: { 'registry.test:5000': server.port },
    login: LOGIN,
  });
  const url = proxy.url.replace('//', `//${LOGIN.username}:${LOGIN.password}@`);
  assert.equal(await get(proxied(context, url, { plainHttp: true }), 'registry.test:5000'), 'blob');
  assert.deepEqual(
    proxy.requests.map(({ path }) => path),
    ['http://registry.test:5000/v2/app/blobs/x'],
  );
  const { headers, path } = server.requests[0] ?? assert.fail();
  assert.equal(headers.host, 'registry.test:5000');
  assert.equal(path, '/v2/app/blobs/x');
});

test('the password of the proxy goes to the proxy alone', async (context) => {
  const { authority, server } = await startBehind(context);
  const proxy = await startForwardProxy(context, {
    names: { 'registry.test:443': server.port },
    login: LOGIN,
  });
  const url = proxy.url.replace('//', `//${LOGIN.username}:${LOGIN.password}@`);
  const hosts = proxied(context, url, { ca: [authority.certificate] });
  assert.equal(await get(hosts), 'blob');
  assert.equal(server.requests[0]?.headers['proxy-authorization'], undefined);
  const basic = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  assert.equal(hosts.redactor.redact(`${LOGIN.password} ${basic}`), '*** ***');
});

for (const plainHttp of [false, true]) {
  test(`a proxy that wants a password says so, and how (${plainHttp ? 'http' : 'https'})`, async (context) => {
    const proxy = await startForwardProxy(context, { names: {}, login: LOGIN });
    await assert.rejects(
      get(proxied(context, proxy.url, { plainHttp })),
      fails(
        'CREDENTIALS_UNAVAILABLE',
        /^the proxy 127\.0\.0\.1:\d+ \(for registry\.test:\d+\) wants a password$/,
        /^Write ALL_PROXY as http:\/\/USER:PASSWORD@127\.0\.0\.1:\d+\.$/,
      ),
    );
    const wrong = proxy.url.replace('//', '//bob:hunter2@');
    await assert.rejects(
      get(proxied(context, wrong, { plainHttp })),
      fails('CREDENTIALS_UNAVAILABLE', /refuses the password that ALL_PROXY holds$/),
    );
  });
}

/** Proxies that do not do what they are for, and what is said of it. */
const BROKEN: readonly (readonly [
  what: string,
  onConnect: NonNullable<ForwardProxyOptions['onConnect']>,
  code: ErrorCode,
  message: RegExp,
  tries: number,
])[] = [
  ['forbids', answerOf('HTTP/1.1 403 Forbidden\r\n\r\n'), 'UNREACHABLE', /answered CONNECT with 403$/, 1],
  [
    'finds nobody',
    answerOf('HTTP/1.1 502 Bad Gateway\r\n\r\n'),
    'UNREACHABLE',
    /answered CONNECT with 502$/,
    3,
  ],
  ['is a web server', answerOf('HTTP/1.1 404 Not Found\r\n\r\n<html>'), 'UNREACHABLE', /with 404$/, 1],
  [
    'wants NTLM',
    answerOf('HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n'),
    'CREDENTIALS_UNAVAILABLE',
    /wants a password$/,
    1,
  ],
  ['speaks no HTTP', answerOf('220 mail.test ESMTP\r\n'), 'PROTOCOL_ERROR', /does not speak HTTP$/, 1],
  ['talks unasked', answerOf('HTTP/1.1 200 OK\r\n\r\nhello'), 'PROTOCOL_ERROR', /talks unasked$/, 1],
  ['hangs up', (socket) => (socket.destroy(), true), 'UNREACHABLE', /made no connection: /, 3],
  ['stays silent', () => true, 'TIMEOUT', /made no connection within 0\.5 s$/, 3],
];

function answerOf(text: string): NonNullable<ForwardProxyOptions['onConnect']> {
  return (socket) => (socket.end(text), true);
}

for (const [what, onConnect, code, message, tries] of BROKEN) {
  test(`a proxy that ${what} is ${code}, after ${tries}`, async (context) => {
    const proxy = await startForwardProxy(context, { names: {}, onConnect });
    const hosts = proxied(context, proxy.url);
    await assert.rejects(get(hosts), (error) => {
      assert.ok(hasCode(error, code), String(error));
      assert.match(error.message, /the proxy 127\.0\.0\.1:\d+ \(for registry\.test:443\)/);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(hosts.sleeps.length, tries - 1);
  });
}

test('a proxy that is not there is named, with whom it is for and where it comes from', async (context) => {
  const refused = proxied(context, `http://127.0.0.1:${REFUSED_PORT}`);
  await assert.rejects(
    get(refused),
    fails(
      'UNREACHABLE',
      /^cannot connect to the proxy 127\.0\.0\.1:9 \(for registry\.test:443\): the connection is refused$/,
      /ALL_PROXY/,
    ),
  );
  assert.deepEqual(refused.sleeps, []);
  await assert.rejects(
    get(proxied(context, 'http://proxy.invalid:3128', { connectTimeoutMs: 10_000 })),
    fails('UNREACHABLE', /^cannot connect to the proxy proxy\.invalid:3128 \(for registry\.test:443\): /),
  );
});

test('a registry that breaks off behind a proxy is told with the proxy in use', async (context) => {
  const { authority, server } = await startBehind(context, ({ response }) => void response.destroy());
  const proxy = await startForwardProxy(context, { names: { 'registry.test:443': server.port } });
  await assert.rejects(get(proxied(context, proxy.url, { ca: [authority.certificate] })), (error: RegError) =>
    /from registry\.test:443 \(by the proxy 127\.0\.0\.1:\d+\): /.test(error.message),
  );
});

test('the certificate of the registry is checked inside the tunnel', async (context) => {
  const { authority, server } = await startBehind(context);
  const names = { 'registry.test:443': server.port, 'other.test:443': server.port };
  const proxy = await startForwardProxy(context, { names });
  await assert.rejects(
    get(proxied(context, proxy.url)),
    fails(
      'TLS_ERROR',
      /^cannot trust registry\.test:443 \(by the proxy .*\): its certificate is not signed/,
      /--ca-file/,
    ),
  );
  await assert.rejects(
    get(proxied(context, proxy.url, { ca: [authority.certificate] }), 'other.test'),
    (error: RegError) => error.message.endsWith('for another name'),
  );
  assert.equal(await get(proxied(context, proxy.url, { insecure: true })), 'blob');
});

test('a proxy may be spoken to by TLS, and its certificate is always checked', async (context) => {
  const { authority, server } = await startBehind(context);
  const names = { 'registry.test:443': server.port, 'registry.test:80': server.port };
  const tls = await authority.issue(['127.0.0.1']);
  const proxy = await startForwardProxy(context, { names, tls });
  const hosts = proxied(context, proxy.url, { ca: [authority.certificate] });
  assert.equal(await get(hosts), 'blob');
  assert.equal(await get(hosts), 'blob');
  for (const plainHttp of [false, true]) {
    await assert.rejects(
      get(proxied(context, proxy.url, { insecure: true, plainHttp })),
      fails(
        'TLS_ERROR',
        /^cannot trust the proxy 127\.0\.0\.1:\d+ \(for registry\.test:\d+\): its certificate is not signed/,
        /--ca/,
      ),
    );
  }
  const plain = await startForwardProxy(context, { names });
  await assert.rejects(
    get(proxied(context, plain.url.replace('http:', 'https:'))),
    fails('TLS_ERROR', /it does not speak TLS$/, /^Write http:\/\/ in ALL_PROXY\.$/),
  );
});

test('a redirect goes by the proxy, too, but not into a private network', async (context) => {
  let location = 'https://cdn.test/blob';
  const { authority, server } = await startBehind(context, (exchange) =>
    reply(exchange, 307, { headers: { location } }),
  );
  const cdn = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'elsewhere' }), {
    tls: await authority.issue(['cdn.test']),
  });
  const proxy = await startForwardProxy(context, {
    names: { 'registry.test:443': server.port, 'cdn.test:443': cdn.port, '10.0.0.1:443': cdn.port },
  });
  const hosts = proxied(context, proxy.url, { ca: [authority.certificate], connectTimeoutMs: 5000 });
  assert.equal(await get(hosts), 'elsewhere');
  for (const inside of ['10.0.0.1', '169.254.169.254', '[::ffff:10.0.0.1]', '127.0.0.1', 'localhost']) {
    location = `https://${inside}/blob`;
    await assert.rejects(get(hosts), fails('PROTOCOL_ERROR', /a private address$/));
  }
  assert.deepEqual([...new Set(proxy.tunnels)].sort(), ['cdn.test:443', 'registry.test:443']);
});

test('a host that is pinned, or that NO_PROXY names, is connected to without the proxy', async (context) => {
  const { authority, server } = await startBehind(context);
  const ca = [authority.certificate];
  const nowhere = `http://127.0.0.1:${REFUSED_PORT}`;
  const pin = { host: 'registry.test', port: 443, address: '127.0.0.1', toPort: server.port };
  assert.equal(await get(proxied(context, nowhere, { ca, resolve: [pin] })), 'blob');
  const hosts = proxied(context, nowhere, { ca, insecure: true, env: { NO_PROXY: '127.0.0.0/8' } });
  assert.equal(await get(hosts, server.host), 'blob');
});

test('a proxy itself can be pinned', async (context) => {
  const { authority, server } = await startBehind(context);
  const proxy = await startForwardProxy(context, { names: { 'registry.test:443': server.port } });
  const pin = { host: 'proxy.test', port: 3128, address: '127.0.0.1', toPort: proxy.port };
  const hosts = proxied(context, 'proxy.test:3128', { ca: [authority.certificate], resolve: [pin] });
  assert.equal(await get(hosts), 'blob');
});

test('a setting that is no proxy is refused once a request needs it', async (context) => {
  const hosts = proxied(context, 'socks5://bob:hunter2@127.0.0.1:1080');
  await assert.rejects(get(hosts), fails('INVALID_CONFIG', /^ALL_PROXY is not the URL/));
  assert.deepEqual(hosts.sleeps, []);
});

test('closing ends a tunnel that is being opened', async (context) => {
  const hosts: TestHosts = proxied(
    context,
    (await startForwardProxy(context, { names: {}, onConnect: () => (void hosts.close(), true) })).url,
    { connectTimeoutMs: 60_000 },
  );
  await assert.rejects(get(hosts), (error) => hasCode(error, 'ABORTED'));
});

test('whether a host behind a proxy speaks TLS is asked through the proxy', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'blob' }));
  const proxy = await startForwardProxy(context, {
    names: { 'registry.test:443': server.port, 'registry.test:80': server.port },
  });
  const hosts = proxied(context, proxy.url, { settingsFor: async () => ({ scheme: 'ask', insecure: true }) });
  assert.equal(await get(hosts, 'registry.test:443'), 'blob');
  assert.deepEqual(proxy.tunnels, ['registry.test:443']);
});
