import assert from 'node:assert/strict';
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { hasCode } from '../../src/errors.js';
import type { Layout } from '../../src/layout/layout.js';
import { pruneLayout, verifyLayout } from '../../src/layout/maintain.js';
import type { Digest } from '../../src/spec/digest.js';
import { OCI_INDEX } from '../../src/spec/media-type.js';
import { blob, emptyStore, giveNames, image, openStore, type TestImage } from './stores.js';

const NAME = 'docker.io/library/app:1.0';

async function putImage(store: Layout, { source, root }: TestImage, tag = NAME): Promise<void> {
  await copy(source, store, root, { tag });
}

const fileOf = (store: Layout, digest: Digest): string =>
  join(store.folder, 'blobs', 'sha256', digest.slice(7));

function parts({ root, config, layers }: TestImage): Digest[] {
  return [root, config, ...layers].map((descriptor) => descriptor.digest);
}

async function digests(store: Layout): Promise<string[]> {
  return (await readdir(join(store.folder, 'blobs', 'sha256'))).map((hex) => `sha256:${hex}`).sort();
}

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

test('prune removes what no name reaches, and nothing else', async (t) => {
  const store = await emptyStore(t);
  const [kept, gone] = [image('kept', ['shared', 'own']), image('gone', ['shared', 'lost'])];
  await putImage(store, kept);
  await putImage(store, gone, 'docker.io/library/gone:1');
  await store.remove(['docker.io/library/gone:1']);
  await store.close();
  const lost = parts(gone).filter((digest) => !parts(kept).includes(digest));
  const bytes = gone.root.size + gone.config.size + 'lost'.length;
  assert.deepEqual(await pruneLayout(store, { dryRun: true }), { blobs: 3, partials: 0, cached: 0, bytes });
  assert.equal((await digests(store)).length, 7);
  assert.deepEqual(await pruneLayout(store), { blobs: 3, partials: 0, cached: 0, bytes });
  assert.deepEqual(await digests(store), parts(kept).sort());
  assert.equal(lost.length, 3);
  assert.deepEqual(await pruneLayout(store), { blobs: 0, partials: 0, cached: 0, bytes: 0 });
});

test('prune keeps everything below an index', async (t) => {
  const store = await emptyStore(t);
  const images = [image('amd64'), image('arm64')];
  for (const one of images) await copy(one.source, store, one.root);
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: images.map(({ root }) => root) };
  await store.put(blob(JSON.stringify(index), OCI_INDEX), { tag: NAME });
  await store.close();
  assert.equal((await pruneLayout(store)).blobs, 0);
});

test('prune keeps what a process that is still putting things in has put in', async (t) => {
  const store = await emptyStore(t);
  const other = await openStore(t, store.folder);
  await other.put(blob('before'));
  await other.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await store.put(blob('first'));
  await store.put(blob('second'));
  await pruneLayout(other);
  assert.equal((await digests(store)).length, 2);
  await store.close();
  await pruneLayout(other);
  assert.deepEqual(await digests(store), []);
});

test('prune keeps an older blob that a running process has asked for', async (t) => {
  const store = await emptyStore(t);
  const other = await openStore(t, store.folder);
  await other.put(blob('wanted'));
  await other.put(blob('unwanted'));
  await other.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await store.put(blob('something'));
  assert.equal(await store.put(blob('wanted')), 'exists');
  assert.equal((await pruneLayout(other)).blobs, 1);
  assert.equal(await store.has(blob('wanted').descriptor), true);
});

test('prune removes partials that no process is at', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the folders'));
  await store.close();
  const partial = join(store.folder, '.partial', `sha256-${'0'.repeat(64)}`);
  await writeFile(partial, 'left');
  await writeFile(`${partial}.parts`, '0 4\n');
  assert.deepEqual(await pruneLayout(store), { blobs: 1, partials: 1, cached: 0, bytes: 21 });
  assert.deepEqual(await readdir(join(store.folder, '.partial')), []);
});

test('prune of a store with a broken manifest removes nothing', async (t) => {
  const store = await emptyStore(t);
  const app = image('app');
  await putImage(store, app);
  await store.put(blob('unreached'));
  await store.close();
  await writeFile(fileOf(store, app.root.digest), 'broken');
  await assert.rejects(pruneLayout(store), (error) => hasCode(error, 'STORE_CORRUPT'));
  assert.equal((await digests(store)).length, 4);
});

test('prune of a layout that another tool made', async (t) => {
  const store = await emptyStore(t);
  await putImage(store, image('app'));
  await store.put(blob('unreached'));
  await store.close();
  await rm(join(store.folder, '.partial'), { recursive: true });
  assert.equal((await pruneLayout(store)).blobs, 1);
});

test('prune of a store that is not there does not make it', async (t) => {
  const store = await emptyStore(t);
  assert.deepEqual(await pruneLayout(store), { blobs: 0, partials: 0, cached: 0, bytes: 0 });
  assert.deepEqual(await readdir(store.folder), []);
});

test('a name is not given when a prune took a part away, and copy brings it back', async (t) => {
  const store = await emptyStore(t);
  const app = image('app');
  await copy(app.source, store, app.root);
  await store.parts.blobs.remove(app.config.digest);
  await assert.rejects(store.put(app.source.get(app.root), { tag: NAME }), (error) =>
    hasCode(error, 'INCOMPLETE'),
  );
  assert.deepEqual(await store.images(), []);
  await putImage(store, app);
  assert.deepEqual((await verifyLayout(store)).problems, []);
});

test('discarding a blob: only when no name reaches it', async (t) => {
  const store = await emptyStore(t);
  const app = image('app');
  await putImage(store, app);
  await store.put(blob('free'));
  await assert.rejects(store.discard(app.config.digest), (error) => hasCode(error, 'UNSUPPORTED'));
  assert.equal(await store.discard(blob('free').descriptor.digest), true);
  assert.equal(await store.discard(blob('free').descriptor.digest), false);
});
