import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';

import type { RegError } from '../../src/errors.js';
import type { HostMemory } from '../../src/registry/client-options.js';
import { createAuthority } from '../support/certificates.js';
import { readText, startHosts, toRequest } from '../support/hosts.js';
import { reply, startHttpServer } from '../support/http-server.js';
import { listen } from '../support/listen.js';

const REQUEST = toRequest('/v2/');

test('a loopback registry that does not speak TLS is spoken to in plain http', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'ok' }));
  const hosts = startHosts(context);
  assert.equal(await readText(await hosts.get(server.host).send(REQUEST)), 'ok');
  const named = hosts.get(`localhost:${server.port}`);
  assert.equal(await readText(await named.send(REQUEST)), 'ok');
  assert.equal(server.requests.length, 2);
});

test('a loopback registry is asked once whether it speaks TLS', async (context) => {
  let connections = 0;
  let hellos = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('data', (bytes) => {
      if (bytes[0] === 0x16) hellos += 1;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  const { port } = await listen(context, server);
  const host = startHosts(context).get(`127.0.0.1:${port}`);
  await Promise.all([1, 2, 3].map(async () => (await host.send(REQUEST)).discard()));
  await (await host.send(REQUEST)).discard();
  assert.equal(hellos, 1);
  assert.ok(connections >= 2);
});

test('a loopback registry that speaks TLS is spoken to by https', async (context) => {
  const authority = await createAuthority();
  const tls = await authority.issue(['127.0.0.1']);
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'ok' }), { tls });
  const hosts = startHosts(context, { ca: [authority.certificate] });
  assert.equal(await readText(await hosts.get(server.host).send(REQUEST)), 'ok');
});

/** A memory in which every host of this machine spoke plain http. */
function allPlain(): { readonly memory: HostMemory; readonly noted: (readonly [string, boolean])[] } {
  const noted: (readonly [string, boolean])[] = [];
  const memory: HostMemory = {
    isPlain: async () => true,
    notePlain: (host, isPlain) => void noted.push([host, isPlain]),
    recall: async () => undefined,
    note() {},
    forget() {},
  };
  return { memory, noted };
}

test('a loopback registry that spoke plain http in an earlier run is not asked again', async (context) => {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      received.push(bytes.toString('latin1'));
      socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    });
  });
  const { port } = await listen(context, server);
  const host = startHosts(context, allPlain()).get(`127.0.0.1:${port}`);
  await assert.rejects(host.send(REQUEST), { code: 'NOT_FOUND' });
  assert.equal(received.length, 1);
  assert.match(received.join(), /^GET \/v2\/ HTTP/);
});

test('a loopback registry that speaks TLS by now is spoken to by https, whatever is remembered', async (context) => {
  const authority = await createAuthority();
  const tls = await authority.issue(['127.0.0.1']);
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'ok' }), { tls });
  const { memory, noted } = allPlain();
  const hosts = startHosts(context, { ca: [authority.certificate], memory });
  assert.equal(await readText(await hosts.get(server.host).send(REQUEST)), 'ok');
  assert.deepEqual(noted, [[server.host, false]]);
});

test('a refusal of plain http, as servers in Go send it, makes a remembered registry be asked again', async (context) => {
  let hellos = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (bytes[0] === 0x16) hellos += 1;
      if (bytes[0] === 0x16) socket.end(Buffer.from('15030100020228', 'hex'));
      else socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
    });
  });
  const { port } = await listen(context, server);
  const host = startHosts(context, allPlain()).get(`127.0.0.1:${port}`);
  await assert.rejects(host.send({ ...REQUEST, retry: false }), { code: 'TLS_ERROR' });
  assert.equal(hellos, 2, 'the question, and the handshake that followed from its answer');
});

test('what is remembered makes no host of another machine one of plain http', async (context) => {
  const hosts = startHosts(context, {
    ...allPlain(),
    resolve: [{ host: 'registry.test', port: 443, address: '127.0.0.1', toPort: 1 }],
  });
  assert.equal((await hosts.get('registry.test').endpoint.base()).href, 'https://registry.test/');
});

test('a certificate that is not trusted never leads to plain http, not even on loopback', async (context) => {
  const authority = await createAuthority();
  const tls = await authority.issue(['127.0.0.1']);
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200), { tls });
  const hosts = startHosts(context);
  await assert.rejects(hosts.get(server.host).send(REQUEST), { code: 'TLS_ERROR' });
  assert.equal(server.requests.length, 0);
});

test('a host that hangs up on TLS is not taken for one that speaks plain http', async (context) => {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received.push(bytes.toString('latin1'));
      socket.destroy();
    });
  });
  const { port } = await listen(context, server);
  await assert.rejects(startHosts(context).get(`127.0.0.1:${port}`).send(REQUEST), { code: 'UNREACHABLE' });
  assert.ok(received.length > 0 && received.every((text) => !text.includes('HTTP/1.1')));
});

for (const [title, resets, options] of [
  ['is not up yet when it is asked for TLS is asked again', 3, {}],
  [
    'comes up between that question and the request is not taken for one that speaks TLS',
    1,
    { retry: false },
  ],
  [
    'spoke plain http in an earlier run, and hangs up when it is asked, is asked again',
    2,
    { retry: false, ...allPlain() },
  ],
] as const) {
  test(`a loopback registry that ${title}`, async (context) => {
    // As in front of a container that is starting: connections are taken, and reset.
    let left = resets;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        if (left-- > 0) socket.resetAndDestroy();
        else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const { port } = await listen(context, server);
    const { memory, retry }: { readonly memory?: HostMemory; readonly retry?: boolean } = options;
    const host = startHosts(context, { memory }).get(`127.0.0.1:${port}`);
    assert.equal(await readText(await host.send({ ...REQUEST, retry })), 'ok');
  });
}

