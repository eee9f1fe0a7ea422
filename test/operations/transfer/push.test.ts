import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';

import { copy } from '../../../src/content/copy.js';
import { RegError } from '../../../src/errors.js';
import { tagImage } from '../../../src/operations/store/images.js';
import { pull } from '../../../src/operations/transfer/pull.js';
import { push, pushAllTags, pushFrom } from '../../../src/operations/transfer/push.js';
import { image } from '../../layout/stores.js';
import { imageOf, indexOf, memoryWith } from '../../support/graphs.js';
import { sampleIndex } from '../../support/images.js';
import { smallImage } from '../../server/registry.js';
import { blobFile, setStage, type Stage } from '../stage.js';

/** Puts an image into the store under a name of the registry; answers the name. */
async function keep({ store, host }: Stage, name: string, made = image(name)): Promise<string> {
  const reference = `${host}/${name}`;
  await copy(made.source, store, made.root, { tag: reference });
  return reference;
}

test('a push brings all of an image, and the next one sends nothing', async (t) => {
  const stage = await setStage(t);
  const app = image('app', ['one', 'two']);
  const name = await keep(stage, 'app:1', app);
  const size = [app.root, app.config, ...app.layers].reduce((sum, part) => sum + part.size, 0);
  const expected = { reference: name, familiar: name, digest: app.root.digest };
  assert.deepEqual(await push(name, stage), [
    { ...expected, bytes: { written: size, mounted: 0, exists: 0 } },
  ]);
  assert.equal((await stage.registry.layout.resolve(`docker.io/library/app:1`)).digest, app.root.digest);

  stage.asked();
  assert.deepEqual(await push(name, stage), [
    { ...expected, bytes: { written: 0, mounted: 0, exists: app.root.size } },
  ]);
  assert.deepEqual(stage.asked(), ['HEAD manifests/1']);
});

test('a push asks for each part once, and then sends it', async (t) => {
  const stage = await setStage(t);
  const app = image('app', ['one', 'two']);
  const name = await keep(stage, 'app:1', app);
  await push(name, stage);
  const each = ['HEAD blobs/DIGEST', 'POST blobs/uploads/', 'PUT blobs/uploads/ID'].flatMap((request) =>
    [app.config, ...app.layers].map(() => request),
  );
  const asked = stage.asked().map((request) => request.replace(/uploads\/[^?]+\?.*/, 'uploads/ID'));
  assert.deepEqual([asked.at(0), asked.at(-1)], ['HEAD manifests/1', 'PUT manifests/1']);
  assert.deepEqual(asked.slice(1, -1).sort(), each.sort());
});

test('what another repository of the registry has is mounted, with one request each', async (t) => {
  const stage = await setStage(t);
  const base = await smallImage('base');
  await stage.registry.push('team/base', '1', base);
  await pull(`${stage.host}/team/base:1`, stage);
  await tagImage(`${stage.host}/team/base:1`, { store: stage.store, target: `${stage.host}/team/copy:1` });
  stage.requests();

  const [result] = await push(`${stage.host}/team/copy:1`, stage);
  const blobs = [...base.blobs.values()].reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual(result?.bytes, { written: base.descriptor.size, mounted: blobs, exists: 0 });
  const [first, ...rest] = stage.requests();
  const last = rest.pop();
  assert.deepEqual(
    [first, last].map((request) => `${request?.method} ${request?.path}`),
    ['HEAD /v2/team/copy/manifests/1', 'PUT /v2/team/copy/manifests/1'],
  );
  assert.deepEqual(
    rest.map(({ method, path }) => `${method} ${path}`).sort(),
    [...base.blobs.keys()]
      .map(
        (digest) => `POST /v2/team/copy/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=team%2Fbase`,
      )
      .sort(),
  );
  assert.ok(rest.every(({ status, requestBytes }) => status === 201 && requestBytes === 0));
});

test('an image of the same registry that is damaged keeps no other one from being pushed', async (t) => {
  const stage = await setStage(t);
  const damaged = image('damaged');
  await keep(stage, 'damaged:1', damaged);
  const name = await keep(stage, 'app:1');
  await rm(blobFile(stage.store, damaged.root.digest));
  const [result] = await push(name, stage);
  assert.ok(result !== undefined && result.bytes.written > 0);
});

