import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { ConnectionPool } from '../../../src/registry/http/connection-pool.js';
import { exchange } from '../../../src/registry/http/exchange.js';
import { listen } from '../../support/listen.js';
import type { Scope } from '../../support/temp.js';

interface World {
  /** Accepted by the server, the oldest first. */
  readonly accepted: readonly Socket[];
  readonly pool: ConnectionPool;
  /** The body of an answer. */
  readonly get: () => Promise<string>;
}

/**
 * A server that takes so many milliseconds by the clock to connect to, and really so many to answer each request, by the
 * number of its connection.
 */
async function start(t: Scope, connectMs: number, answerMs = 0): Promise<World> {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    const body = String(accepted.push(socket));
    const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.on('data', () => setTimeout(() => socket.write(answer), answerMs));
    socket.on('error', () => {});
  });
  const { port } = await listen(t, server);
  let now = 0;
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    now += connectMs;
    return socket;
  };
  const pool = new ConnectionPool(dial, { now: () => now });
  t.after(() => pool.close(new Error('over')));
  const get = async (): Promise<string> => {
    const asked = { pool, method: 'GET', path: '/', headers: {}, body: null };
    const { body } = await exchange({ ...asked, signal: new AbortController().signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  return { accepted, pool, get };
}

/** Until the server has so many connections, and no more are under way. */
async function settled({ accepted }: World, count: number): Promise<void> {
  for (let tries = 0; accepted.length < count && tries < 200; tries++) await sleep(5);
  await sleep(20);
  assert.equal(accepted.length, count);
}

test('A far host is connected to for the requests that will come, while the one before them is under way', async (t) => {
  const world = await start(t, 40);
  world.pool.prepareFor(4);
  assert.equal(await world.get(), '1');
  await settled(world, 4);
  const answers = await Promise.all([world.get(), world.get(), world.get(), world.get()]);
  assert.deepEqual(answers.sort(), ['1', '2', '3', '4']);
  world.pool.prepareFor(4);
  await world.get();
  await settled(world, 4);
});

test('A host that takes long to answer is far, too', async (t) => {
  const world = await start(t, 1, 100);
  world.pool.prepareFor(3);
  const answer = world.get();
  await settled(world, 3);
  assert.equal(await answer, '1');
});

test('A near host is connected to when that is needed', async (t) => {
  const world = await start(t, 1);
  // As if the answer had come at once, however busy this machine is.
  world.pool.prepareFor(4)();
  assert.equal(await world.get(), '1');
  await settled(world, 1);
});

test('A connection that was made in vain is passed over', async (t) => {
  const world = await start(t, 40);
  world.pool.prepareFor(3);
  await world.get();
  await settled(world, 3);
  // One says something nobody asked for, which must not be taken for an answer; the other hangs up.
  world.accepted[1]?.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil');
  world.accepted[2]?.destroy();
  await sleep(20);
  const answers = await Promise.all([world.get(), world.get(), world.get()]);
  assert.deepEqual(answers.sort(), ['1', '4', '5']);
});

test('Connections that nobody took end with all others', async (t) => {
  const world = await start(t, 40);
  world.pool.prepareFor(3);
  await world.get();
  await settled(world, 3);
  const closed = world.accepted.map((socket) => once(socket, 'close'));
  world.pool.close(new Error('over'));
  await Promise.all(closed);
});

test('A connection that is made ahead is the one that the request takes', async (t) => {
  const world = await start(t, 40);
  world.pool.connectAhead();
  world.pool.connectAhead();
  assert.equal(await world.get(), '1');
  world.pool.connectAhead();
  await settled(world, 1);
});

test('A connection on its way that fails is the failure of the request, and of that one only', async () => {
  let dials = 0;
  const dial = async (): Promise<Socket> => {
    throw new Error(`refused ${++dials}`);
  };
  const pool = new ConnectionPool(dial, { now: () => 0 });
  const asked = { pool, method: 'GET', path: '/', headers: {}, body: null };
  const ask = () => exchange({ ...asked, signal: new AbortController().signal });
  pool.connectAhead();
  await assert.rejects(ask(), /refused 1/);
  await assert.rejects(ask(), /refused 2/);
});
