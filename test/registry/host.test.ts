import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RegError } from '../../src/errors.js';
import { startByteProxy } from '../support/byte-proxy.js';
import { readText, startHosts, toRequest } from '../support/hosts.js';
import { readText as readBody, reply, startHttpServer, type Exchange } from '../support/http-server.js';

/** Answers with each of these statuses in turn, and with 200 after them. */
function failing(...statuses: readonly number[]): (exchange: Exchange) => void {
  let count = 0;
  return (exchange) => reply(exchange, statuses[count++] ?? 200, { body: 'content' });
}

for (const status of [408, 429, 500, 502, 503, 504]) {
  test(`a request that fails with ${status} is tried again, and each wait announced once`, async (context) => {
    const server = await startHttpServer(context, failing(status, status));
    const hosts = startHosts(context);
    assert.equal(await readText(await hosts.get(server.host).send(toRequest('/v2/'))), 'content');
    assert.equal(server.requests.length, 3);
    const waits = hosts.messages('wait');
    assert.equal(waits.length, 2);
    assert.match(
      waits[0] ?? '',
      new RegExp(`^${server.host} answered ${status} .*; trying again in 1 s \\(2 of 3\\)$`),
    );
    assert.match(waits[1] ?? '', /\(3 of 3\)$/);
  });
}

for (const status of [400, 401, 403, 404, 405, 501]) {
  test(`a request that fails with ${status} is not`, async (context) => {
    const server = await startHttpServer(context, (exchange) =>
      reply(exchange, status, { headers: { 'www-authenticate': 'Basic' } }),
    );
    const hosts = startHosts(context);
    await assert.rejects(hosts.get(server.host).send(toRequest('/v2/')));
    assert.equal(server.requests.length, 1);
    assert.deepEqual(hosts.sleeps, []);
  });
}

test('a server that stumbles again and again is complained of once', async (context) => {
  const server = await startHttpServer(context, failing(503, 200, 503, 200, 503, 200));
  const hosts = startHosts(context);
  for (let times = 0; times < 3; times++) {
    await readText(await hosts.get(server.host).send(toRequest('/v2/')));
  }
  assert.equal(hosts.sleeps.length, 3);
  assert.equal(hosts.messages('wait').length, 1);
});

test('a server that fails for ever is given up', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 500));
  await assert.rejects(startHosts(context).get(server.host).send(toRequest('/v2/')), {
    code: 'SERVER_ERROR',
  });
  assert.equal(server.requests.length, 3);
});

test('a request that must not be sent twice is not', async (context) => {
  const server = await startHttpServer(context, failing(500));
  await assert.rejects(
    startHosts(context)
      .get(server.host)
      .send(toRequest('/v2/', { retry: false })),
    { code: 'SERVER_ERROR' },
  );
  assert.equal(server.requests.length, 1);
});

test('a body is opened again for each try, also after a 401', async (context) => {
  const bodies: string[] = [];
  const server = await startHttpServer(context, async (exchange) => {
    bodies.push(await readBody(exchange));
    if (exchange.request.headers.authorization === undefined) {
      return reply(exchange, 401, { headers: { 'www-authenticate': 'Basic' } });
    }
    return reply(exchange, bodies.length < 3 ? 503 : 201);
  });
  const hosts = startHosts(context, { credentials: async () => ({ username: 'u', password: 'hunter22' }) });
  const body = {
    size: 5,
    open: async () =>
      (async function* () {
        yield Buffer.from('bytes');
      })(),
  };
  const request = toRequest('/v2/app/x', { method: 'PUT', body, expect: [201] });
  await (await hosts.get(server.host).send(request)).discard();
  assert.deepEqual(bodies, ['bytes', 'bytes', 'bytes']);
});

test('a connection that is reset once does no harm', async (context) => {
  const server = await startHttpServer(context, failing());
  const proxy = await startByteProxy(context, server, { cutAfter: 0, reset: true, times: 1 });
  const hosts = startHosts(context, { plainHttp: true });
  assert.equal(await readText(await hosts.get(proxy.host).send(toRequest('/v2/'))), 'content');
  assert.equal(hosts.messages('wait').length, 1);
});

test('Retry-After is waited for, and by all requests to the host', async (context) => {
  let count = 0;
  const server = await startHttpServer(context, (exchange) =>
    ++count === 1
      ? reply(exchange, 429, { headers: { 'retry-after': '30' } })
      : reply(exchange, 200, { body: 'content' }),
  );
  const hosts = startHosts(context);
  const host = hosts.get(server.host);
  await assert.rejects(host.send(toRequest('/v2/', { retry: false })), { code: 'RATE_LIMITED' });
  assert.deepEqual(hosts.sleeps, []);
  await (await host.send(toRequest('/v2/other'))).discard();
  assert.deepEqual(hosts.sleeps, [30_000]);
});

test('a wait that is too long is not begun; the error says when to come back', async (context) => {
  const server = await startHttpServer(context, (exchange) =>
    reply(exchange, 429, { headers: { 'retry-after': '3600' } }),
  );
  const hosts = startHosts(context);
  for (const request of [toRequest('/v2/'), toRequest('/v2/')]) {
    await assert.rejects(hosts.get(server.host).send(request), (error: RegError) => {
      assert.match(error.context.hint ?? '', /60 minutes/);
      return error.code === 'RATE_LIMITED';
    });
  }
  assert.deepEqual(hosts.sleeps, []);
  assert.equal(server.requests.length, 2);
});

test('warnings of a server are shown once each, and cannot drive a terminal', async (context) => {
  const server = await startHttpServer(context, (exchange) => {
    exchange.response.setHeader('warning', [
      '299 - "this registry moves\u009b \\"soon\\""',
      '299 - "second"',
      '199 - "not for us"',
    ]);
    reply(exchange, 200);
  });
  const hosts = startHosts(context);
  for (let n = 0; n < 3; n++) await (await hosts.get(server.host).send(toRequest('/v2/'))).discard();
  assert.deepEqual(hosts.messages('warning'), [
    `${server.host} says: this registry moves "soon"`,
    `${server.host} says: second`,
  ]);
});

test('a server that has a new warning with every answer is heard three times', async (context) => {
  let count = 0;
  const server = await startHttpServer(context, (exchange) => {
    exchange.response.setHeader('warning', `299 - "warning ${++count}"`);
    reply(exchange, 200);
  });
  const hosts = startHosts(context);
  for (let n = 0; n < 5; n++) await (await hosts.get(server.host).send(toRequest('/v2/'))).discard();
  assert.equal(hosts.messages('warning').length, 3);
});

test('a caller that gives up is not answered with a wait', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 500));
  const signal = AbortSignal.abort();
  await assert.rejects(startHosts(context).get(server.host).send(toRequest('/v2/', { signal })), {
    code: 'ABORTED',
  });
  assert.equal(server.requests.length, 0);
});

test('an answer that nobody expected is an error, though it is no failure', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 204));
  await assert.rejects(startHosts(context).get(server.host).send(toRequest('/v2/')), {
    code: 'PROTOCOL_ERROR',
  });
});

test('a first request that fails holds up none of those behind it', async (context) => {
  const server = await startHttpServer(context, (exchange) =>
    exchange.url.pathname === '/v2/first' ? reply(exchange, 404) : reply(exchange, 200, { body: 'content' }),
  );
  const host = startHosts(context).get(server.host);
  const [first, second] = await Promise.allSettled([
    host.send(toRequest('/v2/first')),
    host.send(toRequest('/v2/second')).then(readText),
  ]);
  assert.equal(first.status, 'rejected');
  assert.deepEqual(second, { status: 'fulfilled', value: 'content' });
});
