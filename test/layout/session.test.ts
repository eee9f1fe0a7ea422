import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { readContent } from '../../src/content/read.js';
import { hasCode } from '../../src/errors.js';
import type { Layout } from '../../src/layout/layout.js';
import { OCI_LAYER } from '../../src/spec/media-type.js';
import { digestOf } from '../../src/spec/digest.js';
import { emptyStore } from './stores.js';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function uploads(store: Layout): Promise<readonly string[]> {
  return (await readdir(join(store.folder, '.partial'))).filter((name) => !name.startsWith('lease.'));
}

for (const algorithm of ['sha256', 'sha512'] as const) {
  test(`an upload in several parts becomes a blob by its ${algorithm}`, async (t) => {
    const store = await emptyStore(t);
    const session = await store.session();
    await session.append(chunks('one, ', 'two, '));
    assert.equal(session.position, 10);
    await session.append(chunks('three'));
    const digest = digestOf(Buffer.from('one, two, three'), algorithm);
    assert.deepEqual(await session.commit(digest), { digest, size: 15 });
    const descriptor = { mediaType: OCI_LAYER, digest, size: 15 };
    assert.equal((await readContent(store.get(descriptor), { cap: 15 })).toString(), 'one, two, three');
    assert.deepEqual(await uploads(store), []);
  });
}

test('an upload of nothing is the blob of no bytes', async (t) => {
  const session = await (await emptyStore(t)).session();
  const digest = digestOf(Buffer.alloc(0));
  assert.deepEqual(await session.commit(digest), { digest, size: 0 });
});

test('an upload of other bytes than its digest promises leaves nothing', async (t) => {
  const store = await emptyStore(t);
  const session = await store.session();
  await session.append(chunks('these'));
  const digest = digestOf(Buffer.from('those'));
  await assert.rejects(session.commit(digest), (error) => hasCode(error, 'DIGEST_MISMATCH'));
  await assert.rejects(session.append(chunks('more')), (error) => hasCode(error, 'NOT_FOUND'));
  await assert.rejects(store.resolve(digest), (error) => hasCode(error, 'NOT_FOUND'));
  assert.deepEqual(await uploads(store), []);
});

test('an upload whose sender breaks off goes on where it stopped', async (t) => {
  const session = await (await emptyStore(t)).session();
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('gone');
  };
  await assert.rejects(session.append(broken()), /gone/);
  assert.equal(session.position, 4);
  await session.append(chunks(' and half'));
  await session.commit(digestOf(Buffer.from('half and half')));
});

test('a cancelled upload leaves nothing, and may be cancelled again', async (t) => {
  const store = await emptyStore(t);
  const session = await store.session();
  await session.append(chunks('some'));
  await session.cancel();
  await session.cancel();
  assert.deepEqual(await uploads(store), []);
});
