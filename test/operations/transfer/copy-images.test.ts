import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { readManifest } from '../../../src/content/read.js';
import { RegError } from '../../../src/errors.js';
import { copyImages } from '../../../src/operations/transfer/copy-images.js';
import { loadImages } from '../../../src/operations/transfer/load-images.js';
import { pull } from '../../../src/operations/transfer/pull.js';
import { openPlace } from '../../../src/operations/places/source-place.js';
import { parsePlatform } from '../../../src/spec/platform.js';
import { attestation, image, index, layer, sampleIndex, type TestGraph } from '../../support/images.js';
import { startServe } from '../../support/serve.js';
import { createPerson } from '../../support/person.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage, type Stage } from '../stage.js';

async function staged(
  t: TestContext,
): Promise<Stage & { readonly graph: TestGraph; readonly source: string }> {
  const stage = await setStage(t);
  const graph = await sampleIndex();
  await stage.registry.push('team/app', '1', graph);
  stage.requests();
  return { ...stage, graph, source: `${stage.host}/team/app:1` };
}

test('within a registry every layer is there or mounted, and no byte of one is moved', async (t) => {
  const { source, graph, ...stage } = await staged(t);
  const [result] = await copyImages([source], `${stage.host}/other/app:2`, stage);
  assert.equal(result?.digest, graph.descriptor.digest);
  assert.equal(result?.name, `${stage.host}/other/app:2`);
  const uploads = stage
    .requests()
    .filter(({ path, requestBytes }) => path.includes('/blobs/') && requestBytes > 0);
  assert.deepEqual(uploads, []);
  const there = await stage.client.repository(stage.host, 'other/app').resolve('2');
  assert.equal(there.digest, graph.descriptor.digest);
});

test('an image goes through every kind of place and keeps its digest', async (t) => {
  const { source, graph, ...stage } = await staged(t);
  const folder = await temporaryFolder(t);
  const places = [
    `oci:${folder}/layout:v1`,
    `oci-archive:${folder}/oci.tar`,
    'store:localhost/app:1',
    `oci:${folder}/second`,
    `./${folder.replace(/^\//, '../../'.repeat(20))}/third.tar:v3`,
    `${stage.host}/back/app:1`,
  ];
  for (const [position, place] of places.entries()) {
    const [result] = await copyImages([places[position - 1] ?? source], place, stage);
    assert.equal(result?.digest, graph.descriptor.digest, place);
  }
  const { root } = await openPlace(`${stage.host}/back/app:1`, stage);
  assert.equal(root.digest, graph.descriptor.digest);
});

test('an archive for Docker takes one platform, of which any may be asked for', async (t) => {
  const { source, ...stage } = await staged(t);
  const place = `docker-archive:${await temporaryFolder(t)}/docker.tar`;
  for (const platform of ['linux/amd64', 'linux/arm64']) {
    const [result] = await copyImages([source], place, { ...stage, platforms: [parsePlatform(platform)] });
    assert.equal(result?.platform?.replace('/v8', ''), platform);
  }
  const [result] = await copyImages([source], place, stage);
  assert.match(result?.mediaType ?? '', /manifest/);
});

test('of several platforms a smaller index is made, without the attestations of the others', async (t) => {
  const stage = await setStage(t);
  const images = await Promise.all(
    ['amd64', 'arm64', 's390x'].map(async (architecture) =>
      image({ layers: [await layer({ architecture })], platform: { os: 'linux', architecture } }),
    ),
  );
  const graph = index([...images, ...images.map(attestation)], { annotations: { kept: 'yes' } });
  await stage.registry.push('app', 'all', graph);
  const warnings: string[] = [];
  const [result] = await copyImages([`${stage.host}/app:all`], `${stage.host}/app:some`, {
    ...stage,
    platforms: [parsePlatform('linux/s390x'), parsePlatform('linux/amd64')],
    onNotice: ({ message }) => warnings.push(message),
  });
  const registry = stage.client.repository(stage.host, 'app');
  const root = await registry.resolve('some');
  assert.equal(root.digest, result?.digest);
  const manifest = await readManifest(registry, root);
  assert(manifest.kind === 'index');
  assert.deepEqual(manifest.annotations, { kept: 'yes' });
  assert.deepEqual(
    manifest.manifests.map(({ platform, annotations }) => [
      platform?.architecture,
      annotations?.['vnd.docker.reference.digest'],
    ]),
    [
      ['amd64', undefined],
      ['s390x', undefined],
      ['unknown', images[0]?.descriptor.digest],
      ['unknown', images[2]?.descriptor.digest],
    ],
  );
  assert.equal(warnings.length, 1);
  assert.ok(warnings[0]?.includes(graph.descriptor.digest.slice(0, 19)), warnings[0]);
});

