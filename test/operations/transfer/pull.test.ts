import assert from 'node:assert/strict';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import { readContent } from '../../../src/content/read.js';
import { hasCode, RegError } from '../../../src/errors.js';
import type { Layout } from '../../../src/layout/layout.js';
import { verifyLayout } from '../../../src/layout/verify.js';
import { pull, pullAllTags, type PullResult } from '../../../src/operations/transfer/pull.js';
import { parseDigest } from '../../../src/spec/digest.js';
import type { Exchange } from '../../support/http-server.js';
import { image, layer, sampleIndex, type TestGraph, type TestImage } from '../../support/images.js';
import { blobFile, setStage } from '../stage.js';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };

async function smallImage(...texts: readonly string[]): Promise<TestImage> {
  return image({ layers: await Promise.all(texts.map((text) => layer({ file: text }))) });
}

/** Asserts that a store is in order and has every byte of a graph. */
async function assertHolds(store: Layout, graph: TestGraph): Promise<void> {
  const { problems } = await verifyLayout(store);
  assert.deepEqual(problems, []);
  for (const digest of [...graph.manifests.keys(), ...graph.blobs.keys()]) {
    const descriptor = await store.resolve(digest);
    await readContent(store.get(descriptor), { cap: descriptor.size });
  }
}

async function namesIn(store: Layout): Promise<readonly string[]> {
  return (await store.images()).map(({ name }) => name);
}

function sizeOf(graph: TestGraph): number {
  const blobs = [...graph.blobs.values()].reduce((sum, { size }) => sum + size, 0);
  return [...graph.manifests.values()].reduce((sum, { descriptor }) => sum + descriptor.size, blobs);
}

test('a pull brings all of an image, and the next one costs one request', async (t) => {
  const stage = await setStage(t);
  const app = await smallImage('one', 'two');
  await stage.registry.push('app', 'latest', app);
  const name = `${stage.host}/app`;
  const expected: PullResult = {
    reference: `${name}:latest`,
    familiar: `${name}:latest`,
    digest: parseDigest(app.descriptor.digest),
    manifest: parseDigest(app.descriptor.digest),
    status: 'downloaded',
    fetched: sizeOf(app),
  };
  assert.deepEqual(await pull(name, stage), expected);
  await assertHolds(stage.store, app);
  assert.deepEqual(await namesIn(stage.store), [`${name}:latest`]);
  assert.deepEqual(
    stage.asked().filter((request) => request.includes('manifests')),
    ['GET manifests/latest'],
  );

  assert.deepEqual(await pull(name, stage), { ...expected, status: 'up-to-date', fetched: 0 });
  assert.deepEqual(stage.asked(), ['HEAD manifests/latest']);
});

test('of an index the image for the platform is taken, and the index is remembered', async (t) => {
  const stage = await setStage(t);
  const index = await sampleIndex();
  await stage.registry.push('app', '1', index);
  const name = `${stage.host}/app:1`;
  const digests = new Set<string>();
  for (const platform of [AMD64, ARM64]) {
    const first = await pull(name, { ...stage, platform });
    assert.equal(first.digest, index.descriptor.digest);
    assert.equal(first.platform?.startsWith(`linux/${platform.architecture}`), true);
    assert.equal(first.status, 'downloaded');
    digests.add(first.manifest);
    stage.asked();
    const again = await pull(name, { ...stage, platform });
    assert.deepEqual(again, { ...first, status: 'up-to-date', fetched: 0 });
    assert.deepEqual(stage.asked(), ['HEAD manifests/1']);
  }
  assert.equal(digests.size, 2);
  assert.deepEqual(await namesIn(stage.store), [name]);
  assert.deepEqual((await verifyLayout(stage.store)).problems, []);
});

test('of two platforms the second brings only what it does not share with the first', async (t) => {
  const stage = await setStage(t);
  const index = await sampleIndex();
  await stage.registry.push('app', '1', index);
  await pull(`${stage.host}/app:1`, { ...stage, platform: AMD64 });
  stage.requests();
  const { fetched } = await pull(`${stage.host}/app:1`, { ...stage, platform: ARM64 });
  const gets = stage.requests().filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'));
  assert.equal(gets.length, 2, 'the config and the layer of its own');
  const [manifest] = (await stage.store.images()).map(({ descriptor }) => descriptor);
  assert.equal(
    fetched,
    gets.reduce((sum, { responseBytes }) => sum + responseBytes, manifest?.size ?? 0),
  );
});

