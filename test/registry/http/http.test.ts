import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ErrorCode, RegError } from '../../../src/errors.js';
import { Dialer, type DialerOptions } from '../../../src/registry/net/dial.js';
import { Http, type HttpRequest } from '../../../src/registry/http/http.js';
import type { Body } from '../../../src/registry/transport.js';
import { createAuthority } from '../../support/certificates.js';
import { readText, reply, startHttpServer, type Exchange } from '../../support/http-server.js';
import { listen } from '../../support/listen.js';

interface Limits extends Partial<DialerOptions> {
  readonly idleTimeoutMs?: number;
}

function startHttp(context: TestContext, limits: Limits = {}): Http {
  const { idleTimeoutMs = 2000, ...dialing } = limits;
  const dialer = new Dialer({ connectTimeoutMs: 2000, pins: [], ca: [], ...dialing });
  const http = new Http({ dialer, clock: performance, idleTimeoutMs, userAgent: 'reg-test' });
  context.after(() => http.close());
  return http;
}

/** A server that does with each connection what the test says, and its origin. */
async function startRawServer(
  context: TestContext,
  handle: (socket: Socket, count: number) => void,
): Promise<string> {
  let count = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    handle(socket, ++count);
  });
  const { port } = await listen(context, server);
  return `http://127.0.0.1:${port}`;
}

/** A server that answers each connection with these bytes as soon as a request comes. */
function startCannedServer(
  context: TestContext,
  answer: string,
  then: 'end' | 'wait' | 'reset',
): Promise<string> {
  return startRawServer(context, (socket) =>
    socket.once('data', () => {
      socket.write(answer, () => {
        if (then === 'end') socket.end();
        if (then === 'reset') setImmediate(() => socket.resetAndDestroy());
      });
    }),
  );
}

function get(url: string, options: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: new URL(url), ...options };
}

async function readAll(http: Http, request: HttpRequest): Promise<string> {
  const answer = await http.send(request);
  return Buffer.from(await answer.read(1 << 20)).toString();
}

function bodyOf(size: number, chunks: () => AsyncIterable<Uint8Array>): Body {
  return { size, open: async () => chunks() };
}

async function* repeat(chunk: Uint8Array, times: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < times; n++) yield chunk;
}

function fails(code: ErrorCode, pattern: RegExp): (error: RegError) => boolean {
  return (error) => {
    assert.equal(error.code, code, error.stack);
    assert.match(error.message, pattern);
    return true;
  };
}

test('requests go out with our name, and connections are kept, also after HEAD', async (context) => {
  const sockets = new Set<unknown>();
  const server = await startHttpServer(context, (exchange) => {
    sockets.add(exchange.request.socket);
    reply(exchange, 200, { body: 'hello' });
  });
  const http = startHttp(context);
  assert.equal((await http.send(get(server.origin, { method: 'HEAD' }))).status, 200);
  assert.equal(await readAll(http, get(`${server.origin}/a?b=c`)), 'hello');
  assert.equal(await readAll(http, get(server.origin)), 'hello');
  assert.equal(sockets.size, 1);
  assert.equal(server.requests[1]?.path, '/a?b=c');
  assert.equal(server.requests[1]?.headers['user-agent'], 'reg-test');
  assert.equal(server.requests[1]?.headers['accept-encoding'], 'identity');
});

test('redirects and compressed bodies come back untouched', async (context) => {
  const server = await startHttpServer(context, (exchange) =>
    reply(exchange, 307, { headers: { location: '/there', 'content-encoding': 'gzip' }, body: 'not gzip' }),
  );
  const answer = await startHttp(context).send(get(server.origin));
  assert.equal(answer.status, 307);
  assert.equal(answer.header('location'), '/there');
  assert.equal(Buffer.from(await answer.read(100)).toString(), 'not gzip');
  assert.equal(server.requests.length, 1);
});