test('a registry elsewhere that speaks plain http is refused without the flag', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'ok' }));
  const name = `registry.test:${server.port}`;
  const resolve = [{ host: 'registry.test', port: server.port, address: '127.0.0.1' }];
  await assert.rejects(
    startHosts(context, { resolve }).get(name).send(REQUEST),
    (error: RegError) => error.code === 'TLS_ERROR' && /--plain-http/.test(error.context.hint ?? ''),
  );
  assert.equal(server.requests.length, 0);
  assert.equal(
    await readText(await startHosts(context, { resolve, plainHttp: true }).get(name).send(REQUEST)),
    'ok',
  );
});

test('a registry that wants https says that --plain-http was wrong', async (context) => {
  const server = await startHttpServer(context, (exchange) =>
    reply(exchange, 400, { body: 'Client sent an HTTP request to an HTTPS server.\n' }),
  );
  await assert.rejects(
    startHosts(context, { plainHttp: true }).get(server.host).send(REQUEST),
    (error: RegError) => /leave --plain-http out/.test(error.context.hint ?? ''),
  );
});

test('docker.io is registry-1.docker.io on the wire', async (context) => {
  const authority = await createAuthority();
  const tls = await authority.issue(['registry-1.docker.io']);
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200), { tls });
  const resolve = [{ host: 'registry-1.docker.io', port: 443, address: '127.0.0.1', toPort: server.port }];
  const hosts = startHosts(context, { resolve, ca: [authority.certificate] });
  await (await hosts.get('docker.io').send(REQUEST)).discard();
  assert.equal(server.requests[0]?.headers.host, 'registry-1.docker.io');
});

test('a host that is set to speak either is asked; one that is set to speak one is not', async (context) => {
  const plain = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'ok' }));
  const resolve = [5000, 80].map((port) => ({
    host: 'registry.test',
    port,
    address: '127.0.0.1',
    toPort: plain.port,
  }));
  const get = (host: string, scheme: 'https' | 'http' | 'ask'): Promise<string> =>
    startHosts(context, { resolve, settingsFor: async () => ({ scheme }) })
      .get(host)
      .send(REQUEST)
      .then(readText);
  assert.equal(await get('registry.test:5000', 'ask'), 'ok');
  assert.equal(await get('registry.test:5000', 'http'), 'ok');
  await assert.rejects(get('registry.test:5000', 'https'), { code: 'TLS_ERROR' });
  assert.equal(await get('registry.test', 'ask'), 'ok');
  await assert.rejects(get('registry.test:443', 'ask'), { code: 'UNREACHABLE' });
});

test('a place says where its API is, for whom it stands in, and how long to wait for it', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200));
  const place = { host: server.host, path: 'app', resolves: true, settings: {}, namespace: 'docker.io' };
  const image = { domain: 'docker.io', path: 'library/app' };
  const hosts = startHosts(context);
  await (
    await hosts.at({ ...place, root: `${server.origin}/us/v2` }, image).send(toRequest('/v2/app/blobs/x'))
  ).discard();
  await (
    await hosts.at({ ...place, root: server.origin }, image).send(toRequest('/v2/app/blobs/x'))
  ).discard();
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    ['/us/v2/app/blobs/x?ns=docker.io', '/app/blobs/x?ns=docker.io'],
  );
  const silent = await listen(
    context,
    createServer(() => {}),
  );
  const slow = {
    ...place,
    host: 'slow',
    root: `https://127.0.0.1:${silent.port}/v2`,
    settings: { connectTimeoutMs: 50 },
  };
  await assert.rejects(hosts.at(slow, image).send(REQUEST), { code: 'TIMEOUT', message: /within 0\.05 s/ });
});

test('leaving certificates unchecked is announced once, and is for the registry alone', async (context) => {
  const authority = await createAuthority();
  const tls = await authority.issue(['elsewhere.test']);
  const other = await startHttpServer(context, (exchange) => reply(exchange, 200), { tls });
  const server = await startHttpServer(
    context,
    (exchange) =>
      exchange.url.pathname === '/away'
        ? reply(exchange, 307, { headers: { location: `${other.origin}/blob` } })
        : reply(exchange, 200),
    { tls },
  );
  const hosts = startHosts(context, { insecure: true });
  const host = hosts.get(server.host);
  await (await host.send(REQUEST)).discard();
  await (await host.send(REQUEST)).discard();
  assert.equal(hosts.messages('insecure').length, 1);
  assert.match(
    hosts.messages('insecure')[0] ?? '',
    new RegExp(`certificate of ${server.host} is not checked`),
  );
  await assert.rejects(host.send(toRequest('/away')), { code: 'TLS_ERROR' });
  assert.equal(other.requests.length, 0);
});

test('what is no host is refused before any request', async (context) => {
  const hosts = startHosts(context);
  for (const name of ['', 'a/b', 'user@host', 'a b', 'a?b', 'a#b', 'host:99999', 'a\\b']) {
    await assert.rejects(hosts.get(name).send(REQUEST), { code: 'INVALID_REFERENCE' }, name);
  }
});
