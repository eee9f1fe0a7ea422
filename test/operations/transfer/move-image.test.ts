import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { copyImages } from '../../../src/operations/transfer/copy-images.js';
import { tagImage } from '../../../src/operations/store/images.js';
import { pull } from '../../../src/operations/transfer/pull.js';
import { push } from '../../../src/operations/transfer/push.js';
import { parseDigest } from '../../../src/spec/digest.js';
import type { Exchange } from '../../support/http-server.js';
import { bigLayer, image as makeImage, layer } from '../../support/images.js';
import { mountDisk, needsDisk } from '../../support/small-disk.js';
import { temporaryFolder } from '../../support/temp.js';
import { openStore } from '../../layout/stores.js';
import { smallImage } from '../../server/registry.js';
import { setStage, type Stage } from '../stage.js';

function asIfApart(repository: string): (exchange: Exchange) => boolean {
  return ({ request, response }) => {
    const isBlob = request.method === 'HEAD' && request.url?.startsWith(`/v2/${repository}/blobs/`) === true;
    if (isBlob) response.writeHead(404).end();
    return isBlob;
  };
}

function changes(stage: Stage): readonly string[] {
  return stage
    .requests()
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map(({ method, path }) => `${method} ${path}`);
}

test('a dry pull tells what would be fetched, and stores nothing', async (t) => {
  const stage = await setStage(t);
  const graph = await smallImage('app');
  await stage.registry.push('app', '1', graph);
  stage.requests();
  const { plan, fetched } = await pull(`${stage.host}/app:1`, { ...stage, dryRun: true });
  const blobs = [...graph.blobs.values()].reduce((sum, { size }) => sum + size, 0);
  const written = blobs + graph.descriptor.size;
  assert.deepEqual(plan?.bytes, { written, mounted: 0, exists: 0 });
  assert.equal(fetched, written);
  assert.equal(plan?.previous, undefined);
  assert.deepEqual(await stage.store.entries(), []);
  assert.ok(stage.requests().every(({ path }) => !path.includes('/blobs/')));

  await pull(`${stage.host}/app:1`, stage);
  const again = await pull(`${stage.host}/app:1`, { ...stage, dryRun: true });
  assert.deepEqual(again.plan?.bytes, { written: 0, mounted: 0, exists: graph.descriptor.size });
  assert.equal(again.plan?.previous, graph.descriptor.digest);
});

test('a dry push tells what is there, what would be mounted and what sent, and changes nothing', async (t) => {
  const stage = await setStage(t, { intercept: asIfApart('team/copy') });
  const base = await smallImage('base');
  await stage.registry.push('team/base', '1', base);
  await stage.registry.push('team/copy', '1', await smallImage('other'));
  await pull(`${stage.host}/team/base:1`, stage);
  const target = `${stage.host}/team/copy:1`;
  await tagImage(`${stage.host}/team/base:1`, { store: stage.store, target });
  stage.requests();
  const [result] = await push(target, { ...stage, dryRun: true });
  const blobs = [...base.blobs.values()].reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual(result?.plan?.bytes, { written: base.descriptor.size, mounted: blobs, exists: 0 });
  assert.ok(result.plan.previous !== undefined && result.plan.previous !== base.descriptor.digest);
  assert.deepEqual(changes(stage), []);
});

test('a dry copy makes no file and no directory', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', await smallImage('app'));
  const folder = await temporaryFolder(t);
  for (const place of [`oci:${folder}/layout`, `oci-archive:${folder}/image.tar`]) {
    const [result] = await copyImages([`${stage.host}/app:1`], place, { ...stage, dryRun: true });
    assert.ok((result?.plan?.parts.length ?? 0) > 0);
  }
  assert.deepEqual(await readdir(folder), []);
});