test('a body is uploaded with its length, in pieces, and opened once', async (context) => {
  const received: string[] = [];
  const server = await startHttpServer(context, async (exchange) => {
    received.push(await readText(exchange));
    reply(exchange, 201);
  });
  let opened = 0;
  const body = bodyOf(700_000, () => {
    opened += 1;
    return repeat(Buffer.alloc(350_000, 'x'), 2);
  });
  const answer = await startHttp(context).send(get(server.origin, { method: 'PUT', body }));
  assert.equal(answer.status, 201);
  assert.equal(received[0]?.length, 700_000);
  assert.equal(server.requests[0]?.headers['content-length'], '700000');
  assert.equal(opened, 1);
});

test('a body may use the memory of what it gave for what it gives next', async (context) => {
  const PIECE = 10_000;
  const expected = Buffer.concat(Array.from({ length: 800 }, (_, n) => Buffer.alloc(PIECE, n)));
  let received = Buffer.alloc(0);
  const server = await startHttpServer(context, async (exchange) => {
    // The client comes to where the system takes no more.
    await sleep(100);
    received = await buffer(exchange.request);
    reply(exchange, 201);
  });
  const body = bodyOf(expected.byteLength, async function* () {
    const memory = Buffer.alloc(PIECE);
    for (let n = 0; n < 800; n++) yield memory.fill(n);
  });
  await startHttp(context).send(get(server.origin, { method: 'PUT', body }));
  assert.ok(received.equals(expected));
});

test('a body that takes its time before its first byte keeps no server waiting', async (context) => {
  const origin = await startRawServer(context, (socket) => {
    socket.setTimeout(700, () => socket.destroy());
    socket.on('data', () => socket.write('HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n'));
  });
  const http = startHttp(context);
  await http.send(get(origin, { method: 'POST' }));
  const body = bodyOf(5, async function* () {
    await sleep(1500);
    yield Buffer.from('bytes');
  });
  const answer = await http.send(get(origin, { method: 'PUT', body, retry: false }));
  assert.equal(answer.status, 201);
});

test('a body that nobody begins to send is closed', async (context) => {
  const { port, close } = await listen(context, createServer());
  await close();
  let isClosed = false;
  const body = bodyOf(10, async function* () {
    try {
      yield Buffer.from('12345');
      yield Buffer.from('67890');
    } finally {
      isClosed = true;
    }
  });
  const request = get(`http://127.0.0.1:${port}`, { method: 'PUT', body });
  await assert.rejects(startHttp(context).send(request), fails('UNREACHABLE', /refused/));
  assert.ok(isClosed);
});

for (const [what, answer] of [
  ['hangs up', undefined],
  ['answers early', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope'],
] as const) {
  test(`a source that stalls is let go when the server ${what}`, async (context) => {
    const origin = await startRawServer(context, (socket) =>
      socket.once('data', () => void (answer === undefined ? socket.destroy() : socket.write(answer))),
    );
    let over: AbortSignal | undefined;
    const open: Body['open'] = async ({ signal }) => {
      over = signal;
      return (async function* () {
        yield Buffer.from('12345');
        await new Promise(() => {});
      })();
    };
    const http = startHttp(context);
    const request = get(origin, { method: 'PUT', body: { size: 10, open }, retry: false });
    if (answer === undefined) await assert.rejects(http.send(request), fails('UNREACHABLE', /closed/));
    else assert.equal(await readAll(http, request), 'nope');
    assert.equal(over?.aborted, true);
  });
}

test('a POST without a body says that it has none', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 202));
  await startHttp(context).send(get(server.origin, { method: 'POST' }));
  assert.equal(server.requests[0]?.headers['content-length'], '0');
});

test('an answer that comes while the body is still being sent is what the caller sees', async (context) => {
  const server = await startHttpServer(context, (exchange) =>
    reply(exchange, 403, { headers: { connection: 'close' }, body: 'no room' }),
  );
  const http = startHttp(context);
  const body = bodyOf(64 << 20, () => repeat(Buffer.alloc(1 << 20), 64));
  const answer = await http.send(get(server.origin, { method: 'PUT', body }));
  assert.equal(answer.status, 403);
  assert.equal(Buffer.from(await answer.read(100)).toString(), 'no room');
  assert.equal((await http.send(get(server.origin))).status, 403);
});

