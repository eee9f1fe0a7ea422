import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';

import { exportImage, startLoad } from '../../src/engine/engine.js';
import type { Endpoint } from '../../src/engine/endpoint.js';
import { RegError } from '../../src/errors.js';
import { startFakeEngine, type FakeEngine } from '../support/fake-engine.js';
import type { Scope } from '../support/temp.js';

async function started(t: Scope): Promise<{ readonly engine: FakeEngine; readonly endpoint: Endpoint }> {
  const engine = await startFakeEngine(t);
  return { engine, endpoint: { name: 'unix:///docker.sock', socketPath: engine.socketPath } };
}

const BIG = Buffer.alloc(3_000_000, 'x');

test('an image comes out as it is, whatever its name holds', async (t) => {
  const { engine, endpoint } = await started(t);
  engine.images.set('localhost:5000/team/app:1', BIG);
  const tar = await buffer(await exportImage(endpoint, 'localhost:5000/team/app:1'));
  assert.deepEqual(tar, BIG);
  assert.deepEqual(engine.seen, ['GET /images/localhost%3A5000/team/app%3A1/get']);
});

test('what the engine does not have is not found', async (t) => {
  const { endpoint } = await started(t);
  await assert.rejects(exportImage(endpoint, 'none:1'), {
    code: 'NOT_FOUND',
    message: 'the engine at unix:///docker.sock has no image "none:1"',
  });
});

test('an export that breaks off is a failure, and so is an engine that is not there', async (t) => {
  const { engine, endpoint } = await started(t);
  engine.handle = (_, response) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.write('half', () => response.destroy());
  };
  const chunks = await exportImage(endpoint, 'app:1');
  await assert.rejects(buffer(chunks), { code: 'UNREACHABLE' });
  const nowhere = { name: 'unix:///nowhere', socketPath: `${engine.socketPath}.none` };
  await assert.rejects(exportImage(nowhere, 'app:1'), {
    code: 'UNREACHABLE',
    message: 'cannot reach the engine at unix:///nowhere: nothing listens there',
  });
});

test('a tar goes in piece by piece, and is taken in when the engine says so', async (t) => {
  const { engine, endpoint } = await started(t);
  const load = startLoad(endpoint);
  for (let piece = 0; piece < 3; piece++) await load.write(BIG);
  await load.finish();
  assert.deepEqual(engine.loaded, [Buffer.concat([BIG, BIG, BIG])]);
});

test('a refusal in the answer, and one before the tar has ended, are told in the words of the engine', async (t) => {
  const { engine, endpoint } = await started(t);
  engine.handle = async (request, response) => {
    await buffer(request);
    response.end(
      '{"status":"Loading"}\r\n{"errorDetail":{"message":"no \\u001b[2Jspace"},"error":"no \\u001b[2Jspace"}\r\n',
    );
  };
  const late = startLoad(endpoint);
  await late.write(BIG);
  await assert.rejects(late.finish(), {
    code: 'UPLOAD_REJECTED',
    message: 'the engine at unix:///docker.sock says "no [2Jspace"',
  });
  engine.handle = (_, response) => {
    response.writeHead(500, { 'content-type': 'application/json', connection: 'close' });
    response.end('{"message":"disk is full"}');
  };
  const early = startLoad(endpoint);
  const all = async (): Promise<void> => {
    for (let piece = 0; piece < 100; piece++) await early.write(BIG);
    await early.finish();
  };
  await assert.rejects(all(), (error) => {
    assert(error instanceof RegError);
    assert.match(error.message, /disk is full|the connection was closed/);
    return true;
  });
});

test('an answer that breaks off is no success', async (t) => {
  const { engine, endpoint } = await started(t);
  engine.handle = async (request, response) => {
    await buffer(request);
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.write('{"status":"Loading"}\r\n', () => response.destroy());
  };
  const load = startLoad(endpoint);
  await load.write(BIG);
  await assert.rejects(load.finish(), { code: 'UNREACHABLE' });
});

test('a load that is given up, or called off, leaves the engine without an end of the tar', async (t) => {
  const { engine, endpoint } = await started(t);
  const ended: Promise<unknown>[] = [];
  engine.handle = (request) => void ended.push(buffer(request).catch((error: unknown) => error));
  const load = startLoad(endpoint);
  await load.write(BIG);
  await load.discard();
  const controller = new AbortController();
  const other = startLoad(endpoint, { signal: controller.signal });
  await other.write(BIG);
  controller.abort(new RegError('ABORTED', 'called off'));
  await assert.rejects(other.finish(), { code: 'ABORTED', message: 'called off' });
  for (const outcome of await Promise.all(ended)) assert.ok(outcome instanceof Error);
  assert.equal(ended.length, 2);
});