test('an image is pushed under further tags of its repository, its layers once', async (t) => {
  const stage = await setStage(t);
  const app = image('app');
  const name = await keep(stage, 'app:1', app);
  stage.requests();
  const results = await push(name, { ...stage, tags: ['2', 'latest'] });
  assert.deepEqual(
    results.map(({ familiar }) => familiar),
    ['1', '2', 'latest'].map((tag) => `${stage.host}/app:${tag}`),
  );
  assert.deepEqual(
    results.slice(1).map(({ bytes }) => bytes),
    Array.from({ length: 2 }, () => ({ written: app.root.size, mounted: 0, exists: 0 })),
  );
  const more = ['2', 'latest'].flatMap((tag) => [`HEAD manifests/${tag}`, `PUT manifests/${tag}`]);
  assert.deepEqual(stage.asked().slice(-more.length), more);
  for (const tag of ['1', '2', 'latest'])
    assert.equal(
      (await stage.registry.layout.resolve(`docker.io/library/app:${tag}`)).digest,
      app.root.digest,
    );
});

test('of an index an image that is there costs one request', async (t) => {
  const stage = await setStage(t);
  const [one, two] = [imageOf('one'), imageOf('two')];
  const index = indexOf(one, two);
  const source = await memoryWith(index);
  await pushFrom({ source, root: one.root }, { ...stage, image: `${stage.host}/app:one` });
  stage.requests();
  const [result] = await pushFrom({ source, root: index.root }, { ...stage, image: `${stage.host}/app:all` });
  assert.equal(result?.bytes.exists, one.root.size);
  const about = stage.requests().filter(({ path }) => path.endsWith(one.root.digest));
  assert.deepEqual(
    about.map(({ method }) => method),
    ['HEAD'],
  );
});

test('a further tag that is none is refused before anything is sent', async (t) => {
  const stage = await setStage(t);
  const name = await keep(stage, 'app:1');
  await assert.rejects(push(name, { ...stage, tags: ['2', 'no tag'] }), { code: 'INVALID_REFERENCE' });
  assert.deepEqual(stage.requests(), []);
});

test('by its digest an image is pushed without a tag', async (t) => {
  const stage = await setStage(t);
  const app = image('app');
  await keep(stage, 'app:1', app);
  const name = `${stage.host}/app@${app.root.digest}`;
  const [result] = await push(name, stage);
  assert.deepEqual([result?.reference, result?.digest], [name, app.root.digest]);
  const names = (await stage.registry.layout.images()).map((one) => one.name);
  assert.deepEqual(names, [`docker.io/library/app@${app.root.digest}`]);
});

test('an image that was chosen from an index is not pushed as the index', async (t) => {
  const stage = await setStage(t);
  const index = await sampleIndex();
  await stage.registry.push('app', '1', index);
  const { manifest } = await pull(`${stage.host}/app:1`, {
    ...stage,
    platform: { os: 'linux', architecture: 'amd64' },
  });
  stage.requests();
  await assert.rejects(push(`${stage.host}/app@${index.descriptor.digest}`, stage), (error) => {
    assert.ok(error instanceof RegError && error.code === 'INVALID_ARGUMENT', String(error));
    assert.ok(error.message.includes(`the image has the digest ${manifest}, not the one in its name`));
    return true;
  });
  assert.deepEqual(stage.requests(), []);
});

test('what the store lacks is an error that says where to look', async (t) => {
  const stage = await setStage(t);
  await assert.rejects(push(`${stage.host}/app:1`, stage), (error) => {
    assert.ok(error instanceof RegError && error.code === 'NOT_FOUND', String(error));
    assert.equal(error.message, `cannot push ${stage.host}/app:1: no such image in the local store`);
    assert.match(error.context.hint ?? '', /reg images/);
    return true;
  });
  await assert.rejects(pushAllTags(`${stage.host}/app`, stage).next(), { code: 'NOT_FOUND' });
  assert.deepEqual(stage.requests(), []);
});

test('all tags of one repository are pushed, and none of another', async (t) => {
  const stage = await setStage(t);
  for (const name of ['app:1', 'app:2', 'app2:1', 'team/app:1']) await keep(stage, name);
  const results = [];
  for await (const { familiar } of pushAllTags(`${stage.host}/app`, stage)) results.push(familiar);
  assert.deepEqual(results.sort(), [`${stage.host}/app:1`, `${stage.host}/app:2`]);
  const there = (await stage.registry.layout.images()).map(({ name }) => name);
  assert.deepEqual([...there].sort(), ['docker.io/library/app:1', 'docker.io/library/app:2']);
});

test('an image is pushed from any source', async (t) => {
  const stage = await setStage(t);
  const { root, nodes } = imageOf('a layer');
  const source = await memoryWith({ root, nodes });
  const [result] = await pushFrom({ source, root }, { ...stage, image: `${stage.host}/app:1` });
  const size = nodes.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  assert.deepEqual(result?.bytes, { written: size, mounted: 0, exists: 0 });
});