test('an early answer survives that the server hangs up right behind it', async (context) => {
  const origin = await startRawServer(context, (socket) =>
    socket.once('data', () => {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope', () =>
        socket.destroy(),
      );
    }),
  );
  const body = bodyOf(64 << 20, () => repeat(Buffer.alloc(1 << 20), 64));
  const answer = await startHttp(context).send(get(origin, { method: 'PATCH', body, retry: false }));
  assert.equal(answer.status, 403);
  assert.equal(Buffer.from(await answer.read(100)).toString(), 'nope');
});

test('an error of the content itself is passed on, not blamed on the network', async (context) => {
  const server = await startHttpServer(context, async (exchange) => {
    await readText(exchange);
    reply(exchange, 201);
  });
  const body = bodyOf(10, async function* () {
    yield Buffer.from('12345');
    throw new TypeError('disk on fire');
  });
  await assert.rejects(startHttp(context).send(get(server.origin, { method: 'PUT', body })), /disk on fire/);
  const short = bodyOf(10, () => repeat(Buffer.from('12345'), 1));
  await assert.rejects(
    startHttp(context).send(get(server.origin, { method: 'PUT', body: short })),
    fails('SIZE_MISMATCH', /size/),
  );
});

test('a server that never answers is given up after the idle time', async (context) => {
  const origin = await startRawServer(context, () => {});
  await assert.rejects(
    startHttp(context, { idleTimeoutMs: 60 }).send(get(origin)),
    (error: RegError) =>
      fails('TIMEOUT', /^no answer from 127\.0\.0\.1:\d+ for 0\.06 s$/)(error) &&
      /--idle-timeout/.test(error.context.hint ?? ''),
  );
});

test('a server that goes silent in the middle of its answer is given up', async (context) => {
  const origin = await startCannedServer(
    context,
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
    'wait',
  );
  await assert.rejects(
    readAll(startHttp(context, { idleTimeoutMs: 60 }), get(origin)),
    fails('TIMEOUT', /no byte from .* in the middle/),
  );
});

test('a server that stops reading an upload is given up', async (context) => {
  const origin = await startRawServer(context, (socket) => socket.once('data', () => socket.pause()));
  const body = bodyOf(64 << 20, () => repeat(Buffer.alloc(1 << 20), 64));
  await assert.rejects(
    startHttp(context, { idleTimeoutMs: 100 }).send(get(origin, { method: 'PUT', body })),
    fails('TIMEOUT', /took no byte of the upload for 0\.1 s/),
  );
});

test('a server that reads an upload slowly but steadily is waited for', async (context) => {
  const size = 48 << 20;
  let pauses = 0;
  const server = await startHttpServer(context, async (exchange) => {
    let received = 0;
    for await (const chunk of exchange.request as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received <= pauses * (1 << 20)) continue;
      pauses += 1;
      await sleep(15);
    }
    reply(exchange, 201, { body: `${received}` });
  });
  const body = bodyOf(size, () => repeat(Buffer.alloc(1 << 20), 48));
  const http = startHttp(context, { idleTimeoutMs: 500 });
  assert.equal(await readAll(http, get(server.origin, { method: 'PUT', body })), `${size}`);
  assert.ok(pauses * 15 > 500, 'all in all it took longer than silence may');
});

test('a server that is slow but steady is waited for', async (context) => {
  const server = await startHttpServer(context, async ({ response }) => {
    response.writeHead(200, { 'content-length': 8 });
    for (let n = 0; n < 8; n++) {
      response.write('x');
      await sleep(30);
    }
    response.end();
  });
  assert.equal(await readAll(startHttp(context, { idleTimeoutMs: 150 }), get(server.origin)), 'xxxxxxxx');
});

