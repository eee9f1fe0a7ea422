import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { readConfig, readManifestBytes } from '../../../src/operations/look/documents.js';
import { readHistory } from '../../../src/operations/look/history.js';
import { listLayers } from '../../../src/operations/look/layers.js';
import type { LookOptions } from '../../../src/operations/look/look-at.js';
import { measureImages } from '../../../src/operations/look/size.js';
import { writeLayout } from '../../support/image-files.js';
import { attestation, image, index, layer, sampleIndex, type TestGraph } from '../../support/images.js';
import { startScriptedRegistry } from '../../support/scripted-registry.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage, type Stage } from '../stage.js';

const HOST = { os: 'linux', architecture: 'amd64' };
const ARM = { os: 'linux', architecture: 'arm64' };
const S390X = { os: 'linux', architecture: 's390x' };

/** A stage whose registry has the graphs as `app:1`, `app:2` and so on, and the options to look there. */
async function stageWith(
  t: Parameters<typeof setStage>[0],
  ...graphs: readonly TestGraph[]
): Promise<{ readonly stage: Stage; readonly name: string; readonly options: LookOptions }> {
  const stage = await setStage(t);
  for (const [at, graph] of graphs.entries()) await stage.registry.push('app', String(at + 1), graph);
  const options = { client: stage.client, store: stage.store, hostPlatform: HOST };
  return { stage, name: `${stage.host}/app:1`, options };
}

test('a manifest is given byte for byte: of the index, or of the platform asked for', async (t) => {
  const made = await sampleIndex();
  const { stage, name, options } = await stageWith(t, made);
  const whole = await readManifestBytes(name, options);
  assert.deepEqual([whole.mediaType, Buffer.from(whole.bytes)], [made.descriptor.mediaType, made.bytes]);
  assert.deepEqual(stage.asked(), ['GET manifests/1']);
  const one = await readManifestBytes(name, { ...options, platform: ARM });
  const [arm] = [...made.manifests.values()]
    .filter(({ descriptor }) => descriptor.digest !== made.descriptor.digest)
    .slice(1);
  assert.deepEqual(Buffer.from(one.bytes), arm?.bytes);
  assert.deepEqual(stage.asked(), ['GET manifests/1', 'GET manifests/DIGEST']);
  await assert.rejects(readManifestBytes(name, { ...options, platform: S390X }), {
    code: 'PLATFORM_NOT_FOUND',
    message: /^cannot read the manifest of .*\/app:1: no image for linux\/s390x, only for linux\/amd64/,
  });
});

test('the config is that of one image, byte for byte, and of an artifact whatever it is', async (t) => {
  const made = image({ layers: [await layer({ a: '1' })] });
  const odd = image({
    layers: [],
    manifest: {
      config: {
        mediaType: 'text/plain',
        digest: made.layers[0]?.blob.digest,
        size: made.layers[0]?.blob.size,
      },
    },
  });
  const { stage, name, options } = await stageWith(t, index([made]), { ...odd, blobs: made.blobs });
  assert.deepEqual(Buffer.from((await readConfig(name, options)).bytes), made.config);
  assert.deepEqual(stage.asked(), ['GET manifests/1', 'GET manifests/DIGEST', 'GET blobs/DIGEST']);
  const { mediaType, bytes } = await readConfig(`${stage.host}/app:2`, options);
  assert.deepEqual([mediaType, bytes.length], ['text/plain', made.layers[0]?.blob.size]);
});

test('every kind of place can be looked at', async (t) => {
  const made = image({ layers: [await layer({ a: '1' })] });
  const folder = join(await temporaryFolder(t), 'layout');
  await writeLayout(folder, { '1.0': made });
  const options = { hostPlatform: HOST };
  const { layers, reference } = await listLayers(`oci:${folder}:1.0`, options);
  assert.deepEqual(
    layers.map(({ digest }) => digest),
    [made.layers[0]?.blob.digest],
  );
  assert.equal(reference, '1.0');
  await assert.rejects(listLayers(`oci:${folder}:2.0`, options), { code: 'NOT_FOUND' });
});

test('each step of the history that is not empty has the next layer, the newest first', async (t) => {
  const layers = [await layer({ a: '1' }), await layer({ b: '2' })];
  const history = [
    { created: '2026-01-01T00:00:00Z', created_by: 'ADD a', comment: 'one' },
    { created_by: 'ENV B=1', empty_layer: true },
    { created_by: 'ADD b', author: 'me' },
  ];
  const { stage, name, options } = await stageWith(t, image({ layers, config: { history } }));
  const { steps } = await readHistory(name, options);
  const parts = layers.map(({ blob: { digest, size } }) => ({ digest, size }));
  assert.deepEqual(steps, [
    { createdBy: 'ADD b', author: 'me', isEmpty: false, ...parts[1] },
    { createdBy: 'ENV B=1', isEmpty: true, size: 0 },
    { created: '2026-01-01T00:00:00Z', createdBy: 'ADD a', comment: 'one', isEmpty: false, ...parts[0] },
  ]);
  assert.deepEqual(stage.asked(), ['GET manifests/1', 'GET blobs/DIGEST']);
});