test('asked for all its platforms an index stays as it is', async (t) => {
  const { source, graph, ...stage } = await staged(t);
  const platforms = ['linux/amd64', 'linux/arm64'].map((text) => parsePlatform(text));
  const [result] = await copyImages([source], 'store:localhost/app:1', { ...stage, platforms });
  assert.equal(result?.digest, graph.descriptor.digest);
});

test('signatures and what refers to them come along, from one registry to another', async (t) => {
  const stage = await setStage(t);
  const signed = image({ layers: [await layer({ a: 'app' })] });
  const signature = image({
    layers: [await layer({ a: 'signature' })],
    manifest: { subject: signed.descriptor, artifactType: 'example/signature' },
  });
  const note = image({ layers: [await layer({ a: 'note' })], manifest: { subject: signature.descriptor } });
  for (const [tag, graph] of Object.entries({ '1': signed, s: signature, n: note }))
    await stage.registry.push('app', tag, graph);
  const { host } = await startServe(t, await createPerson(t));
  const [result] = await copyImages([`${stage.host}/app:1`], `${host}/app:1`, { ...stage, referrers: true });
  assert.equal(result?.referrers, 2);
  const there = stage.client.repository(host, 'app');
  const digestsOf = async (graph: TestGraph): Promise<readonly string[]> => {
    const { digest } = await there.resolve(graph.descriptor.digest);
    return (await there.referrers(digest)).map((referrer) => referrer.digest);
  };
  assert.deepEqual(await digestsOf(signed), [signature.descriptor.digest]);
  assert.deepEqual(await digestsOf(signature), [note.descriptor.digest]);
});

test('all tags of a repository go to the same tags', async (t) => {
  const { graph, ...stage } = await staged(t);
  const other = image({ layers: [await layer({ a: 'other' })] });
  await stage.registry.push('team/app', 'other', other);
  const results = await copyImages([`${stage.host}/team/app`], `${stage.host}/mirror/app`, {
    ...stage,
    allTags: true,
  });
  assert.deepEqual(
    results.map(({ destination, digest }) => [destination, digest]),
    [
      [`${stage.host}/mirror/app:1`, graph.descriptor.digest],
      [`${stage.host}/mirror/app:other`, other.descriptor.digest],
    ],
  );
});

test('several images make one archive, and a load brings all of them back', async (t) => {
  const { source, graph, ...stage } = await staged(t);
  const other = image({ layers: [await layer({ a: 'other' })] });
  await stage.registry.push('team/other', '1', other);
  const sources = [source, `${stage.host}/team/other:1`];
  const file = join(await temporaryFolder(t), 'two.tar');
  await copyImages(sources, `oci-archive:${file}`, stage);
  const results = await loadImages(`oci-archive:${file}`, stage);
  assert.deepEqual(
    results.map(({ name }) => name),
    sources,
  );
  assert.equal((await stage.store.resolve(source)).digest, graph.descriptor.digest);
});

test('several images find no room in a place that holds one', async (t) => {
  const { source, ...stage } = await staged(t);
  for (const place of ['store:a:1', `${stage.host}/a:1`, 'oci-archive:a.tar:v1'])
    await assert.rejects(copyImages([source, source], place, stage), { code: 'INVALID_ARGUMENT' });
});

test('nothing is loaded of an archive whose images have no whole names', async (t) => {
  const { source, ...stage } = await staged(t);
  const file = join(await temporaryFolder(t), 'image.tar');
  await copyImages([source], `oci-archive:${file}:v1`, stage);
  await assert.rejects(loadImages(`oci-archive:${file}`, stage), (error) => {
    assert(error instanceof RegError);
    assert.match(error.message, /^cannot load oci-archive:.* it holds an image named "v1" only$/);
    return true;
  });
  assert.deepEqual(await stage.store.images(), []);
});

test('an archive whose source fails is not there', async (t) => {
  const { source, ...stage } = await staged(t);
  const folder = await temporaryFolder(t);
  await assert.rejects(copyImages([source, `${stage.host}/none:1`], `oci-archive:${folder}/a.tar`, stage), {
    code: 'NOT_FOUND',
  });
  assert.deepEqual(await readdir(folder), []);
});

test('what the store has from a registry is mounted when it is copied there', async (t) => {
  const { source, ...stage } = await staged(t);
  await pull(source, { ...stage, allPlatforms: true });
  const [result] = await copyImages([`store:${source}`], `${stage.host}/third/app:1`, stage);
  assert.ok((result?.bytes.mounted ?? 0) > 0);
  assert.equal(result?.bytes.exists, 0);
});
