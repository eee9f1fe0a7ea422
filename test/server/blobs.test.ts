import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { patternContent, sha256 } from '../support/contents.js';
import { assertRefused, NOWHERE, smallImage, startRegistry } from './registry.js';

const BYTES = Buffer.from('0123456789'.repeat(20));
const DIGEST = sha256(BYTES);

test('a blob comes back whole, with its length and digest, and a HEAD gets just those', async (t) => {
  const registry = await startRegistry(t);
  await registry.pushBlob('app', BYTES);
  for (const method of ['GET', 'HEAD']) {
    const { status, headers, body } = await registry.ask(`app/blobs/${DIGEST}`, { method });
    assert.equal(status, 200);
    assert.equal(headers['content-length'], '200');
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['docker-content-digest'], DIGEST);
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.deepEqual(body, method === 'GET' ? BYTES : Buffer.alloc(0));
  }
});

test('a blob that is not there is unknown, and a digest that is none is invalid', async (t) => {
  const { ask } = await startRegistry(t);
  for (const method of ['GET', 'DELETE']) {
    assertRefused(await ask(`app/blobs/${NOWHERE}`, { method }), 404, 'BLOB_UNKNOWN');
    for (const digest of ['sha256:12', `sha256:${'Z'.repeat(64)}`, 'md5:0123', 'latest']) {
      assertRefused(await ask(`app/blobs/${digest}`, { method }), 400, 'DIGEST_INVALID');
    }
  }
});

test('a range of a blob is served', async (t) => {
  const registry = await startRegistry(t);
  await registry.pushBlob('app', BYTES);
  const ranges: readonly (readonly [string, number, number])[] = [
    ['bytes=5-14', 5, 14],
    ['bytes=190-', 190, 199],
    ['bytes=-3', 197, 199],
    ['bytes=150-900', 150, 199],
  ];
  for (const [range, start, end] of ranges) {
    const { status, headers, body } = await registry.ask(`app/blobs/${DIGEST}`, { headers: { range } });
    assert.equal(status, 206);
    assert.equal(headers['content-range'], `bytes ${start}-${end}/200`);
    assert.equal(headers['content-length'], String(end - start + 1));
    assert.deepEqual(body, BYTES.subarray(start, end + 1));
  }
});

test('a range outside of the blob is refused, and several ranges get the whole', async (t) => {
  const registry = await startRegistry(t);
  await registry.pushBlob('app', BYTES);
  for (const range of ['bytes=200-', 'bytes=9-5']) {
    const answer = await registry.ask(`app/blobs/${DIGEST}`, { headers: { range } });
    assert.equal(answer.status, 416);
    assert.equal(answer.headers['content-range'], 'bytes */200');
  }
  const several = await registry.ask(`app/blobs/${DIGEST}`, { headers: { range: 'bytes=0-1,5-6' } });
  assert.deepEqual([several.status, several.body], [200, BYTES]);
});

test('a client that has the bytes is told so, and a range of other bytes is not served', async (t) => {
  const registry = await startRegistry(t);
  await registry.pushBlob('app', BYTES);
  const { headers } = await registry.ask(`app/blobs/${DIGEST}`);
  const etag = headers.etag ?? '';
  const same = await registry.ask(`app/blobs/${DIGEST}`, { headers: { 'if-none-match': `"x", W/${etag}` } });
  assert.deepEqual([same.status, same.body.length], [304, 0]);
  for (const [condition, status] of [
    [etag, 206],
    ['"other"', 200],
  ] as const) {
    const answer = await registry.ask(`app/blobs/${DIGEST}`, {
      headers: { range: 'bytes=0-1', 'if-range': condition },
    });
    assert.equal(answer.status, status);
  }
});

test('a large blob and the end of it stream through', async (t) => {
  const registry = await startRegistry(t);
  const content = await patternContent(40_000_000, 7);
  const location = await registry.startUpload('app');
  const put = await registry.ask(`${location}?digest=${content.digest}`, {
    method: 'PUT',
    body: content.open(),
  });
  assert.equal(put.status, 201);
  const whole = await registry.ask(`app/blobs/${content.digest}`);
  assert.equal(sha256(whole.body), content.digest);
  const end = await registry.ask(`app/blobs/${content.digest}`, { headers: { range: 'bytes=30000000-' } });
  assert(end.body.equals(whole.body.subarray(30_000_000)));
});

test('a blob is deleted, unless an image is made of it', async (t) => {
  const registry = await startRegistry(t);
  await registry.pushBlob('app', BYTES);
  assert.equal((await registry.ask(`app/blobs/${DIGEST}`, { method: 'DELETE' })).status, 202);
  assertRefused(await registry.ask(`app/blobs/${DIGEST}`), 404, 'BLOB_UNKNOWN');
  const made = await smallImage('needed');
  await registry.push('app', 'v1', made);
  for (const digest of [...made.blobs.keys(), made.descriptor.digest]) {
    assertRefused(await registry.ask(`app/blobs/${digest}`, { method: 'DELETE' }), 405, 'UNSUPPORTED');
  }
  await registry.ask('app/manifests/v1', { method: 'DELETE' });
  for (const digest of made.blobs.keys()) {
    assert.equal((await registry.ask(`app/blobs/${digest}`, { method: 'DELETE' })).status, 202);
  }
});

test('a blob that was damaged on disk is not served, and a push repairs it', async (t) => {
  const registry = await startRegistry(t);
  await registry.pushBlob('app', BYTES);
  const file = join(registry.folder, 'blobs', 'sha256', DIGEST.slice('sha256:'.length));
  await writeFile(file, Buffer.alloc(BYTES.length));
  assertRefused(await registry.ask(`app/blobs/${DIGEST}`), 404, 'BLOB_UNKNOWN');
  await registry.pushBlob('app', BYTES);
  assert.deepEqual((await registry.ask(`app/blobs/${DIGEST}`)).body, BYTES);
});