test('a platform that an index lacks is an error that lists what there is, and nothing is stored', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', await sampleIndex());
  const platform = { os: 'windows', architecture: 'amd64' };
  await assert.rejects(pull(`${stage.host}/app:1`, { ...stage, platform }), {
    code: 'PLATFORM_NOT_FOUND',
    message: `cannot pull ${stage.host}/app:1: no image for windows/amd64, only for linux/amd64, linux/arm64/v8`,
  });
  assert.deepEqual(await namesIn(stage.store), []);
});

test('with all platforms the whole index is taken, attestations included', async (t) => {
  const stage = await setStage(t);
  const index = await sampleIndex();
  await stage.registry.push('app', '1', index);
  const name = `${stage.host}/app:1`;
  const result = await pull(name, { ...stage, allPlatforms: true });
  assert.deepEqual([result.digest, result.manifest], [index.descriptor.digest, index.descriptor.digest]);
  assert.deepEqual([result.platform, result.fetched], [undefined, sizeOf(index)]);
  await assertHolds(stage.store, index);

  stage.asked();
  assert.equal((await pull(name, { ...stage, allPlatforms: true })).status, 'up-to-date');
  assert.deepEqual(stage.asked(), ['HEAD manifests/1']);
  const one = await pull(name, { ...stage, platform: AMD64 });
  assert.deepEqual([one.status, one.fetched], ['downloaded', 0], 'the name stands for something else now');
});

test('of tag and digest the digest decides, and the tag becomes the name', async (t) => {
  const stage = await setStage(t);
  const [old, recent] = [await smallImage('old'), await smallImage('new')];
  await stage.registry.push('app', '1', old);
  await stage.registry.push('app', '1', recent);
  const { digest } = old.descriptor;
  const result = await pull(`${stage.host}/app:1@${digest}`, stage);
  assert.deepEqual([result.digest, result.reference], [digest, `${stage.host}/app:1@${digest}`]);
  assert.equal(stage.asked()[0], 'GET manifests/DIGEST');
  assert.deepEqual(await namesIn(stage.store), [`${stage.host}/app:1`]);
  await pull(`${stage.host}/app@${digest}`, stage);
  assert.deepEqual(await namesIn(stage.store), [`${stage.host}/app:1`, `${stage.host}/app@${digest}`]);
  assert.equal((await pull(`${stage.host}/app:1@${digest}`, stage)).status, 'up-to-date');
});

test('a tag that has moved is followed, and of the new image only what is new is fetched', async (t) => {
  const stage = await setStage(t);
  const [old, recent] = [await smallImage('same', 'old'), await smallImage('same', 'new')];
  await stage.registry.push('app', '1', old);
  await pull(`${stage.host}/app:1`, stage);
  await stage.registry.push('app', '1', recent);
  const { status, digest, fetched } = await pull(`${stage.host}/app:1`, stage);
  const shared = recent.layers[0]?.blob.size ?? 0;
  assert.deepEqual(
    [status, digest, fetched],
    ['downloaded', recent.descriptor.digest, sizeOf(recent) - shared],
  );
  await assertHolds(stage.store, recent);
});

const damages: readonly [title: string, damage: (file: string) => Promise<void>][] = [
  ['is gone', (file) => rm(file)],
  ['was altered', (file) => writeFile(file, 'other bytes')],
  ['has grown', (file) => appendFile(file, 'x')],
];

