import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { sha256 } from '../support/contents.js';
import { assertRefused, NOWHERE, startRegistry, type TestRegistry } from './registry.js';

const BYTES = Buffer.from('These are the bytes of a blob.');
const DIGEST = sha256(BYTES);

async function assertThere({ ask }: TestRegistry, digest: string, bytes: Uint8Array): Promise<void> {
  const answer = await ask(`app/blobs/${digest}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, Buffer.from(bytes));
}

/** Sends a chunk; `start` and `length` may lie. */
function chunk(
  { ask }: TestRegistry,
  location: string,
  { start, end = start + 9, bytes = BYTES.subarray(start, end + 1), method = 'PATCH' }: Chunk,
): ReturnType<TestRegistry['ask']> {
  return ask(location, { method, body: bytes, headers: { 'content-range': `${start}-${end}` } });
}

interface Chunk {
  readonly start: number;
  /** Default: ten bytes. */
  readonly end?: number;
  readonly bytes?: Uint8Array;
  readonly method?: string;
}

test('a blob comes by POST, then PUT', async (t) => {
  const registry = await startRegistry(t);
  const start = await registry.ask('app/blobs/uploads/', { method: 'POST' });
  assert.equal(start.status, 202);
  assert.match(start.headers.location ?? '', /^\/v2\/app\/blobs\/uploads\/[0-9a-f-]{36}$/);
  assert.equal(start.headers['range'], '0-0');
  assert(start.headers.location?.endsWith(String(start.headers['docker-upload-uuid'])));
  const end = await registry.ask(`${start.headers.location}?digest=${DIGEST}`, {
    method: 'PUT',
    body: BYTES,
  });
  assert.equal(end.status, 201);
  assert.equal(end.headers.location, `/v2/app/blobs/${DIGEST}`);
  assert.equal(end.headers['docker-content-digest'], DIGEST);
  await assertThere(registry, DIGEST, BYTES);
});

test('a blob comes by a single POST', async (t) => {
  const registry = await startRegistry(t);
  const answer = await registry.ask(`app/blobs/uploads/?digest=${DIGEST}`, { method: 'POST', body: BYTES });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.location, `/v2/app/blobs/${DIGEST}`);
  await assertThere(registry, DIGEST, BYTES);
});

test('a blob comes as a stream of unknown length, as docker sends it', async (t) => {
  const registry = await startRegistry(t);
  const location = await registry.startUpload('app');
  const pieces = (async function* () {
    yield BYTES.subarray(0, 7);
    yield BYTES.subarray(7);
  })();
  const patch = await registry.ask(location, { method: 'PATCH', body: pieces });
  assert.equal(patch.status, 202);
  assert.equal(patch.headers['range'], `0-${BYTES.length - 1}`);
  const put = await registry.ask(`${patch.headers.location}?digest=${DIGEST}`, { method: 'PUT' });
  assert.equal(put.status, 201);
  await assertThere(registry, DIGEST, BYTES);
});

test('a blob comes in chunks, the last one with the PUT', async (t) => {
  const registry = await startRegistry(t);
  const location = await registry.startUpload('app');
  const first = await chunk(registry, location, { start: 0 });
  assert.deepEqual([first.status, first.headers['range']], [202, '0-9']);
  const second = await chunk(registry, location, { start: 10 });
  assert.deepEqual([second.status, second.headers['range']], [202, '0-19']);
  const last = await chunk(registry, `${location}?digest=${DIGEST}`, { start: 20, method: 'PUT' });
  assert.equal(last.status, 201);
  await assertThere(registry, DIGEST, BYTES);
});

test('a chunk out of order is refused with the place to go on', async (t) => {
  const registry = await startRegistry(t);
  const location = await registry.startUpload('app');
  await chunk(registry, location, { start: 0 });
  for (const start of [20, 0, 9]) {
    const answer = await chunk(registry, location, { start });
    assertRefused(answer, 416, 'BLOB_UPLOAD_INVALID');
    assert.deepEqual([answer.headers['range'], answer.headers.location], ['0-9', location]);
  }
  const put = await chunk(registry, `${location}?digest=${DIGEST}`, { start: 20, method: 'PUT' });
  assert.equal(put.status, 416);
  const status = await registry.ask(location);
  assert.deepEqual([status.status, status.headers['range'], status.headers.location], [204, '0-9', location]);
  assert.equal((await chunk(registry, location, { start: 10, end: 29 })).status, 202);
  assert.equal((await registry.ask(`${location}?digest=${DIGEST}`, { method: 'PUT' })).status, 201);
});

test('a chunk that lies about its length or place is refused', async (t) => {
  const registry = await startRegistry(t);
  const location = await registry.startUpload('app');
  const tooShort = await chunk(registry, location, { start: 0, bytes: BYTES.subarray(0, 5) });
  assertRefused(tooShort, 400, 'SIZE_INVALID');
  for (const range of ['bytes 0-9/30', '9-0', '0', 'all']) {
    const answer = await registry.ask(location, {
      method: 'PATCH',
      body: BYTES,
      headers: { 'content-range': range },
    });
    assertRefused(answer, 400, 'BLOB_UPLOAD_INVALID');
  }
  assert.equal((await registry.ask(location)).headers['range'], '0-0');
});

test('a blob that is too large is refused, by what it says or when it comes', async (t) => {
  const registry = await startRegistry(t, { maxBlobSize: BYTES.length - 1 });
  const announced = await registry.startUpload('app');
  const streamed = await registry.startUpload('app');
  const chunked = await registry.startUpload('app');
  const whole = { method: 'PUT', body: BYTES } as const;
  const pieces = (async function* () {
    yield BYTES.subarray(0, 20);
    yield BYTES.subarray(20);
  })();
  await chunk(registry, chunked, { start: 0, end: 19 });
  for (const answer of [
    await registry.ask(`${announced}?digest=${DIGEST}`, whole),
    await registry.ask(streamed, { method: 'PATCH', body: pieces }),
    await chunk(registry, chunked, { start: 20, end: 29 }),
    await registry.ask(`app/blobs/uploads/?digest=${DIGEST}`, { ...whole, method: 'POST' }),
  ]) {
    assertRefused(answer, 413, 'BLOB_UPLOAD_INVALID');
  }
  assertRefused(await registry.ask(streamed), 404, 'BLOB_UPLOAD_UNKNOWN');
  await registry.pushBlob('app', BYTES.subarray(1));
});

test('bytes that do not have the digest are refused, and the upload is gone', async (t) => {
  const registry = await startRegistry(t);
  const location = await registry.startUpload('app');
  const put = await registry.ask(`${location}?digest=${NOWHERE}`, { method: 'PUT', body: BYTES });
  assertRefused(put, 400, 'DIGEST_INVALID');
  assertRefused(await registry.ask(location), 404, 'BLOB_UPLOAD_UNKNOWN');
  const post = await registry.ask(`app/blobs/uploads/?digest=${NOWHERE}`, { method: 'POST', body: BYTES });
  assertRefused(post, 400, 'DIGEST_INVALID');
  assert.equal((await registry.ask(`app/blobs/${NOWHERE}`, { method: 'HEAD' })).status, 404);
});

test('a digest that is none is refused before any byte is taken, and the upload stays', async (t) => {
  const registry = await startRegistry(t);
  const location = await registry.startUpload('app');
  for (const query of ['', '?digest=', '?digest=sha256:12', '?digest=md5:d41d8cd98f00b204e9800998ecf8427e']) {
    const put = await registry.ask(`${location}${query}`, { method: 'PUT', body: BYTES });
    assertRefused(put, 400, 'DIGEST_INVALID');
  }
  assertRefused(
    await registry.ask('app/blobs/uploads/?digest=sha256:12', { method: 'POST', body: BYTES }),
    400,
    'DIGEST_INVALID',
  );
  const put = await registry.ask(`${location}?digest=${DIGEST}`, { method: 'PUT', body: BYTES });
  assert.equal(put.status, 201);
});

test('a blob may be named by sha512, and may be empty', async (t) => {
  const registry = await startRegistry(t);
  for (const bytes of [BYTES, Buffer.alloc(0)]) {
    for (const algorithm of ['sha256', 'sha512']) {
      const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
      const start = await registry.ask(`app/blobs/uploads/?digest-algorithm=${algorithm}`, {
        method: 'POST',
      });
      const put = await registry.ask(`${start.headers.location}?digest=${digest}`, {
        method: 'PUT',
        body: bytes,
      });
      assert.equal(put.status, 201);
      await assertThere(registry, digest, bytes);
    }
  }
});

test('an upload that was called off, has ended, or is of another repository is unknown', async (t) => {
  const registry = await startRegistry(t);
  const cancelled = await registry.startUpload('app');
  assert.equal((await registry.ask(cancelled, { method: 'DELETE' })).status, 204);
  const ended = await registry.startUpload('app');
  await registry.ask(`${ended}?digest=${DIGEST}`, { method: 'PUT', body: BYTES });
  const foreign = (await registry.startUpload('app')).replace('/app/', '/other/');
  for (const location of [cancelled, ended, foreign, 'app/blobs/uploads/never-begun']) {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      assertRefused(await registry.ask(location, { method }), 404, 'BLOB_UPLOAD_UNKNOWN');
    }
    const put = await registry.ask(`${location}?digest=${DIGEST}`, { method: 'PUT', body: BYTES });
    assertRefused(put, 404, 'BLOB_UPLOAD_UNKNOWN');
  }
});

test('a blob of the store is mounted, from a repository or from anywhere', async (t) => {
  const registry = await startRegistry(t);
  await registry.pushBlob('other', BYTES);
  for (const query of [`mount=${DIGEST}&from=other`, `mount=${DIGEST}`]) {
    const answer = await registry.ask(`app/blobs/uploads/?${query}`, { method: 'POST' });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.location, `/v2/app/blobs/${DIGEST}`);
    assert.equal(answer.headers['docker-content-digest'], DIGEST);
  }
});

test('a blob that can not be mounted becomes an upload', async (t) => {
  const registry = await startRegistry(t);
  const answer = await registry.ask(`app/blobs/uploads/?mount=${DIGEST}&from=other`, { method: 'POST' });
  assert.equal(answer.status, 202);
  const put = await registry.ask(`${answer.headers.location}?digest=${DIGEST}`, {
    method: 'PUT',
    body: BYTES,
  });
  assert.equal(put.status, 201);
  const wrong = await registry.ask('app/blobs/uploads/?mount=nothing', { method: 'POST' });
  assertRefused(wrong, 400, 'DIGEST_INVALID');
});

test('a client that is cut off goes on where the registry stands', async (t) => {
  const registry = await startRegistry(t);
  const bytes = randomBytes(3_000_000);
  const location = await registry.startUpload('app');
  const socket = connect(registry.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: test\r\nContent-Length: ${bytes.length}\r\n\r\n`);
  socket.write(bytes.subarray(0, 2_000_000));
  const arrived = await untilPosition(registry, location, 2_000_000);
  socket.resetAndDestroy();
  assert.equal(arrived, 2_000_000);
  const patch = await registry.ask(location, {
    method: 'PATCH',
    body: bytes.subarray(arrived),
    headers: { 'content-range': `${arrived}-${bytes.length - 1}` },
  });
  assert.equal(patch.status, 202);
  const put = await registry.ask(`${location}?digest=${sha256(bytes)}`, { method: 'PUT' });
  assert.equal(put.status, 201);
  assert(
    registry.log.some(({ problem, received }) => problem === 'the client hung up' && received === 2_000_000),
  );
});

