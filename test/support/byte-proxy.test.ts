import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { closed } from './closed.js';
import { startByteProxy } from './byte-proxy.js';
import type { ByteProxy, Faults } from './byte-proxy.js';
import { ask } from './http-client.js';
import { reply, startHttpServer } from './http-server.js';

const BODY = Buffer.alloc(300_000, 'x');

test('a byte proxy cuts after exactly so many bytes, as often as told', async (t) => {
  const proxy = await start(t, { cutAfter: 100_000, times: 1 });
  assert.equal(await receive(proxy), 100_000);
  assert.equal((await ask(`http://${proxy.host}/`)).body.length, BODY.length);
  assert.deepEqual(proxy.connections, { made: 2, hit: 1 });
});

test('a byte proxy resets', async (t) => {
  const proxy = await start(t, { cutAfter: 10, reset: true });
  await assert.rejects(ask(`http://${proxy.host}/`), { code: 'ECONNRESET' });
});

test('a byte proxy stalls, says so, and leaves the connection open', async (t) => {
  const proxy = await start(t, { stallAfter: 1000 });
  const socket = request(proxy);
  await proxy.whenDown(1000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(proxy.bytes.down, 1000);
  assert.equal(socket.readableEnded, false);
  socket.destroy();
});

async function start(t: TestContext, faults: Faults): Promise<ByteProxy> {
  const server = await startHttpServer(t, (exchange) => reply(exchange, 200, { body: BODY }));
  return startByteProxy(t, server, faults);
}

function request(proxy: ByteProxy): Socket {
  const socket = connect(proxy.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  return socket;
}

async function receive(proxy: ByteProxy): Promise<number> {
  const socket = request(proxy).resume();
  await closed(socket);
  return socket.bytesRead;
}
