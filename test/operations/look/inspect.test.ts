import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inspect } from '../../../src/operations/look/inspect.js';
import { readManifestBytes } from '../../../src/operations/look/documents.js';
import type { LookOptions } from '../../../src/operations/look/look-at.js';
import { pull } from '../../../src/operations/transfer/pull.js';
import { image, layer, sampleIndex, type TestGraph } from '../../support/images.js';
import { setStage, type Stage } from '../stage.js';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const S390X = { os: 'linux', architecture: 's390x' };

/** A stage whose registry has the graph as `app:1`, and the options to look there from a machine with amd64. */
async function stageWith(
  t: Parameters<typeof setStage>[0],
  graph: TestGraph,
): Promise<{ readonly stage: Stage; readonly name: string; readonly options: LookOptions }> {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', graph);
  return {
    stage,
    name: `${stage.host}/app:1`,
    options: { client: stage.client, store: stage.store, hostPlatform: AMD64 },
  };
}

test('an image is described by manifest and config, and no layer is fetched', async (t) => {
  const made = image({
    layers: [await layer({ a: '1' }), await layer({ b: '2' })],
    config: { author: 'me', config: { Cmd: ['sh'], Env: ['A=1'], Labels: { k: 'v' }, User: 7 } },
    manifest: { annotations: { note: 'x' } },
  });
  const { stage, name, options } = await stageWith(t, made);
  const { image: shown, ...rest } = await inspect(name, options);
  assert.deepEqual(rest, {
    reference: name,
    familiar: name,
    digest: made.descriptor.digest,
    mediaType: made.descriptor.mediaType,
    annotations: { note: 'x' },
  });
  assert.equal(shown?.platform, 'linux/amd64');
  assert.deepEqual(
    shown?.layers.map(({ digest }) => digest),
    made.layers.map(({ blob }) => blob.digest),
  );
  assert.equal(shown?.size, made.config.length + made.layers.reduce((sum, { blob }) => sum + blob.size, 0));
  const { author, cmd, env, labels, user } = shown?.config ?? {};
  assert.deepEqual(
    { author, cmd, env, labels, user },
    {
      author: 'me',
      cmd: ['sh'],
      env: ['A=1'],
      labels: { k: 'v' },
      user: undefined,
    },
  );
  assert.deepEqual(stage.asked(), ['GET manifests/1', 'GET blobs/DIGEST']);
});

test('of an index the entries are shown, and the image for this machine', async (t) => {
  const index = await sampleIndex();
  const { name, options } = await stageWith(t, index);
  const { manifests, image: shown } = await inspect(name, options);
  assert.deepEqual(
    manifests?.map(({ platform }) => platform),
    ['linux/amd64', 'linux/arm64/v8', undefined, undefined],
  );
  assert.equal(manifests?.[2]?.annotations?.['vnd.docker.reference.type'], 'attestation-manifest');
  assert.equal(shown?.digest, manifests?.[0]?.digest);
  const arm = await inspect(name, { ...options, platform: { os: 'linux', architecture: 'arm64' } });
  assert.deepEqual([arm.image?.digest, arm.image?.platform], [manifests?.[1]?.digest, 'linux/arm64/v8']);
});

test('an index without this platform is shown all the same, unless the platform was asked for', async (t) => {
  const { name, options } = await stageWith(t, await sampleIndex());
  const shown = await inspect(name, { ...options, hostPlatform: S390X });
  assert.deepEqual([shown.image, shown.manifests?.length], [undefined, 4]);
  await assert.rejects(inspect(name, { ...options, platform: S390X }), {
    code: 'PLATFORM_NOT_FOUND',
    message: /^cannot inspect .*no image for linux\/s390x, only for linux\/amd64, linux\/arm64\/v8$/,
  });
});

test('an artifact has no config that could be described', async (t) => {
  const artifactType = 'application/vnd.example';
  const made = image({ layers: [await layer({ a: '1' })], manifest: { artifactType } });
  const manifest = JSON.parse(made.bytes.toString());
  const odd = image({
    layers: made.layers,
    manifest: {
      artifactType,
      config: { ...manifest.config, mediaType: 'application/vnd.oci.empty.v1+json' },
    },
  });
  const { name, options } = await stageWith(t, odd);
  const { image: shown } = await inspect(name, options);
  assert.deepEqual([shown?.artifactType, shown?.config, shown?.platform], [artifactType, {}, undefined]);
});

test('the store is looked at without any request', async (t) => {
  const { stage, name, options } = await stageWith(t, await sampleIndex());
  const { digest, manifest } = await pull(name, { ...stage, platform: AMD64 });
  stage.requests();
  const local = await inspect(`store:${name}`, options);
  assert.deepEqual([local.digest, local.image?.platform], [manifest, 'linux/amd64']);
  assert.deepEqual(stage.requests(), []);
  const byIndex = await inspect(`store:${stage.host}/app@${digest}`, options);
  assert.equal(byIndex.digest, manifest);
  await assert.rejects(inspect(`store:${stage.host}/app:2`, options), {
    code: 'NOT_FOUND',
    message: `cannot inspect store:${stage.host}/app:2: no such image in the local store`,
  });
});

test('the bytes of a manifest are given as they are', async (t) => {
  const index = await sampleIndex();
  const { name, options } = await stageWith(t, index);
  const { bytes } = await readManifestBytes(name, options);
  assert.deepEqual(Buffer.from(bytes), index.bytes);
});
