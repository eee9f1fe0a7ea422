import assert from 'node:assert/strict';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { systemClock } from '../../src/content/system-clock.js';
import { Claims } from '../../src/disk/claim.js';
import { hasCode, RegError } from '../../src/errors.js';
import type { LayoutOptions } from '../../src/layout/layout.js';
import { pruneLayout } from '../../src/layout/prune.js';
import { verifyLayout } from '../../src/layout/verify.js';
import { OCI_INDEX } from '../../src/spec/media-type.js';
import { temporaryFolder, type Scope } from '../support/temp.js';
import { NAME, putImage, fileOf, parts, digests } from './stored-images.js';
import { blob, emptyStore, image, openStore, thisProcess } from './stores.js';

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

/** A store for which it is the hour that it is told. */
async function storeOfHours(scope: Scope, options: Partial<LayoutOptions> = {}) {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const store = await openStore(scope, await temporaryFolder(scope), { ...options, clock });
  const work = join(store.folder, '.partial');
  const start = Date.now() / 1000 - 1;
  const put = async (hour: number): Promise<void> => {
    now = hour * 3_600_000;
    const before = await readdir(work).catch((): string[] => []);
    await store.put(blob(`hour ${hour}`));
    // By the clock of the disk, all blobs came one second after the first lease was taken out.
    const since = start + hour * 3600;
    for (const name of await readdir(work))
      if (!before.includes(name)) await utimes(join(work, name), since, since);
  };
  return { store, work, put };
}

test('prune keeps what a process of this machine has put in and not named for a day and more', async (t) => {
  const { store, work, put } = await storeOfHours(t);
  for (const hour of [0, 6.1, 12.2, 30]) await put(hour);
  assert.equal((await pruneLayout(await openStore(t, store.folder))).blobs, 0);
  await store.close();
  assert.deepEqual(await readdir(work), []);
});

test('prune takes what a server has had for longer than it keeps what nobody names', async (t) => {
  const { store, work, put } = await storeOfHours(t, { unnamedLifeMs: 12 * 3_600_000 });
  const other = await openStore(t, store.folder);
  for (const hour of [0, 7, 18]) await put(hour);
  assert.equal((await pruneLayout(other)).blobs, 0);
  await put(25);
  assert.equal((await pruneLayout(other)).blobs, 4);
  assert.equal((await readdir(work)).length, 3);
});

test('a lease that the disk does not let go of fails no put', async (t) => {
  const { store, put } = await storeOfHours(t, { unnamedLifeMs: 1 });
  const { work } = store.parts;
  await store.prepare();
  const lease = await work.lease();
  const release = t.mock.fn(() => Promise.reject(new RegError('DISK_ERROR', 'it is broken')));
  t.mock.method(work, 'lease', async () => ({ ...lease, release }), { times: 1 });
  await put(0);
  await put(7);
  await put(14);
  assert.equal(release.mock.callCount(), 1);
  assert.equal(await store.has(blob('hour 14').descriptor), true);
  await lease.release();
});

test('prune keeps what comes in from a process that runs for days where nobody can see that', async (t) => {
  let now = 0;
  const store = await openStore(t, await temporaryFolder(t), { clock: { ...systemClock, now: () => now } });
  const work = join(store.folder, '.partial');
  for (const hour of [0, 7, 14]) {
    // By the clock of the disk, what is there was made long ago.
    if (hour > 0) for (const name of await readdir(work)) await utimes(join(work, name), 0, 0);
    now = hour * 3_600_000;
    await store.put(blob(`hour ${hour}`));
  }
  await pruneLayout(await openStore(t, store.folder, { hostname: 'elsewhere' }));
  assert.equal(await store.has(blob('hour 14').descriptor), true);
  await store.close();
  assert.deepEqual(await readdir(work), []);
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
  await store.put(blob('makes the directories'));
  await store.close();
  const partial = join(store.folder, '.partial', `sha256-${'0'.repeat(64)}`);
  await writeFile(partial, 'left');
  await writeFile(`${partial}.parts`, '0 4\n');
  assert.deepEqual(await pruneLayout(store), { blobs: 1, partials: 1, cached: 0, bytes: 25 });
  assert.deepEqual(await readdir(join(store.folder, '.partial')), []);
});

test('prune takes what leads to others first, so that what is left of a killed one is whole', async (t) => {
  const store = await emptyStore(t);
  const app = image('app');
  await copy(app.source, store, app.root);
  const index = blob(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [app.root] }),
    OCI_INDEX,
  );
  await store.put(index);
  await store.close();
  const { mock } = t.mock.method(store.parts.blobs, 'remove');
  assert.equal((await pruneLayout(store)).blobs, 4);
  const removed = mock.calls.map(({ arguments: [digest] }) => digest);
  assert.deepEqual(removed.slice(0, 2), [index.descriptor.digest, app.root.digest]);
});

test('prune leaves a partial that a process is at, and does not count it before either', async (t) => {
  const store = await emptyStore(t);
  await putImage(store, image('app'));
  await store.close();
  const partial = join(store.folder, '.partial', `sha256-${'0'.repeat(64)}`);
  await writeFile(partial, 'growing');
  const claim = await new Claims(thisProcess).claim(partial);
  const nothing = { blobs: 0, partials: 0, cached: 0, bytes: 0 };
  assert.deepEqual(await pruneLayout(store, { dryRun: true }), nothing);
  assert.deepEqual(await pruneLayout(store), nothing);
  // Nor does one that looked before the other process came.
  assert.equal(await store.parts.work.removeUnused(partial), false);
  assert.equal(await readFile(partial, 'utf8'), 'growing');
  await claim?.release();
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
