import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { attachArtifact } from '../../src/operations/artifact/attach.js';
import { editImage } from '../../src/operations/edit/edit-image.js';
import { readDigest } from '../../src/operations/look/digest.js';
import { listLayers } from '../../src/operations/look/layers.js';
import type { Ends } from '../../src/operations/places/open-source.js';
import { copyImages } from '../../src/operations/transfer/copy-images.js';
import { pull } from '../../src/operations/transfer/pull.js';
import { exportRootfs } from '../../src/operations/unpack/export.js';
import type { Platform } from '../../src/spec/platform.js';
import { sha256 } from '../support/contents.js';
import { image, layer } from '../support/images.js';
import { temporaryFolder } from '../support/temp.js';
import { setStage } from './stage.js';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };
const ARM64_V8 = { ...ARM64, variant: 'v8' };

test('whoever asks for another platform than that of a single image is warned, and gets it', async (t) => {
  const stage = await setStage(t);
  const name = `${stage.host}/app:1`;
  const app = image({ layers: [await layer({ a: 'file' })], platform: ARM64 });
  await stage.registry.push('app', '1', app);
  const folder = await temporaryFolder(t);
  type Options = typeof stage & { readonly platform: Platform; readonly onNotice: Ends['onNotice'] };
  const note = { files: [], artifactType: 'text/x', annotations: ['a=b'], created: new Date(0) };
  const uses: Readonly<Record<string, (options: Options) => Promise<unknown>>> = {
    pull: (options) => pull(name, options),
    'dry pull': (options) => pull(name, { ...options, dryRun: true }),
    copy: ({ platform, ...options }) =>
      copyImages([name], `oci:${folder}/layout`, { ...options, platforms: [platform] }),
    digest: (options) => readDigest(name, { ...options, hostPlatform: AMD64 }),
    layers: (options) => listLayers(name, { ...options, hostPlatform: AMD64 }),
    export: (options) => exportRootfs(name, join(folder, 'root.tar'), options),
    attach: ({ platform, ...options }) => attachArtifact(name, { ...options, ...note, about: platform }),
  };
  for (const [what, use] of Object.entries(uses)) {
    const said: string[] = [];
    const onNotice: Ends['onNotice'] = ({ message }) => void said.push(message);
    await use({ ...stage, platform: ARM64_V8, onNotice });
    assert.deepEqual(said, [], what);
    await use({ ...stage, platform: AMD64, onNotice });
    assert.deepEqual(said, [`${name} is an image for linux/arm64 alone, not for linux/amd64`], what);
  }
});

test('nothing is said where no platform was asked for, nor of what tells of none', async (t) => {
  const stage = await setStage(t);
  const onNotice: Ends['onNotice'] = ({ message }) => assert.fail(message);
  await stage.registry.push('app', '1', image({ layers: [], platform: ARM64 }));
  await pull(`${stage.host}/app:1`, { ...stage, onNotice });
  await stage.registry.push('broken', '1', image({ layers: [], platform: { os: '', architecture: '' } }));
  await pull(`${stage.host}/broken:1`, { ...stage, platform: AMD64, onNotice });
});

test('that nobody can be warned is no reason to fail, but for whoever changes the image', async (t) => {
  const app = image({ layers: [], platform: ARM64 });
  let status = 404;
  const stage = await setStage(t, {
    intercept: ({ request: { url = '' }, response }) => {
      const isConfig = url.endsWith(`/blobs/${sha256(app.config)}`);
      if (isConfig) response.writeHead(status).end();
      return isConfig;
    },
  });
  const name = `${stage.host}/app:1`;
  await stage.registry.push('app', '1', app);
  const onNotice: Ends['onNotice'] = ({ message }) => assert.fail(message);
  const note = { files: [], artifactType: 'text/x', annotations: ['a=b'], created: new Date(0) };
  for (status of [404, 403]) {
    const { digest } = await readDigest(name, { ...stage, platform: AMD64, hostPlatform: AMD64, onNotice });
    assert.equal(digest, app.descriptor.digest);
    await attachArtifact(name, { ...stage, ...note, about: AMD64, onNotice });
    const edit = editImage(name, { labels: { a: 'b' } }, { ...stage, platforms: [AMD64] });
    await assert.rejects(edit, { code: status === 404 ? 'NOT_FOUND' : 'DENIED' });
  }
  const signal = AbortSignal.abort();
  const aborted = readDigest(name, { ...stage, platform: AMD64, hostPlatform: AMD64, signal });
  await assert.rejects(aborted, { code: 'ABORTED' });
});

test('a single image is not changed for another platform than its own', async (t) => {
  const stage = await setStage(t);
  const app = image({ layers: [], platform: ARM64 });
  await stage.registry.push('app', '1', app);
  const options = { ...stage, platforms: [AMD64] };
  await assert.rejects(editImage(`${stage.host}/app:1`, { labels: { a: 'b' } }, options), {
    code: 'PLATFORM_NOT_FOUND',
    message: `cannot change ${stage.host}/app:1: it is an image for linux/arm64 alone, not for linux/amd64`,
  });
  assert.equal((await stage.client.repository(stage.host, 'app').resolve('1')).digest, app.descriptor.digest);
});