test('a reader that takes its time is no silence of the server', async (context) => {
  const server = await startHttpServer(context, (exchange) =>
    reply(exchange, 200, { body: Buffer.alloc(4 << 20) }),
  );
  const answer = await startHttp(context, { idleTimeoutMs: 60 }).send(get(server.origin));
  let size = 0;
  for await (const chunk of answer.body) {
    if (size === 0) await sleep(200);
    size += chunk.byteLength;
  }
  assert.equal(size, 4 << 20);
});

for (const [what, answer, then] of [
  ['ends early', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'end'],
  ['is reset', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'reset'],
  ['is chunked and cut off', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'end'],
  ['is of HTTP/1.0 and short', 'HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'end'],
] as const) {
  test(`an answer that ${what} is UNREACHABLE`, async (context) => {
    const origin = await startCannedServer(context, answer, then);
    await assert.rejects(
      readAll(startHttp(context), get(origin)),
      fails('UNREACHABLE', /answer of 127.* broke off/),
    );
  });
}

for (const [what, answer] of [
  ['speaks another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['gives two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhalf!'],
  [
    'gives a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['answers with an impossible status', 'HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n'],
  ['sends 2 MiB of headers', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(2 << 20)}\r\n\r\n`],
] as const) {
  test(`a server that ${what} is a PROTOCOL_ERROR`, async (context) => {
    const origin = await startCannedServer(context, answer, 'wait');
    await assert.rejects(
      startHttp(context).send(get(origin)),
      fails('PROTOCOL_ERROR', /^cannot understand 127/),
    );
  });
}

for (const [what, answer] of [
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhello'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
  [
    'early hints before the answer',
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  ],
] as const) {
  test(`an answer with ${what} is understood`, async (context) => {
    const origin = await startCannedServer(context, answer, 'end');
    assert.equal(await readAll(startHttp(context), get(origin)), 'hello');
  });
}

test('a kept connection that the server closes under our feet is replaced at once', async (context) => {
  const requests: number[] = [];
  const origin = await startRawServer(context, (socket, count) =>
    socket.on('data', () => {
      requests.push(count);
      // The first connection answers once, and hangs up on the second request.
      if (requests.length === 2) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }),
  );
  const http = startHttp(context);
  assert.equal(await readAll(http, get(origin)), 'ok');
  assert.equal(await readAll(http, get(origin, { method: 'PUT', body: Buffer.from('again') })), 'ok');
  assert.deepEqual(requests, [1, 1, 2]);
});

test('a request that must not be sent twice is not, even on a closed connection', async (context) => {
  let requests = 0;
  const origin = await startRawServer(context, (socket) =>
    socket.on('data', () => {
      if (++requests === 2) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }),
  );
  const http = startHttp(context);
  assert.equal(await readAll(http, get(origin)), 'ok');
  await assert.rejects(
    http.send(get(origin, { method: 'PATCH', retry: false })),
    fails('UNREACHABLE', /reset|closed/),
  );
  assert.equal(requests, 2);
});

test('an answer that nobody asked for is not taken for the next one', async (context) => {
  let requests = 0;
  const origin = await startRawServer(context, (socket) =>
    socket.on('data', () => {
      requests += 1;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nreal${requests}`);
      if (requests === 1)
        setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse'), 10);
    }),
  );
  const http = startHttp(context);
  assert.equal(await readAll(http, get(origin)), 'real1');
  await sleep(40);
  assert.equal(await readAll(http, get(origin)), 'real2');
});

test('a body past the cap is TOO_LARGE', async (context) => {
  const server = await startHttpServer(context, (exchange) =>
    reply(exchange, 200, { body: 'x'.repeat(101) }),
  );
  const answer = await startHttp(context).send(get(`${server.origin}/a?secret=1`));
  await assert.rejects(answer.read(100), (error: RegError) => {
    assert.doesNotMatch(error.message, /secret/);
    return fails('TOO_LARGE', /more than 100 bytes/)(error);
  });
});

