import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { hasCode } from '../../src/errors.js';
import { pruneLayout } from '../../src/layout/prune.js';
import { verifyLayout } from '../../src/layout/verify.js';
import { mountDisk, needsDisk } from '../support/small-disk.js';
import { blob, image, openStore } from './stores.js';

const NAME = 'docker.io/library/app:1';

const options = needsDisk();

test('a disk that gets full: the bytes needed are told, the store stays whole', options, async (t) => {
  const { folder } = await mountDisk(t, 4);
  const store = await openStore(t, folder);
  const small = image('small', ['fits']);
  await copy(small.source, store, small.root, { tag: NAME });
  const large = image('large', [Buffer.alloc(6 * 1024 * 1024, 'large')]);
  await assert.rejects(
    copy(large.source, store, large.root, { tag: 'docker.io/library/large:1' }),
    (error) => hasCode(error, 'DISK_FULL') && /\d+ more bytes are needed/.test(error.message),
  );
  assert.deepEqual((await verifyLayout(store)).problems, []);
  // The partial has given back what names and locks need.
  await store.put(small.source.get(small.root), { tag: 'docker.io/library/third:1' });
  await store.remove(['docker.io/library/third:1']);
  await store.close();
  assert.deepEqual(
    (await readdir(`${folder}/.partial`)).filter((name) => !name.startsWith('sha256-')),
    [],
  );
  assert.equal((await pruneLayout(store)).partials, 1);
  await copy(small.source, store, small.root, { tag: 'docker.io/library/second:1' });
  assert.equal((await store.images()).length, 2);
});

test('a disk that is full already: an error, and nothing is lost', options, async (t) => {
  const { folder } = await mountDisk(t, 4);
  const store = await openStore(t, folder);
  const small = image('small', ['fits']);
  await copy(small.source, store, small.root, { tag: NAME });
  spawnSync('dd', ['if=/dev/zero', `of=${folder}/fill`, 'bs=4k'], { stdio: 'ignore' });
  for (const put of [
    () => copy(image('more').source, store, image('more').root, { tag: 'docker.io/library/more:1' }),
    () => store.put(small.source.get(small.root), { tag: 'docker.io/library/second:1' }),
    () => store.remove([NAME]),
  ]) {
    await assert.rejects(put(), (error) => hasCode(error, 'DISK_FULL'));
  }
  assert.deepEqual(
    (await store.images()).map(({ name }) => name),
    [NAME],
  );
  assert.deepEqual((await verifyLayout(store)).problems, []);
});

test('a store on a read-only disk can be read but not written', options, async (t) => {
  const { folder, remount } = await mountDisk(t, 4);
  const store = await openStore(t, folder);
  const small = image('small', ['fits']);
  await copy(small.source, store, small.root, { tag: NAME });
  await store.close();
  remount('ro');
  const reader = await openStore(t, folder);
  assert.deepEqual((await verifyLayout(reader)).problems, []);
  assert.equal((await reader.resolve(NAME)).digest, small.root.digest);
  for (const put of [
    () => reader.put(blob('more')),
    () => reader.remove([NAME]),
    () => pruneLayout(reader),
  ]) {
    await assert.rejects(
      put(),
      (error) =>
        hasCode(error, 'DISK_ERROR') && error.message.includes('read-only') && error.message.includes(folder),
    );
  }
});
