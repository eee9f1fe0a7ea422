import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import type { RegError } from '../../../src/errors.js';
import type { Credential } from '../../../src/registry/auth/credential.js';
import { createAuthority } from '../../support/certificates.js';
import { readText, startHosts, toRequest } from '../../support/hosts.js';
import { reply, startHttpServer, type Exchange, type HttpServer } from '../../support/http-server.js';

const LOGIN: Credential = { username: 'user', password: 'hunter22' };

/** A registry that wants a password, and then redirects everything below `/v2/` to `location`. */
function startRedirecting(context: TestContext, location: () => string, status = 307): Promise<HttpServer> {
  return startHttpServer(context, (exchange) => {
    if (exchange.request.headers.authorization === undefined) {
      return reply(exchange, 401, { headers: { 'www-authenticate': 'Basic realm="r"' } });
    }
    return reply(exchange, status, { headers: { location: location(), 'set-cookie': 'session=secret' } });
  });
}

function hostFor(context: TestContext, server: HttpServer): ReturnType<ReturnType<typeof startHosts>['get']> {
  return startHosts(context, { credentials: async () => LOGIN }).get(server.host);
}

function ok(exchange: Exchange): void {
  reply(exchange, 200, { body: 'blob' });
}

test('a redirect to another port gets neither password nor cookie, but the range that was asked for', async (context) => {
  const cdn = await startHttpServer(context, ok);
  const registry = await startRedirecting(context, () => `${cdn.origin}/blob?signature=abc`);
  const answer = await hostFor(context, registry).send(
    toRequest('/v2/app/blobs/x', { headers: { range: 'bytes=5-' } }),
  );
  assert.equal(await readText(answer), 'blob');
  assert.equal(answer.url.href, `${cdn.origin}/blob?signature=abc`);
  const { headers, path } = cdn.requests[0] ?? assert.fail();
  assert.equal(path, '/blob?signature=abc');
  assert.equal(headers.authorization, undefined);
  assert.equal(headers.cookie, undefined);
  assert.equal(headers.range, 'bytes=5-');
});

test('a redirect within the registry keeps the password, and may be relative', async (context) => {
  const registry = await startHttpServer(context, (exchange) => {
    const { authorization } = exchange.request.headers;
    if (authorization === undefined)
      return reply(exchange, 401, { headers: { 'www-authenticate': 'Basic' } });
    if (exchange.url.pathname === '/there') return ok(exchange);
    return reply(exchange, 302, { headers: { location: '../../there' } });
  });
  assert.equal(await readText(await hostFor(context, registry).send(toRequest('/v2/app/x'))), 'blob');
  assert.ok(registry.requests.at(-1)?.headers.authorization);
});

test('a password that was left behind is not taken up again when the way leads back', async (context) => {
  const there = await startHttpServer(context, (exchange) =>
    reply(exchange, 307, { headers: { location: `${registry.origin}/back` } }),
  );
  const registry: HttpServer = await startHttpServer(context, (exchange) => {
    if (exchange.url.pathname === '/back') return ok(exchange);
    const { authorization } = exchange.request.headers;
    if (authorization === undefined)
      return reply(exchange, 401, { headers: { 'www-authenticate': 'Basic' } });
    return reply(exchange, 307, { headers: { location: there.origin } });
  });
  assert.equal(await readText(await hostFor(context, registry).send(toRequest('/v2/app/x'))), 'blob');
  assert.equal(registry.requests.at(-1)?.path, '/back');
  assert.equal(registry.requests.at(-1)?.headers.authorization, undefined);
  assert.equal(there.requests[0]?.headers.authorization, undefined);
});

for (const challenge of ['Basic realm="cdn"', 'Bearer realm="http://127.0.0.1/token"']) {
  test(`a redirect target that asks for a login by ${challenge.split(' ')[0]} gets none`, async (context) => {
    const cdn = await startHttpServer(context, (exchange) =>
      reply(exchange, 401, { headers: { 'www-authenticate': challenge } }),
    );
    const registry = await startRedirecting(context, () => cdn.origin);
    await assert.rejects(hostFor(context, registry).send(toRequest('/v2/app/x')), { code: 'UNAUTHORIZED' });
    assert.equal(cdn.requests.length, 1);
    assert.equal(cdn.requests[0]?.headers.authorization, undefined);
  });
}

test('a signature is not printed where the target repeats it in its error', async (context) => {
  const cdn = await startHttpServer(context, (exchange) =>
    reply(exchange, 403, { body: `<Error>${exchange.url.href}</Error>` }),
  );
  const registry = await startRedirecting(
    context,
    () => `${cdn.origin}/blob?size=5&signature=0123456789abcdef`,
  );
  await assert.rejects(hostFor(context, registry).send(toRequest('/v2/app/x')), (error: RegError) => {
    assert.match(error.message, /403 Forbidden: .*\/blob\?size=5&signature=\*\*\*/);
    return error.code === 'DENIED';
  });
});