test('refused ports and unknown hosts are told apart, and not tried again', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200));
  await server.close();
  const http = startHttp(context);
  await assert.rejects(http.send(get(server.origin)), (error: RegError) => {
    assert.equal(error.context.permanent, true);
    return fails('UNREACHABLE', /^cannot connect to 127\.0\.0\.1:\d+: the connection is refused$/)(error);
  });
  await assert.rejects(
    http.send(get('http://no-such-host.invalid/')),
    fails('UNREACHABLE', /no-such-host\.invalid:80: /),
  );
});

test('a server that answered before and is away now is worth another try', async (context) => {
  const server = await startHttpServer(context, (exchange) =>
    reply(exchange, 200, { headers: { connection: 'close' } }),
  );
  const http = startHttp(context);
  await (await http.send(get(server.origin))).discard();
  await server.close();
  await assert.rejects(http.send(get(server.origin)), (error: RegError) => {
    assert.equal(error.context.permanent, undefined);
    return fails('UNREACHABLE', /refused/)(error);
  });
});

test('a handshake that never ends is given up after the connect time', async (context) => {
  const origin = await startRawServer(context, () => {});
  await assert.rejects(
    startHttp(context, { connectTimeoutMs: 700 }).send(get(origin.replace('http', 'https'))),
    (error: RegError) =>
      fails('TIMEOUT', /TLS handshake with .* 0\.7 s/)(error) &&
      /--connect-timeout/.test(error.context.hint ?? ''),
  );
});

test('a caller that gives up is let go at once, in every phase', async (context) => {
  const silent = await startRawServer(context, () => {});
  const half = await startCannedServer(context, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'wait');
  const http = startHttp(context, { idleTimeoutMs: 60_000, connectTimeoutMs: 60_000 });
  for (const url of [silent, silent.replace('http', 'https'), half]) {
    const controller = new AbortController();
    const reading = readAll(http, get(url, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 30);
    await assert.rejects(reading, fails('ABORTED', /interrupted/));
  }
});

test('closing ends what is under way', async (context) => {
  const origin = await startRawServer(context, () => {});
  const http = startHttp(context, { connectTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
  const waiting = [origin, origin.replace('http', 'https')].map((url) => http.send(get(url)));
  const ended = Promise.allSettled(waiting);
  await sleep(30);
  await http.close();
  for (const { status } of await ended) assert.equal(status, 'rejected');
});

test('large bodies come whole, however slowly they are taken, and the connection is kept', async (context) => {
  const authority = await createAuthority();
  const large = Buffer.alloc(5_000_000, 'bytes of which no two pieces are alike: 0123456789');
  for (const tls of [undefined, await authority.issue(['127.0.0.1'])]) {
    const sockets = new Set<unknown>();
    const handle = (exchange: Exchange): void => {
      sockets.add(exchange.request.socket);
      // Whoever gives no length sends chunks.
      if (exchange.url.pathname === '/chunked') exchange.response.write(large, () => exchange.response.end());
      else reply(exchange, 200, { body: large });
    };
    const { origin } = await startHttpServer(context, handle, { tls });
    const http = startHttp(context, { ca: [authority.certificate] });
    for (const path of ['/', '/chunked', '/', '/']) {
      const answer = await http.send(get(origin + path));
      const chunks: Uint8Array[] = [];
      for await (const chunk of answer.body) {
        chunks.push(chunk);
        await sleep(1);
      }
      assert.ok(large.equals(Buffer.concat(chunks)), path);
    }
    assert.equal(sockets.size, 1);
  }
});

test('a large body is not copied by the parser, whose next answer has its body, too', async (context) => {
  const large = Buffer.alloc(5_000_000);
  const server = await startHttpServer(context, (exchange) =>
    reply(exchange, 200, { body: exchange.url.pathname === '/large' ? large : 'small' }),
  );
  const http = startHttp(context);
  const sizes = new Set<number>();
  const answer = await http.send(get(`${server.origin}/large`));
  for await (const { buffer: memory, byteOffset } of answer.body)
    if (byteOffset > 0) sizes.add(memory.byteLength);
  // What the socket reads into holds several readings; a copy would be as large as what it is of.
  assert.deepEqual(sizes, new Set([256 * 1024]));
  assert.equal(await readAll(http, get(server.origin)), 'small');
});

test('certificates are checked against the roots and the authorities given', async (context) => {
  const authority = await createAuthority();
  const tls = await authority.issue(['registry.test']);
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'ok' }), { tls });
  const url = `https://registry.test:${server.port}/`;
  const pins = [{ host: 'registry.test', port: server.port, address: '127.0.0.1' }];
  assert.equal(await readAll(startHttp(context, { pins, ca: [authority.certificate] }), get(url)), 'ok');
  assert.equal(server.requests[0]?.headers.host, `registry.test:${server.port}`);
  await assert.rejects(
    readAll(startHttp(context, { pins }), get(url)),
    fails('TLS_ERROR', /not signed by an authority that this machine trusts/),
  );
  const careless = get(url, { care: { checkCertificate: false } });
  assert.equal(await readAll(startHttp(context, { pins }), careless), 'ok');
});

