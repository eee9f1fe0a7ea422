/** Several processes on one store, and on one config.json, at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertClean, assertWhole, readNames } from '../support/crash-store.js';
import { bigLayer, image, layer } from '../support/images.js';
import type { TestImage } from '../support/images.js';
import { createPerson } from '../support/person.js';
import type { Person } from '../support/person.js';
import { startStreamingRegistry } from '../support/streaming-registry.js';
import type { Scope } from '../support/temp.js';

const MIB = 1024 * 1024;

/** Images that share a large layer, each with one of its own. */
async function makeImages(count: number): Promise<readonly TestImage[]> {
  const shared = await bigLayer(8 * MIB, 1);
  return Promise.all(
    Array.from({ length: count }, async (_, n) =>
      image({ layers: [shared, await bigLayer(2 * MIB, n + 2), await layer({ name: String(n) })] }),
    ),
  );
}

/** Puts each image into a registry of its own: their full names, and what index.json is to hold in the end. */
async function serve(
  scope: Scope,
  images: readonly TestImage[],
): Promise<{ readonly names: readonly string[]; readonly wanted: Readonly<Record<string, string>> }> {
  const registries = await Promise.all(images.map((graph) => startStreamingRegistry(scope, graph)));
  const names = registries.map(({ host }) => `${host}/app:1`);
  const wanted = names.map((name, n) => [name, images[n]?.descriptor.digest]);
  return { names, wanted: Object.fromEntries(wanted) };
}

/** Runs a command again and again until the work is done; answers how often. */
async function beside(me: Person, args: readonly string[], work: Promise<unknown>): Promise<number> {
  const done = work.then(() => 'done');
  for (let times = 1; ; times++) {
    const run = me.reg(args);
    const first = await Promise.race([done, run]);
    await run;
    if (first === 'done') return times;
  }
}

for (const count of [2, 6]) {
  test(`${count} pulls of different images at once: every image is there`, async (t) => {
    const images = await makeImages(count);
    const { names, wanted } = await serve(t, images);
    const me = await createPerson(t);
    await Promise.all(names.map((name) => me.reg(['pull', name])));
    assert.deepEqual(new Map(Object.entries(await readNames(me.home))), new Map(Object.entries(wanted)));
    await assertWhole(t, me.home, images);
    await assertClean(me.home, images);
  });
}

test('six pulls of the same image at once: it is there, and all say so', async (t) => {
  const images = await makeImages(1);
  const { names, wanted } = await serve(t, images);
  const me = await createPerson(t);
  const runs = await Promise.all(Array.from({ length: 6 }, () => me.reg(['pull', '-q', names[0] ?? ''])));
  for (const { stdout, stderr } of runs) assert.deepEqual([stdout, stderr], [`${names[0]}\n`, '']);
  assert.deepEqual(await readNames(me.home), wanted);
  await assertWhole(t, me.home, images);
  await assertClean(me.home, images);
});

test('prunes without end beside pulls, tags and removals take nothing that is wanted', async (t) => {
  const images = await makeImages(4);
  const { names, wanted } = await serve(t, images);
  const me = await createPerson(t);
  const target = await startStreamingRegistry(t);
  const work = async (name: string): Promise<void> => {
    for (const tag of ['1', '2']) {
      await me.reg(['pull', name]);
      await me.reg(['tag', name, `${target.host}/${name.slice(-10).replace(/\W/g, '')}:${tag}`]);
      await me.reg(['rmi', name]);
    }
    await me.reg(['pull', name]);
  };
  const prunes = await beside(me, ['prune'], Promise.all(names.map(work)));
  assert.ok(prunes > 2, `${prunes} prunes`);
  const found = await readNames(me.home);
  assert.deepEqual(found, { ...found, ...wanted });
  assert.equal(Object.keys(found).length, 3 * names.length);
  await assertWhole(t, me.home, images);
  await assertClean(me.home, images);
});