for (const [location, why] of [
  ['', /without saying where to/],
  ['http://', /not a URL/],
  ['file:///etc/passwd', /to file:/],
  ['javascript:alert(1)', /to javascript:/],
  ['http://user:pass@127.0.0.1/', /username/],
] as const) {
  test(`a redirect to "${location}" is refused`, async (context) => {
    const registry = await startHttpServer(context, (exchange) =>
      reply(exchange, 307, { headers: { location } }),
    );
    await assert.rejects(hostFor(context, registry).send(toRequest('/v2/app/x')), (error: RegError) => {
      assert.equal(error.code, 'PROTOCOL_ERROR');
      assert.match(error.message, why);
      return true;
    });
    assert.equal(registry.requests.length, 1);
  });
}

test('redirects that never end are left after ten', async (context) => {
  const registry = await startHttpServer(context, (exchange) =>
    reply(exchange, 302, { headers: { location: '/again' } }),
  );
  await assert.rejects(hostFor(context, registry).send(toRequest('/v2/app/x')), { code: 'PROTOCOL_ERROR' });
  assert.equal(registry.requests.length, 11);
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`an upload that is redirected by ${status} to another host goes nowhere`, async (context) => {
    const other = await startHttpServer(context, ok);
    const registry = await startRedirecting(context, () => other.origin, status);
    for (const method of ['PUT', 'PATCH', 'POST'] as const) {
      const request = toRequest('/v2/app/x', { method, body: Buffer.from('bytes') });
      await assert.rejects(hostFor(context, registry).send(request), { code: 'PROTOCOL_ERROR' });
    }
    assert.equal(other.requests.length, 0);
  });
}

test('an upload is redirected within the registry only when that keeps its method', async (context) => {
  const bodies: string[] = [];
  const registry = await startHttpServer(context, async (exchange) => {
    if (exchange.url.pathname.endsWith('/moved')) {
      for await (const chunk of exchange.request) bodies.push(String(chunk));
      return reply(exchange, 200);
    }
    return reply(exchange, exchange.url.pathname.endsWith('/see') ? 303 : 308, {
      headers: { location: '/moved' },
    });
  });
  const host = hostFor(context, registry);
  const put = toRequest('/v2/app/x', { method: 'PUT', body: Buffer.from('bytes') });
  await (await host.send(put)).discard();
  assert.equal(registry.requests.at(-1)?.method, 'PUT');
  assert.deepEqual(bodies, ['bytes']);
  await assert.rejects(host.send({ ...put, target: '/see' }), { code: 'PROTOCOL_ERROR' });
});

test('https is never left for http, and what is printed of a URL has no query', async (context) => {
  const authority = await createAuthority();
  const plain = await startHttpServer(context, ok);
  const registry = await startHttpServer(
    context,
    (exchange) => reply(exchange, 307, { headers: { location: `${plain.origin}/blob?signature=abc` } }),
    { tls: await authority.issue(['127.0.0.1']) },
  );
  const hosts = startHosts(context, { ca: [authority.certificate] });
  await assert.rejects(hosts.get(registry.host).send(toRequest('/v2/app/x?token=abc')), (error: RegError) => {
    assert.equal(error.code, 'PROTOCOL_ERROR');
    assert.match(error.message, /from https to http:\/\/127\.0\.0\.1:\d+\/blob$/);
    return true;
  });
  assert.equal(plain.requests.length, 0);
  for (const { message } of hosts.notices) assert.doesNotMatch(message, /abc/);
});

test('a public registry leads into no private network', async (context) => {
  const authority = await createAuthority();
  const ca = [authority.certificate];
  let location = '';
  const inside = await startHttpServer(context, ok, {
    tls: await authority.issue(['127.0.0.1', 'localhost', 'cdn.test']),
  });
  const registry = await startHttpServer(
    context,
    (exchange) => reply(exchange, 307, { headers: { location } }),
    { tls: await authority.issue(['registry.test', '127.0.0.1']) },
  );
  const pin = { host: 'registry.test', port: registry.port, address: '127.0.0.1' };
  const host = startHosts(context, { ca, resolve: [pin] }).get(`registry.test:${registry.port}`);
  for (const target of [
    '127.0.0.1',
    'localhost',
    '[::ffff:127.0.0.1]',
    '0x7f.1',
    '10.0.0.1',
    '169.254.169.254',
    '[fe80::1]',
  ]) {
    location = `https://${target}:${inside.port}/latest/meta-data`;
    await assert.rejects(
      host.send(toRequest('/v2/app/x')),
      (error: RegError) => error.code === 'PROTOCOL_ERROR' && /private address/.test(error.message),
      target,
    );
  }
  assert.equal(inside.requests.length, 0);

  // Where the person says where a host is, it may be inside.
  location = `https://cdn.test:${inside.port}/blob`;
  const pinned = startHosts(context, {
    ca,
    resolve: [pin, { host: 'cdn.test', port: inside.port, address: '127.0.0.1' }],
  });
  const answer = await pinned.get(`registry.test:${registry.port}`).send(toRequest('/v2/app/x'));
  assert.equal(await readText(answer), 'blob');

  // A registry that is inside itself may lead to its neighbours.
  location = `https://127.0.0.1:${inside.port}/blob`;
  const inner = await startHosts(context, { ca }).get(registry.host).send(toRequest('/v2/app/x'));
  assert.equal(await readText(inner), 'blob');
});
