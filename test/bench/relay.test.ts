import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { closed } from '../support/closed.js';
import { ask } from '../support/http-client.js';
import { reply, startHttpServer } from '../support/http-server.js';
import type { Shape } from './line.js';
import { startRelay } from './relay.js';
import type { Relay } from './relay.js';

const BODY = Buffer.alloc(3_000_000, 'relay');

test('a relay passes every byte, and counts it', async (t) => {
  const relay = await start(t, { delayMs: 1, connectionRate: 50_000_000, linkRate: 60_000_000 });
  const answers = await Promise.all([1, 2, 3].map(() => ask(`http://${relay.host}/`)));
  for (const { body } of answers) assert.ok(body.equals(BODY));
  assert.ok(relay.bytes.down > 3 * BODY.length);
  assert.ok(relay.bytes.up > 0);
  assert.equal(relay.connections, 3);
});

test('what the server says last arrives, although it hangs up at once', async (t) => {
  const server = await startHttpServer(t, ({ response }) => {
    response.end('bye', () => response.socket?.destroySoon());
  });
  const relay = await startRelay(t, server.host, { delayMs: 20 });
  assert.equal((await ask(`http://${relay.host}/`)).body.toString(), 'bye');
});

test('a delay and a rate are never less than what was asked for', async (t) => {
  const relay = await start(t, { delayMs: 25, connectionRate: 30_000_000 });
  const begin = performance.now();
  await ask(`http://${relay.host}/`);
  // A round trip to connect, one to ask, and 3 MB at 30 MB/s; timers may be a millisecond early.
  assert.ok(performance.now() - begin >= 195);
});

test('a cut breaks what is open, and nothing else', async (t) => {
  const relay = await start(t, { linkRate: 1_000_000 });
  const socket = connect(Number(relay.host.split(':')[1]), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  socket.resume();
  await relay.down(100_000);
  const broken = closed(socket);
  relay.cut();
  await broken;
  assert.ok(socket.bytesRead < BODY.length);
  const answer = await ask(`http://${relay.host}/`, { method: 'HEAD' });
  assert.equal(answer.status, 200);
});

async function start(t: TestContext, shape: Shape): Promise<Relay> {
  const server = await startHttpServer(t, (exchange) => reply(exchange, 200, { body: BODY }));
  return startRelay(t, server.host, shape);
}