for (const [title, damage] of damages) {
  test(`when a layer of the store ${title}, pulling again repairs it and fetches nothing else`, async (t) => {
    const stage = await setStage(t);
    const app = await smallImage('one', 'two');
    await stage.registry.push('app', '1', app);
    await pull(`${stage.host}/app:1`, stage);
    const { digest, size } = app.layers[1]?.blob ?? { digest: '', size: 0 };
    await damage(blobFile(stage.store, digest));
    const { status, fetched } = await pull(`${stage.host}/app:1`, stage);
    assert.deepEqual([status, fetched], ['downloaded', size]);
    await assertHolds(stage.store, app);
  });

  test(`when the manifest in the store ${title}, pulling again repairs it`, async (t) => {
    const stage = await setStage(t);
    const app = await smallImage('one');
    await stage.registry.push('app', '1', app);
    await pull(`${stage.host}/app:1`, stage);
    await damage(blobFile(stage.store, app.descriptor.digest));
    const { status, fetched } = await pull(`${stage.host}/app:1`, stage);
    assert.deepEqual([status, fetched], ['downloaded', app.descriptor.size]);
    await assertHolds(stage.store, app);
  });
}

test('after a pull that broke off only the rest is fetched, and only that is counted', async (t) => {
  const big = image({
    layers: [await layer({ file: Buffer.alloc(1_600_000, 'abcdefg') }, { compression: 'none' })],
  });
  const { digest, size } = big.layers[0]?.blob ?? { digest: '', size: 0 };
  let isCut = false;
  const intercept = ({ request, response, log }: Exchange): boolean => {
    if (isCut || !request.url?.endsWith(digest) || request.method !== 'GET') return false;
    isCut = true;
    log.responseBytes = 400_000;
    response.writeHead(200, { 'content-length': size });
    void bytesOf(big, digest).then((bytes) =>
      response.write(bytes.subarray(0, 400_000), () => response.destroy()),
    );
    return true;
  };
  const retryPolicy = { tries: 1, minWaitMs: 0, maxWaitMs: 0, maxAskedMs: 0 };
  const stage = await setStage(t, { intercept, retryPolicy });
  await stage.registry.push('app', '1', big);
  await assert.rejects(pull(`${stage.host}/app:1`, stage), (error) => {
    assert.ok(hasCode(error, 'UNREACHABLE'));
    assert.match(error.context.hint ?? '', /^Try again.* What has arrived is kept\.$/);
    return true;
  });
  assert.deepEqual(await namesIn(stage.store), []);
  stage.requests();
  const { status, fetched } = await pull(`${stage.host}/app:1`, stage);
  const received = stage.requests().reduce((sum, { responseBytes }) => sum + responseBytes, 0);
  assert.equal(status, 'downloaded');
  assert.equal(fetched, received);
  assert.ok(fetched < size, `${fetched} of ${size} bytes were fetched again`);
  await assertHolds(stage.store, big);
});

async function bytesOf({ blobs }: TestGraph, digest: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.get(digest)?.open() ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('what is not there is an error that names the image', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', await smallImage('app'));
  const name = `${stage.host}/app:2`;
  await assert.rejects(pull(name, stage), (error) => {
    assert.ok(error instanceof RegError && error.code === 'NOT_FOUND', String(error));
    assert.ok(error.message.startsWith(`cannot pull ${name}: `), error.message);
    assert.deepEqual([error.context.reference, error.context.side], [name, 'source']);
    return true;
  });
  await assert.rejects(pull('Bad//Name', stage), { code: 'INVALID_REFERENCE' });
});

test('a pull that is called off says so, whatever the reason', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', await smallImage('app'));
  await assert.rejects(pull(`${stage.host}/app:1`, { ...stage, signal: AbortSignal.abort('enough') }), {
    name: 'RegError',
    code: 'ABORTED',
  });
});

test('all tags of a repository are pulled, one after the other', async (t) => {
  const stage = await setStage(t);
  for (const tag of ['1', '2']) await stage.registry.push('app', tag, await smallImage(tag));
  const results = [];
  for await (const { familiar } of pullAllTags(`${stage.host}/app`, stage)) results.push(familiar);
  assert.deepEqual(results, [`${stage.host}/app:1`, `${stage.host}/app:2`]);
  assert.deepEqual([...(await namesIn(stage.store))].sort(), results);
  await assert.rejects(pullAllTags(`${stage.host}/app:1`, stage).next(), { code: 'INVALID_ARGUMENT' });
});
