import assert from 'node:assert/strict';
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';

import { readContent, readManifest } from '../../../src/content/read.js';
import { appendLayers } from '../../../src/operations/edit/append.js';
import { openPlace } from '../../../src/operations/places/source-place.js';
import { digestOf } from '../../../src/spec/digest.js';
import type { ImageManifest } from '../../../src/spec/manifest.js';
import { parsePlatform } from '../../../src/spec/platform.js';
import { readTar } from '../../../src/tar/read.js';
import { image, layer, sampleIndex } from '../../support/images.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage, type Stage } from '../stage.js';

interface Config {
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history?: readonly object[];
}

interface Read {
  readonly manifest: ImageManifest;
  readonly config: Config & Readonly<Record<string, unknown>>;
  /** Of the last layer, as it is stored. */
  readonly top: Buffer;
}

async function read(place: string, stage: Partial<Stage>): Promise<Read> {
  const { root, source, close } = await openPlace(place, stage);
  const manifest = await readManifest(source, root);
  assert(manifest.kind === 'manifest');
  const bytes = async (descriptor = manifest.layers.at(-1)): Promise<Buffer> => {
    assert(descriptor !== undefined);
    return Buffer.from(await readContent(source.get(descriptor), { cap: 1_000_000 }));
  };
  const config = JSON.parse((await bytes(manifest.config)).toString()) as Read['config'];
  const top = await bytes();
  await close();
  return { manifest, config, top };
}

test('a compressed tar is kept byte for byte, and a plain one is compressed', async (t) => {
  const stage = await setStage(t);
  const folder = await temporaryFolder(t);
  const graph = image({ layers: [await layer({ a: 'app' })], config: { unknown: { kept: true } } });
  await stage.registry.push('app', '1', graph);
  const tar = await buffer((await layer({ b: 'added' })).tar.open());
  // With a name in its header, which ours never have.
  const zipped = gzipSync(tar, { level: 1 });
  await writeFile(join(folder, 'plain.tar'), tar);
  await writeFile(join(folder, 'packed.tgz'), zipped);
  const place = `${stage.host}/app:1`;
  stage.requests();
  await appendLayers(place, [join(folder, 'packed.tgz')], stage);
  const kept = await read(place, stage);
  assert.deepEqual(kept.top, zipped);
  assert.equal(kept.manifest.layers[1]?.mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
  assert.deepEqual(kept.config, {
    ...(JSON.parse(graph.config.toString()) as object),
    rootfs: { type: 'layers', diff_ids: [graph.layers[0]?.tar.digest, digestOf(tar)] },
    history: [
      { created: '1970-01-01T00:00:00Z', created_by: 'test' },
      { created: '1970-01-01T00:00:00Z', created_by: 'reg append packed.tgz' },
    ],
  });
  await appendLayers(place, [join(folder, 'plain.tar')], stage);
  const packed = await read(place, stage);
  assert.deepEqual(gunzipSync(packed.top), tar);
  // Neither a name nor a time.
  assert.deepEqual(packed.top.subarray(3, 8), Buffer.alloc(5));
  const output = `${stage.host}/app:plain`;
  await appendLayers(place, [join(folder, 'plain.tar')], { ...stage, output, isCompressed: false });
  assert.deepEqual((await read(output, stage)).top, tar);
});

test('a directory makes the same layer whoever has it', async (t) => {
  const digests: string[] = [];
  const seconds = 1_700_000_000;
  for (const time of [1, 1_000_000]) {
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, 'sub', 'empty'), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'sub', 'b'), 'text', { mode: time === 1 ? 0o600 : 0o664 });
    await writeFile(join(folder, 'a'), '#!/bin/sh\n');
    await chmod(join(folder, 'a'), 0o700);
    await symlink('a', join(folder, 'link'));
    await utimes(join(folder, 'a'), time, time);
    const output = `oci:${await temporaryFolder(t)}/made:1`;
    await appendLayers('scratch', [folder], {
      output,
      to: '/tmp/srv/',
      platforms: [parsePlatform('linux/arm64/v8')],
      created: new Date(seconds * 1000),
    });
    const { config, manifest, top } = await read(output, {});
    assert.equal(config['architecture'], 'arm64');
    assert.equal(config['created'], '2023-11-14T22:13:20Z');
    digests.push(manifest.layers[0]?.digest ?? '');
    const entries: object[] = [];
    const chunks = (async function* () {
      yield gunzipSync(top);
    })();
    for await (const { name, type, mode, uid, mtime } of readTar(chunks, { what: 'layer' }))
      entries.push([name.replace(/\/$/, ''), type, mode, uid, mtime]);
    assert.deepEqual(entries, [
      ['tmp', 'directory', 0o755, 0, seconds],
      ['tmp/srv', 'directory', 0o755, 0, seconds],
      ['tmp/srv/a', 'file', platform === 'win32' ? 0o644 : 0o755, 0, seconds],
      ['tmp/srv/link', 'symlink', 0o777, 0, seconds],
      ['tmp/srv/sub', 'directory', 0o755, 0, seconds],
      ['tmp/srv/sub/b', 'file', 0o644, 0, seconds],
      ['tmp/srv/sub/empty', 'directory', 0o755, 0, seconds],
    ]);
  }
  assert.equal(digests[0], digests[1]);
});