test('a client that comes back over a new connection does not wait for the old one', async (t) => {
  const registry = await startRegistry(t);
  const location = await registry.startUpload('app');
  const socket = connect(registry.port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => {});
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: test\r\nContent-Length: ${BYTES.length}\r\n\r\n`);
  socket.write(BYTES.subarray(0, 10));
  await untilPosition(registry, location, 10);
  const put = await registry.ask(`${location}?digest=${DIGEST}`, { method: 'PUT', body: BYTES.subarray(10) });
  assert.equal(put.status, 201);
  await closed;
});

test('many pushes of the same blob at once all succeed', async (t) => {
  const registry = await startRegistry(t);
  const bytes = randomBytes(500_000);
  const digest = sha256(bytes);
  const push = async (): Promise<number> => {
    const location = await registry.startUpload('app');
    return (await registry.ask(`${location}?digest=${digest}`, { method: 'PUT', body: bytes })).status;
  };
  const statuses = await Promise.all(Array.from({ length: 16 }, push));
  assert.deepEqual(new Set(statuses), new Set([201]));
  await assertThere(registry, digest, bytes);
});

test('an upload that nobody comes back to is forgotten, and no more than 256 are open', async (t) => {
  let now = 0;
  const clock = { now: () => now, random: () => 0, sleep: async () => {} };
  const registry = await startRegistry(t, { clock });
  const first = await registry.startUpload('app');
  for (let count = 1; count < 256; count++) await registry.startUpload('app');
  const refused = await registry.ask('app/blobs/uploads/', { method: 'POST' });
  assertRefused(refused, 429, 'TOOMANYREQUESTS');
  now = 3_600_001;
  await registry.startUpload('app');
  assertRefused(await registry.ask(first), 404, 'BLOB_UPLOAD_UNKNOWN');
});

/** Asks how far the upload is until it is so far. */
async function untilPosition({ ask }: TestRegistry, location: string, position: number): Promise<number> {
  for (;;) {
    const { headers } = await ask(location);
    const reached = Number(String(headers['range']).slice(2)) + 1;
    if (reached >= position) return reached;
    await sleep(10);
  }
}
