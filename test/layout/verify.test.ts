import assert from 'node:assert/strict';
import { stat, utimes, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { verifyLayout } from '../../src/layout/verify.js';
import { NAME, putImage, fileOf, digests } from './stored-images.js';
import { emptyStore, giveNames, image } from './stores.js';

test('verify finds nothing wrong in a store that is right', async (t) => {
  const store = await emptyStore(t);
  const app = image('app', ['12345', '1234567']);
  await putImage(store, app);
  const report = await verifyLayout(store);
  assert.deepEqual(report, { checked: 4, bytes: app.root.size + app.config.size + 12, problems: [] });
});

test('verify finds bytes that changed without a trace, and the next put brings them back', async (t) => {
  const store = await emptyStore(t);
  const app = image('app', ['right']);
  await putImage(store, app);
  const [layer] = app.layers;
  assert(layer !== undefined);
  const file = fileOf(store, layer.digest);
  const { atime, mtime } = await stat(file);
  await writeFile(file, 'wrong');
  await utimes(file, atime, mtime);
  const { problems } = await verifyLayout(store);
  assert.deepEqual(problems, [
    { subject: layer.digest, problem: 'its bytes do not match its digest' },
    {
      subject: NAME,
      problem: `the store lacks ${layer.digest.slice(0, 19)}, a part of ${app.root.digest.slice(0, 19)}`,
    },
  ]);
  await putImage(store, app);
  assert.deepEqual((await verifyLayout(store)).problems, []);
});

test('verify names an image whose parts are missing', async (t) => {
  const store = await emptyStore(t);
  const app = image('app');
  await putImage(store, app);
  await store.parts.blobs.remove(app.config.digest);
  const { problems } = await verifyLayout(store);
  assert.deepEqual(
    problems.map(({ subject }) => subject),
    [NAME],
  );
});

test('verify with repair removes what is wrong', async (t) => {
  const store = await emptyStore(t);
  const app = image('app');
  await putImage(store, app);
  await writeFile(fileOf(store, app.config.digest), 'wrong');
  await verifyLayout(store, { repair: true });
  assert(!(await digests(store)).includes(app.config.digest));
});

test('an image with an altered layer is repaired by putting it again, without fetching the rest', async (t) => {
  const store = await emptyStore(t);
  const app = image('app', ['right', 'other']);
  await putImage(store, app);
  const [layer] = app.layers;
  assert(layer !== undefined);
  await writeFile(fileOf(store, layer.digest), 'wrong');
  const opened: string[] = [];
  const source = {
    ...app.source,
    get: (descriptor: typeof app.root) => {
      const content = app.source.get(descriptor);
      return { ...content, open: () => (opened.push(descriptor.digest), content.open()) };
    },
  };
  await copy(source, store, app.root, { tag: NAME });
  assert.deepEqual(opened, [app.root.digest, layer.digest]);
  assert.deepEqual((await verifyLayout(store)).problems, []);
});

test('verify looks at the index as often in a large store as in a small one', async (t) => {
  const looks = [];
  for (const count of [2, 20]) {
    const store = await emptyStore(t);
    const { source, root } = image('app');
    await copy(source, store, root, { tag: 'docker.io/library/app:0' });
    await giveNames(store, count);
    const { mock } = t.mock.method(store, 'entries');
    assert.deepEqual((await verifyLayout(store)).problems, []);
    looks.push(mock.callCount());
  }
  assert.equal(looks[0], looks[1]);
});
