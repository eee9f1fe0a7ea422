import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readContent, readManifest } from '../../../src/content/read.js';
import { rebaseImage } from '../../../src/operations/edit/rebase.js';
import { openPlace } from '../../../src/operations/places/source-place.js';
import { image, index, layer, type ImageOptions, type TestLayer } from '../../support/images.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage, type Stage } from '../stage.js';

const empty = (text: string): object => ({ created_by: text, empty_layer: true });
const made = (text: string): object => ({ created_by: text });

/** An old and a new base, and an image upon the old one, with steps that made no layer among the others. */
async function world(
  stage: Stage,
  options: Partial<ImageOptions> = {},
): Promise<{ own: TestLayer; new: TestLayer }> {
  const [old, extra, next, own] = await Promise.all(
    ['old', 'extra', 'new', 'own'].map((text) => layer({ [text]: text })),
  );
  assert(old && extra && next && own);
  const run = { Env: ['OWN=1'], Cmd: ['own'] };
  const push = (name: string, tag: string, what: ImageOptions): Promise<void> =>
    stage.registry.push(name, tag, image(what));
  const baseRun = { Env: ['BASE=1'] };
  await push('base', '1', {
    layers: [old, extra],
    config: { config: baseRun, history: [made('old'), empty('old env'), made('extra')] },
  });
  await push('base', '2', {
    layers: [next],
    config: { config: baseRun, history: [made('new'), empty('new env')] },
    mediaTypes: 'docker',
  });
  await push('app', '1', {
    layers: [old, extra, own],
    config: {
      config: run,
      history: [made('old'), empty('old env'), made('extra'), empty('own env'), made('own')],
    },
    ...options,
  });
  return { own, new: next };
}

async function read(
  place: string,
  stage: Stage,
): Promise<{ layers: unknown; annotations: unknown; config: Record<string, unknown> }> {
  const { root, source } = await openPlace(place, stage);
  const manifest = await readManifest(source, root);
  assert(manifest.kind === 'manifest');
  const bytes = await readContent(source.get(manifest.config), { cap: 100_000 });
  return {
    layers: manifest.layers.map(({ mediaType, digest }) => [mediaType, digest]),
    annotations: manifest.annotations,
    config: JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>,
  };
}

test("the new base's layers and history take the place of the old one's, and what it runs stays", async (t) => {
  const stage = await setStage(t);
  const { own, new: next } = await world(stage);
  const [oldBase, newBase] = [`${stage.host}/base:1`, `${stage.host}/base:2`];
  stage.requests();
  await rebaseImage(`${stage.host}/app:1`, { ...stage, oldBase, newBase });
  const uploads = stage.requests().filter(({ path, requestBytes }) => /blobs/.test(path) && requestBytes > 0);
  assert.equal(uploads.length, 1, 'only the config is sent');
  const { layers, annotations, config } = await read(`${stage.host}/app:1`, stage);
  // The bytes are the same, so Docker's layer is one of OCI's here.
  const type = 'application/vnd.oci.image.layer.v1.tar+gzip';
  assert.deepEqual(layers, [
    [type, next.blob.digest],
    [type, own.blob.digest],
  ]);
  const base = await stage.client.repository(stage.host, 'base').resolve('2');
  assert.deepEqual(annotations, {
    'org.opencontainers.image.base.name': newBase,
    'org.opencontainers.image.base.digest': base.digest,
  });
  assert.deepEqual(config['rootfs'], { type: 'layers', diff_ids: [next.tar.digest, own.tar.digest] });
  assert.deepEqual(config['config'], { Env: ['OWN=1'], Cmd: ['own'] });
  assert.deepEqual(config['history'], [made('new'), empty('new env'), empty('own env'), made('own')]);
  // From now on its annotations say what it is based on, and nothing has changed since.
  const again = await rebaseImage(`${stage.host}/app:1`, stage);
  assert.equal(again.digest, again.previous);
});

test('what is not based on the old base, or has no base that anybody knows, is left alone', async (t) => {
  const stage = await setStage(t);
  await world(stage);
  const [image, base] = [`${stage.host}/app:1`, `${stage.host}/base`];
  await assert.rejects(rebaseImage(image, { ...stage, oldBase: `${base}:2`, newBase: `${base}:1` }), {
    code: 'INVALID_ARGUMENT',
    message: /it is not based on ".*base:2": layer 1 of that is sha256:\w{12}, that of the image is/,
  });
  await assert.rejects(rebaseImage(image, stage), /annotations do not say what it is based on/);
  await assert.rejects(rebaseImage(image, { ...stage, oldBase: `${base}:none`, newBase: `${base}:1` }), {
    code: 'NOT_FOUND',
  });
});

test('what an image says of its base chooses nothing of this machine', async (t) => {
  const stage = await setStage(t);
  const mine = `oci:${await temporaryFolder(t)}/layout:1`;
  const annotations = { 'org.opencontainers.image.base.name': mine };
  await world(stage, { manifest: { annotations } });
  const [app, oldBase] = [`${stage.host}/app:1`, `${stage.host}/base:1`];
  await rebaseImage(app, { ...stage, oldBase, newBase: `${stage.host}/base:2`, output: mine });
  await assert.rejects(rebaseImage(app, { ...stage, oldBase }), /annotations do not say what it is based on/);
  await world(stage, {
    manifest: { annotations: { 'org.opencontainers.image.base.name': 'store:5000/app' } },
  });
  await assert.rejects(rebaseImage(app, { ...stage, oldBase }), /annotations do not say what it is based on/);
});

test('each image of an index gets the base that is for its platform', async (t) => {
  const stage = await setStage(t);
  const layers = await Promise.all(['old', 'new', 'own'].map((text) => layer({ [text]: text })));
  const [old, next, own] = layers;
  assert(old && next && own);
  const both = (...of: readonly TestLayer[]): ReturnType<typeof index> =>
    index(
      ['amd64', 'arm64'].map((architecture) =>
        image({ layers: of, platform: { os: 'linux', architecture } }),
      ),
    );
  await stage.registry.push('base', '1', both(old));
  await stage.registry.push('base', '2', both(next));
  await stage.registry.push('app', '1', both(old, own));
  const [oldBase, newBase] = [`${stage.host}/base:1`, `${stage.host}/base:2`];
  const { digest, images } = await rebaseImage(`${stage.host}/app:1`, { ...stage, oldBase, newBase });
  assert.equal(images, 2);
  const registry = stage.client.repository(stage.host, 'app');
  const made = await readManifest(registry, await registry.resolve(digest));
  assert(made.kind === 'index');
  const names = new Set<string | undefined>();
  for (const entry of made.manifests)
    names.add((await readManifest(registry, entry)).annotations?.['org.opencontainers.image.base.digest']);
  assert.equal(names.size, 2);
});