test('a history that does not fit the layers is shown as far as it goes', async (t) => {
  const layers = [await layer({ a: '1' }), await layer({ b: '2' })];
  const withHistory = (history: unknown): TestGraph => image({ layers, config: { history } });
  const graphs = [
    [],
    undefined,
    'no list',
    [7, null],
    [{ created_by: 'A' }, { created_by: 'B' }, { created_by: 'C' }],
  ];
  const { stage, options } = await stageWith(t, ...graphs.map(withHistory));
  const [, second] = layers.map(({ blob }) => blob.digest);
  for (const [at] of graphs.entries()) {
    const { steps } = await readHistory(`${stage.host}/app:${at + 1}`, options);
    const isLong = at === 4;
    assert.equal(steps.length, isLong ? 3 : 2);
    assert.deepEqual([steps.at(-2)?.digest, steps[0]?.createdBy], [second, isLong ? 'C' : undefined]);
    if (isLong) assert.deepEqual(steps[0], { createdBy: 'C', isEmpty: false });
  }
});

test('the size of an index of ten platforms costs eleven requests, and what they share is counted once', async (t) => {
  const base = await layer({ base: 'x'.repeat(5000) });
  const images = await Promise.all(
    Array.from({ length: 10 }, async (_, at) =>
      image({
        layers: [base, await layer({ own: String(at) })],
        platform: { os: 'linux', architecture: `a${at}` },
      }),
    ),
  );
  const made = index(images);
  const { stage, name, options } = await stageWith(t, made);
  const {
    images: [shown],
    size,
  } = await measureImages([name], options);
  assert.deepEqual([...new Set(stage.asked())], ['GET manifests/1', 'GET manifests/DIGEST']);
  assert.equal(shown?.manifests.length, 10);
  const parts = [...made.blobs.values(), ...[...made.manifests.values()].map(({ descriptor }) => descriptor)];
  assert.equal(
    size,
    parts.reduce((sum, part) => sum + part.size, 0),
  );
  const [first] = images;
  const own = [...(first?.blobs.values() ?? []), first?.descriptor];
  assert.deepEqual(shown?.manifests[0], {
    digest: first?.descriptor.digest,
    kind: 'image',
    platform: 'linux/a0',
    size: own.reduce((sum, part) => sum + (part?.size ?? 0), 0),
    layers: 2,
  });
  stage.asked();
  await measureImages([name], options);
  assert.equal(stage.asked().length, 11);
});

test('what several images share is counted once over all, and a platform is measured by itself', async (t) => {
  const base = await layer({ base: 'x'.repeat(5000) });
  const one = image({ layers: [base] });
  const two = index([image({ layers: [base, await layer({ b: '2' })] }), attestation(one)]);
  const { stage, name, options } = await stageWith(t, one, two);
  const both = await measureImages([name, `${stage.host}/app:2`], options);
  const [first, second] = both.images;
  assert.ok(both.size <= (first?.size ?? 0) + (second?.size ?? 0) - base.blob.size, String(both.size));
  assert.deepEqual(
    second?.manifests.map(({ kind, platform }) => [kind, platform]),
    [
      ['image', 'linux/amd64'],
      ['attestation', undefined],
    ],
  );
  const alone = await measureImages([`${stage.host}/app:2`], { ...options, platform: HOST });
  assert.deepEqual(alone.images[0]?.manifests, [second?.manifests[0]]);
});

test('an index that lists what is not there is measured without it, and one with too many is refused', async (t) => {
  const registry = await startScriptedRegistry(t);
  const stage = await setStage(t);
  const options = { client: stage.client, hostPlatform: HOST };
  const host = new URL(registry.origin).host;
  const put = (name: string, manifests: readonly object[]): void => {
    const type = 'application/vnd.oci.image.index.v1+json';
    registry.manifests.set(name, {
      type,
      bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })),
    });
  };
  const entry = (at: number): object => ({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${at.toString(16).padStart(64, '0')}`,
    size: 10,
    platform: { os: 'linux', architecture: `a${at}` },
  });
  put('sparse', [entry(1)]);
  put(
    'endless',
    Array.from({ length: 10_000 }, (_, at) => entry(at)),
  );
  const {
    images: [sparse],
  } = await measureImages([`${host}/app:sparse`], options);
  assert.deepEqual(sparse?.manifests[0]?.isMissing, true);
  await assert.rejects(measureImages([`${host}/app:endless`], options), {
    code: 'TOO_LARGE',
    message: /more than 1000 manifests/,
  });
  assert.equal(registry.seen().filter((line) => line.startsWith('GET')).length, 3);
  await assert.rejects(listLayers(`${host}/app:endless`, { ...options, platform: S390X }), {
    code: 'PLATFORM_NOT_FOUND',
  });
});
