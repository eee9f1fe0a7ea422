import assert from 'node:assert/strict';
import { test } from 'node:test';

import { writeLayout } from '../support/image-files.js';
import { image, layer, sampleIndex } from '../support/images.js';
import { needs } from '../support/programs.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';
import { temporaryFolder, type Scope } from '../support/temp.js';
import { startRegistry } from './registry.js';

/** Runs skopeo without TLS; answers with what it printed. */
async function run(scope: Scope, command: string, ...args: readonly string[]): Promise<string> {
  const ends = command === 'copy' ? (['src', 'dest'] as const) : ([''] as const);
  const flags = (await Promise.all(ends.map((end) => remoteFlags(scope, end)))).flat();
  const { code, stdout, stderr } = await skopeo(scope, [command, ...flags, ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

test(
  'skopeo pushes an index of OCI or Docker images, and pulls the same bytes',
  needs('skopeo'),
  async (t) => {
    const registry = await startRegistry(t);
    for (const family of ['oci', 'docker'] as const) {
      const graph = await sampleIndex(family);
      await registry.push('from', family, graph);
      const [from, to] = [
        `docker://${registry.host}/from:${family}`,
        `docker://${registry.host}/to:${family}`,
      ];
      await run(t, 'copy', '--all', '--preserve-digests', from, to);
      assert.deepEqual((await registry.ask(`to/manifests/${family}`)).body, graph.bytes);
      const folder = await temporaryFolder(t);
      await run(t, 'copy', '--all', '--preserve-digests', to, `dir:${folder}`);
      const raw = await run(t, 'inspect', '--raw', to);
      assert.deepEqual(Buffer.from(raw), graph.bytes);
    }
  },
);

test(
  'skopeo pushes an image out of a folder in both formats, and reads it back',
  needs('skopeo'),
  async (t) => {
    const registry = await startRegistry(t);
    const made = image({ layers: [await layer({ a: 'first' }), await layer({ b: 'second' })] });
    const folder = await temporaryFolder(t);
    await writeLayout(folder, { v1: made });
    const source = `oci:${folder}:v1`;
    await run(t, 'copy', source, `docker://${registry.host}/myorg/app:oci`);
    await run(t, 'copy', '--format', 'v2s2', source, `docker://${registry.host}/myorg/app:docker`);
    assert.deepEqual((await registry.ask('myorg/app/manifests/oci')).body, made.bytes);
    const converted = await registry.ask('myorg/app/manifests/docker');
    assert.equal(converted.headers['content-type'], 'application/vnd.docker.distribution.manifest.v2+json');
    for (const tag of ['oci', 'docker']) {
      const target = await temporaryFolder(t);
      await run(t, 'copy', `docker://${registry.host}/myorg/app:${tag}`, `dir:${target}`);
    }
  },
);

test('skopeo lists the tags, inspects, and deletes', needs('skopeo'), async (t) => {
  const registry = await startRegistry(t);
  const made = image({ layers: [await layer({ a: 'only' })] });
  for (const tag of ['v1', 'v2']) await registry.push('app', tag, made);
  const repository = `docker://${registry.host}/app`;
  assert.deepEqual(JSON.parse(await run(t, 'list-tags', repository)).Tags, ['v1', 'v2']);
  const { Digest, Layers } = JSON.parse(await run(t, 'inspect', `${repository}:v1`));
  assert.deepEqual([Digest, Layers], [made.descriptor.digest, made.layers.map(({ blob }) => blob.digest)]);
  await run(t, 'delete', `${repository}:v1`);
  assert.equal((await registry.ask('app/manifests/v2')).status, 404);
});

test('skopeo reads what was pushed out of the store itself', needs('skopeo'), async (t) => {
  const registry = await startRegistry(t);
  const made = image({ layers: [await layer({ a: 'stored' })] });
  await registry.push('nginx', 'v1', made);
  const raw = await run(t, 'inspect', '--raw', `oci:${registry.folder}:docker.io/library/nginx:v1`);
  assert.deepEqual(Buffer.from(raw), made.bytes);
});