test('a tag that stands for another image stays, where it is not to be clobbered', async (t) => {
  const stage = await setStage(t);
  const [one, two] = [await smallImage('one'), await smallImage('two')];
  await stage.registry.push('app', '1', one);
  await stage.registry.push('app', '2', two);
  stage.requests();
  const rules = { ...stage, noClobber: true };
  const [from, to] = [`${stage.host}/app:1`, `${stage.host}/app:2`];
  await assert.rejects(copyImages([from], to, rules), { code: 'TAG_EXISTS' });
  assert.deepEqual(changes(stage), []);
  await copyImages([from], `${stage.host}/app:new`, rules);
  await copyImages([from], `${stage.host}/app:new`, rules);
  await copyImages([from], `oci-archive:${join(await temporaryFolder(t), 'a.tar')}`, rules);
});

test('a tag is moved only from the digest that was expected', async (t) => {
  const stage = await setStage(t);
  const [one, two] = [await smallImage('one'), await smallImage('two')];
  await stage.registry.push('app', '1', one);
  await stage.registry.push('app', '2', two);
  const [from, to] = [`${stage.host}/app:1`, `${stage.host}/app:2`];
  const expecting = (digest: string) => ({ ...stage, expectDigest: parseDigest(digest) });
  await assert.rejects(copyImages([from], to, expecting(`sha256:${'0'.repeat(64)}`)), { code: 'TAG_EXISTS' });
  await assert.rejects(copyImages([from], `${stage.host}/app:none`, expecting(two.descriptor.digest)), {
    code: 'TAG_EXISTS',
  });
  await copyImages([from], to, expecting(two.descriptor.digest));
  const moved = await stage.client.repository(stage.host, 'app').resolve('2');
  assert.equal(moved.digest, one.descriptor.digest);
});

test('names of the store have the same rules', async (t) => {
  const { store, ...stage } = await setStage(t);
  await stage.registry.push('app', '1', await smallImage('one'));
  await stage.registry.push('app', '2', await smallImage('two'));
  const [one, two] = [`${stage.host}/app:1`, `${stage.host}/app:2`];
  await pull(one, { ...stage, store });
  const { manifest } = await pull(two, { ...stage, store });
  await assert.rejects(tagImage(one, { store, target: two, noClobber: true }), { code: 'TAG_EXISTS' });
  await tagImage(one, { store, target: two, expectDigest: manifest });
  await assert.rejects(
    tagImage(two, { store, target: one, expectDigest: manifest }).then(() =>
      tagImage(one, { store, target: 'other:1', expectDigest: manifest }),
    ),
    { code: 'TAG_EXISTS' },
  );
});

test('an archive that is there is not replaced, where it is not to be clobbered', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', await smallImage('app'));
  const place = `oci-archive:${await temporaryFolder(t)}/image.tar`;
  const rules = { ...stage, noClobber: true };
  await copyImages([`${stage.host}/app:1`], place, rules);
  await assert.rejects(copyImages([`${stage.host}/app:1`], place, rules), { code: 'TAG_EXISTS' });
});

test(
  'a disk without room is found out before the first byte of a layer is fetched',
  needsDisk(),
  async (t) => {
    const stage = await setStage(t);
    const graph = makeImage({ layers: [await layer({ a: 'small' }), await bigLayer(6_000_000, 3)] });
    await stage.registry.push('app', '1', graph);
    const { folder } = await mountDisk(t, 4);
    const store = await openStore(t, join(folder, 'store'));
    stage.requests();
    await assert.rejects(pull(`${stage.host}/app:1`, { ...stage, store }), (error: Error) => {
      assert.match(error.message, /\d+ bytes are needed and \d+ are free; \d+ are missing$/);
      return true;
    });
    assert.ok(stage.requests().every(({ path }) => !path.includes('/blobs/')));
    await assert.rejects(copyImages([`${stage.host}/app:1`], `oci-archive:${folder}/image.tar`, stage), {
      code: 'DISK_FULL',
    });
    assert.deepEqual(await readdir(folder), []);
  },
);