test('directories that are special in most images are left as they are there', async (t) => {
  const stage = await setStage(t);
  const folder = await temporaryFolder(t);
  for (const name of ['bin', 'opt', 'tmp/own']) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'bin', 'tool'), '');
  await stage.registry.push('app', '1', image({ layers: [] }));
  await appendLayers(`${stage.host}/app:1`, [folder], stage);
  const { top } = await read(`${stage.host}/app:1`, stage);
  const names: string[] = [];
  const chunks = (async function* () {
    yield gunzipSync(top);
  })();
  for await (const { name } of readTar(chunks, { what: 'layer' })) names.push(name.replace(/\/$/, ''));
  assert.deepEqual(names, ['bin/tool', 'opt', 'tmp/own']);
  const outside = appendLayers(`${stage.host}/app:1`, [folder], { ...stage, to: '/srv/../..' });
  await assert.rejects(outside, { code: 'INVALID_ARGUMENT' });
});

test('each image of an index gets the layer, by the type that its format has for it', async (t) => {
  const stage = await setStage(t);
  const file = join(await temporaryFolder(t), 'more.tar');
  await writeFile(file, await buffer((await layer({ b: 'added' })).tar.open()));
  await stage.registry.push('app', 'all', await sampleIndex('docker'));
  const result = await appendLayers(`${stage.host}/app:all`, [file], stage);
  assert.deepEqual([result.images, result.attestations], [2, 2]);
  const registry = stage.client.repository(stage.host, 'app');
  const index = await readManifest(registry, await registry.resolve('all'));
  assert(index.kind === 'index');
  for (const entry of index.manifests) {
    const manifest = await readManifest(registry, entry);
    assert(manifest.kind === 'manifest');
    assert.equal(manifest.layers.length, 3);
    assert.equal(manifest.layers[2]?.mediaType, 'application/vnd.docker.image.rootfs.diff.tar.gzip');
  }
});

test('what is no tar, or not there, is refused before anything is changed', async (t) => {
  const stage = await setStage(t);
  const folder = await temporaryFolder(t);
  await stage.registry.push('app', '1', image({ layers: [] }));
  const tar = await buffer((await layer({ b: 'added' })).tar.open());
  const files = { text: 'no tar', 'cut.tar': tar.subarray(0, 514), 'cut.tgz': gzipSync(tar).subarray(0, 60) };
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(folder, name), bytes);
    await assert.rejects(appendLayers(`${stage.host}/app:1`, [join(folder, name)], stage), {
      code: 'UNSAFE_ARCHIVE',
    });
  }
  await assert.rejects(appendLayers(`${stage.host}/app:1`, [join(folder, 'none')], stage), {
    code: 'NOT_FOUND',
  });
  await assert.rejects(appendLayers('scratch', [folder], stage), { code: 'INVALID_ARGUMENT' });
});