test('the environment cannot switch the check of certificates off', async (context) => {
  const name = 'NODE_TLS_REJECT_UNAUTHORIZED';
  const { [name]: before } = process.env;
  process.env[name] = '0';
  context.after(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
  const tls = await (await createAuthority()).issue(['127.0.0.1']);
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200), { tls });
  await assert.rejects(readAll(startHttp(context), get(server.origin)), { code: 'TLS_ERROR' });
  assert.equal(server.requests.length, 0);
});

test('a certificate for another name, or expired, is refused with the reason', async (context) => {
  const authority = await createAuthority();
  const ca = [authority.certificate];
  const other = await startHttpServer(context, (exchange) => reply(exchange, 200), {
    tls: await authority.issue(['other.test']),
  });
  await assert.rejects(
    readAll(startHttp(context, { ca }), get(other.origin)),
    fails('TLS_ERROR', /for another name/),
  );
  const tls = await authority.issue(['127.0.0.1'], { expired: true });
  const expired = await startHttpServer(context, (exchange) => reply(exchange, 200), { tls });
  await assert.rejects(readAll(startHttp(context, { ca }), get(expired.origin)), (error: RegError) => {
    assert.match(error.context.hint ?? '', /clock/);
    return fails('TLS_ERROR', /expired/)(error);
  });
  assert.equal(other.requests.length + expired.requests.length, 0);
});

test('TLS to a server that speaks plain http says so', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200));
  await assert.rejects(
    readAll(startHttp(context), get(server.origin.replace('http', 'https'))),
    (error: RegError) =>
      fails('TLS_ERROR', /does not speak TLS/)(error) && /--plain-http/.test(error.context.hint ?? ''),
  );
});

test('a pin may lead to another port, while the Host header keeps the name', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'ok' }));
  const pins = [{ host: 'registry.test', port: 80, address: '127.0.0.1', toPort: server.port }];
  assert.equal(await readAll(startHttp(context, { pins }), get('http://registry.test/')), 'ok');
  assert.equal(server.requests[0]?.headers.host, 'registry.test');
});

test('names under localhost lead to this machine without asking the DNS', async (context) => {
  const server = await startHttpServer(context, (exchange) => reply(exchange, 200, { body: 'ok' }));
  assert.equal(await readAll(startHttp(context), get(`http://anything.localhost:${server.port}/`)), 'ok');
});

test('where only public addresses will do, others are never connected to', async (context) => {
  let connections = 0;
  const server = createServer(() => (connections += 1));
  const { port } = await listen(context, server);
  const http = startHttp(context);
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '10.0.0.1',
    '169.254.169.254',
    '[fd00::1]',
  ]) {
    await assert.rejects(
      http.send(get(`http://${host}:${port}/`, { care: { publicOnly: true } })),
      fails('PROTOCOL_ERROR', /private address/),
      host,
    );
  }
  assert.equal(connections, 0);
});
