import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readContent, readManifest } from '../../../src/content/read.js';
import { annotateImages, editImage } from '../../../src/operations/edit/edit-image.js';
import { openPlace } from '../../../src/operations/places/source-place.js';
import type { Descriptor } from '../../../src/spec/descriptor.js';
import { parsePlatform } from '../../../src/spec/platform.js';
import { sha256 } from '../../support/contents.js';
import { image, layer, sampleIndex } from '../../support/images.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage, type Stage } from '../stage.js';

/** The manifests at a place: that of the image, or those of an index by platform, attestations left out. */
async function manifestsAt(place: string, stage: Stage): Promise<readonly object[]> {
  const { root, source, close } = await openPlace(place, stage);
  const read = async (descriptor: Descriptor): Promise<object> => {
    const bytes = await readContent(source.get(descriptor), { cap: 100_000 });
    return JSON.parse(Buffer.from(bytes).toString()) as object;
  };
  const manifest = await readManifest(source, root);
  const below = manifest.kind === 'index' ? manifest.manifests : [root];
  const configs: object[] = [];
  for (const descriptor of below) {
    const image = await readManifest(source, descriptor);
    if (image.kind === 'manifest') configs.push(await read(image.config));
  }
  await close();
  return configs;
}

const labels = { labels: { edited: 'yes' } };

test('every image of an index is edited under its tag, without its attestations, and no layer is sent', async (t) => {
  const stage = await setStage(t);
  const graph = await sampleIndex();
  await stage.registry.push('app', '1', graph);
  stage.requests();
  const warnings: string[] = [];
  const result = await editImage(`${stage.host}/app:1`, labels, {
    ...stage,
    onNotice: ({ message }) => warnings.push(message),
  });
  assert.equal(result.previous, graph.descriptor.digest);
  assert.deepEqual([result.images, result.attestations], [2, 2]);
  assert.match(warnings.join(), /2 in the index are left out$/);
  const configs = await manifestsAt(`${stage.host}/app:1`, stage);
  assert.equal(configs.length, 2);
  for (const config of configs) assert.match(JSON.stringify(config), /"Labels":{"edited":"yes"}/);
  // Two configs.
  const uploads = stage.requests().filter(({ path, requestBytes }) => /blobs/.test(path) && requestBytes > 0);
  assert.equal(uploads.length, 2);
});

test('an edit that changes nothing leaves the digest as it is', async (t) => {
  const stage = await setStage(t);
  const graph = image({ layers: [], config: { config: { User: 'me' } } });
  await stage.registry.push('app', '1', graph);
  const { digest } = await editImage(`${stage.host}/app:1`, { user: 'me' }, stage);
  assert.equal(digest, graph.descriptor.digest);
});

test('one platform of an index is edited, the others stay, and so do their attestations', async (t) => {
  const stage = await setStage(t);
  const graph = await sampleIndex('docker');
  await stage.registry.push('app', '1', graph);
  const output = `oci:${await temporaryFolder(t)}/layout:edited`;
  const platforms = [parsePlatform('linux/arm64')];
  const result = await editImage(`${stage.host}/app:1`, labels, { ...stage, output, platforms });
  assert.deepEqual([result.images, result.attestations], [1, 1]);
  const configs = await manifestsAt(output, stage);
  assert.deepEqual(
    configs.map((config) => JSON.stringify(config).includes('edited')),
    [false, true, false],
  );
});

test('a tag that is moved by somebody else in the meantime is not overwritten', async (t) => {
  const other = image({ layers: [await layer({ b: 'other' })] });
  const stage: Stage = await setStage(t, {
    // By then the tag was read.
    intercept: async ({ request }) => {
      if (request.url?.includes('/blobs/') === true) await stage.registry.push('app', '1', other);
      return false;
    },
  });
  await stage.registry.push('app', '1', image({ layers: [await layer({ a: 'app' })] }));
  const place = `${stage.host}/app:1`;
  await assert.rejects(editImage(place, labels, stage), { code: 'TAG_EXISTS' });
  assert.equal((await openPlace(place, stage)).root.digest, other.descriptor.digest);
});

test('annotations are those of what the name stands for, unless images of it are meant', async (t) => {
  const stage = await setStage(t);
  const graph = await sampleIndex();
  await stage.registry.push('app', '1', graph);
  const place = `${stage.host}/app:1`;
  const set = { 'org.example.a': 'b' };
  const { attestations } = await annotateImages(place, { set }, stage);
  assert.equal(attestations, 0);
  const registry = stage.client.repository(stage.host, 'app');
  const index = await readManifest(registry, await registry.resolve('1'));
  assert.deepEqual(index.annotations, set);
  await annotateImages(place, { remove: ['org.example.a'] }, stage);
  // As it was, byte for byte.
  assert.equal((await registry.resolve('1')).digest, graph.descriptor.digest);
  await annotateImages(place, { set }, { ...stage, allPlatforms: true });
  const changed = await readManifest(registry, await registry.resolve('1'));
  assert(changed.kind === 'index');
  assert.equal(changed.annotations, undefined);
  for (const entry of changed.manifests)
    assert.deepEqual((await readManifest(registry, entry)).annotations, set);
  await stage.registry.push('app', 'docker', await sampleIndex('docker'));
  await assert.rejects(annotateImages(`${stage.host}/app:docker`, { set }, stage), { code: 'UNSUPPORTED' });
});

test('what has no tag of its own, or can not be checked, needs a place to go to', async (t) => {
  const stage = await setStage(t);
  const graph = image({ layers: [await layer({ a: 'app' })] });
  await stage.registry.push('app', '1', graph);
  const archive = `oci-archive:${await temporaryFolder(t)}/app.tar:1`;
  await editImage(`${stage.host}/app:1`, labels, { ...stage, output: archive });
  for (const place of [`${stage.host}/app@${graph.descriptor.digest}`, archive])
    await assert.rejects(editImage(place, { user: 'me' }, stage), { code: 'INVALID_ARGUMENT' });
  const result = await editImage(archive, { user: 'me' }, { ...stage, output: 'store:app:2' });
  assert.equal(result.name, 'docker.io/library/app:2');
  // In the store and in a layout there are tags that can be checked.
  const again = await editImage('store:app:2', { user: 'you' }, stage);
  assert.equal(again.previous, result.digest);
  const expected = { ...stage, expectDigest: result.digest };
  await assert.rejects(editImage('store:app:2', { user: 'us' }, expected), { code: 'TAG_EXISTS' });
  const { config } = image({ layers: [] });
  const descriptor = { mediaType: 'application/vnd.example', digest: sha256(config), size: config.length };
  await stage.registry.push('app', 'artifact', image({ layers: [], manifest: { config: descriptor } }));
  await assert.rejects(editImage(`${stage.host}/app:artifact`, { user: 'me' }, stage), {
    code: 'UNSUPPORTED',
  });
});
