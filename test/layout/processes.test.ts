import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { copy } from '../../src/content/copy.js';
import type { Source } from '../../src/content/types.js';
import type { Layout } from '../../src/layout/layout.js';
import { pruneLayout } from '../../src/layout/prune.js';
import { verifyLayout } from '../../src/layout/verify.js';
import { bareEnvironment, startChild, typescriptCommand, type Child } from '../support/child.js';
import { ageClaims } from '../support/crash-store.js';
import { temporaryFolder, type Scope } from '../support/temp.js';
import { openStore, sharedImage, slowly } from './stores.js';

const PUTTER = fileURLToPath(new URL('putter.ts', import.meta.url));

/** A process that puts images into the store; it has begun. */
async function startPutter(
  scope: Scope,
  folder: string,
  [shared, ...names]: readonly string[],
): Promise<Child> {
  const command = typescriptCommand(PUTTER, folder, shared ?? '', ...names);
  const child = await startChild(scope, command, { env: bareEnvironment() });
  await Promise.race([once(child.process.stdout, 'data'), child.ended]);
  return child;
}

async function assertWhole(store: Layout): Promise<void> {
  assert.deepEqual((await verifyLayout(store)).problems, []);
}

/** The names under `.partial` of what can be gone on with, and of what can't. */
async function namesInWork(
  folder: string,
): Promise<{ readonly partials: string[]; readonly others: string[] }> {
  // A process that was killed at once has not made it.
  const names = await readdir(join(folder, '.partial')).catch(() => []);
  const isPartial = (name: string): boolean => /^sha256-[0-9a-f]{64}$/.test(name);
  return { partials: names.filter(isPartial), others: names.filter((name) => !isPartial(name)) };
}

async function partialBytes(folder: string): Promise<number> {
  const { partials } = await namesInWork(folder);
  const stats = await Promise.all(partials.map((name) => stat(join(folder, '.partial', name))));
  return stats.reduce((sum, { size }) => sum + size, 0);
}

async function filterAsync<T>(items: readonly T[], keep: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(items.map(keep));
  return items.filter((_, position) => kept[position]);
}

test('six processes that put different images at once: all of them are there', async (t) => {
  const folder = join(await temporaryFolder(t), 'store');
  const names = Array.from({ length: 6 }, (_, n) => `docker.io/library/app${n}:1`);
  const children = await Promise.all(names.map((name) => startPutter(t, folder, ['shared', name])));
  for (const ended of await Promise.all(children.map((child) => child.ended))) {
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
  }
  const store = await openStore(t, folder);
  assert.deepEqual((await store.images()).map(({ name }) => name).sort(), names);
  await assertWhole(store);
  assert.deepEqual(await readdir(join(folder, '.partial')), []);
});

test('the same image three times at once ends well', async (t) => {
  const folder = join(await temporaryFolder(t), 'store');
  const name = 'docker.io/library/app:1';
  const children = await Promise.all([1, 2, 3].map(() => startPutter(t, folder, ['shared', name])));
  for (const ended of await Promise.all(children.map((child) => child.ended))) {
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
  }
  const store = await openStore(t, folder);
  await assertWhole(store);
  assert.equal((await store.images()).length, 1);
  assert.deepEqual(await readdir(join(folder, '.partial')), []);
});

test('killed at any moment, a store is whole, and the next process goes on with what has come', async (t) => {
  const folder = join(await temporaryFolder(t), 'store');
  for (let round = 0; round < 20; round++) {
    const name = `docker.io/library/app${round}:1`;
    const child = await startPutter(t, folder, [`shared${round}`, name]);
    await delay(round * 14);
    child.kill('SIGKILL');
    await child.ended;
    // One that was killed before its claim was written holds it for ten seconds more.
    await ageClaims(join(folder, '.partial'));
    const store = await openStore(t, folder);
    await assertWhole(store);
    const earlier = (await store.images()).filter((one) => one.name !== name);
    assert.equal(earlier.length, round, 'the images of earlier rounds are there');
    const { source, root, config, layers } = sharedImage(name, `shared${round}`);
    const absent = await filterAsync([root, config, ...layers], async (part) => !(await store.has(part)));
    const wanted = absent.reduce((sum, { size }) => sum + size, 0) - (await partialBytes(folder));
    let fetched = 0;
    const counted: Source = {
      ...source,
      get: (part) => slowly(source.get(part), { onBytes: (count) => (fetched += count) }),
    };
    await copy(counted, store, root, { tag: name });
    // The walk reads the manifest to find its parts, even when the store has it.
    assert(fetched <= wanted + root.size, `${fetched} bytes were fetched, ${wanted} were wanted`);
    await assertWhole(store);
    await store.close();
    assert.deepEqual((await namesInWork(folder)).others, []);
  }
});

test('prunes that run all the time beside puts take nothing that is wanted', async (t) => {
  const folder = join(await temporaryFolder(t), 'store');
  const names = Array.from({ length: 5 }, (_, n) => `docker.io/library/app${n}:1`);
  const child = await startPutter(t, folder, ['shared', ...names]);
  const store = await openStore(t, folder);
  let prunes = 0;
  while (child.process.exitCode === null) {
    await pruneLayout(store);
    prunes += 1;
    await delay(5);
  }
  const { code, stderr } = await child.ended;
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal((await store.images()).length, names.length);
  await assertWhole(store);
  assert(prunes > 5, `${prunes} prunes`);
});
