import assert from 'node:assert/strict';
import { test } from 'node:test';

import { copy } from '../../../src/content/copy.js';
import { systemClock } from '../../../src/content/system-clock.js';
import { tagRemote } from '../../../src/operations/edit/tag-remote.js';
import { createClient } from '../../../src/registry/client.js';
import { startDockerRegistry } from '../../support/docker-registry.js';
import { startLoggingProxy } from '../../support/http-proxy-log.js';
import { image, layer, sampleIndex } from '../../support/images.js';
import { needs } from '../../support/programs.js';
import { pushGraph } from '../../support/push-graph.js';
import { setStage, type Stage } from '../stage.js';

test('several tags are set by one request where the registry knows how, and the bytes stay', async (t) => {
  const stage = await setStage(t);
  const graph = await sampleIndex();
  await stage.registry.push('team/app', '1.0', graph);
  stage.requests();
  const source = `${stage.host}/team/app:1.0`;
  const tagged = await tagRemote(source, ['1', ':latest', `${stage.host}/team/app:new`], stage);
  assert.deepEqual(
    tagged.map(({ reference, previous }) => [reference, previous]),
    ['1', 'latest', 'new'].map((tag) => [`${stage.host}/team/app:${tag}`, undefined]),
  );
  assert.deepEqual(
    stage.asked().filter((line) => line.startsWith('PUT')),
    ['PUT manifests/DIGEST?tag=1&tag=latest&tag=new'],
  );
  const registry = stage.client.repository(stage.host, 'team/app');
  for (const tag of ['1', 'latest', 'new'])
    assert.equal((await registry.resolve(tag)).digest, graph.descriptor.digest);
});

test('rules hold for every tag before the first is set, and other registries are refused', async (t) => {
  const stage = await setStage(t);
  const [graph, other] = [await sampleIndex(), image({ layers: [await layer({ a: 'b' })] })];
  await stage.registry.push('app', '1', graph);
  await stage.registry.push('app', 'taken', other);
  const source = `${stage.host}/app:1`;
  await assert.rejects(tagRemote(source, ['free', 'taken'], { ...stage, noClobber: true }), {
    code: 'TAG_EXISTS',
  });
  const registry = stage.client.repository(stage.host, 'app');
  await assert.rejects(registry.resolve('free'), { code: 'NOT_FOUND' });
  const [tagged] = await tagRemote(source, ['taken'], {
    ...stage,
    expectDigest: (await registry.resolve('taken')).digest,
  });
  assert.equal(tagged?.previous, other.descriptor.digest);
  await assert.rejects(tagRemote(source, ['ghcr.io/app:1'], stage), { code: 'INVALID_ARGUMENT' });
  await assert.rejects(tagRemote(`${stage.host}/app:none`, ['x'], stage), { code: 'NOT_FOUND' });
});

test('a tag of another repository that is set while the image is copied stays', async (t) => {
  const [graph, other] = [await sampleIndex(), image({ layers: [await layer({ a: 'b' })] })];
  const stage: Stage = await setStage(t, {
    intercept: async ({ request }) => {
      const isCopied = request.method === 'PUT' && request.url?.includes('/manifests/sha256:') === true;
      if (isCopied) await stage.registry.push('stable', '1', other);
      return false;
    },
  });
  await stage.registry.push('app', '1', graph);
  const target = `${stage.host}/stable:1`;
  await assert.rejects(tagRemote(`${stage.host}/app:1`, [target], { ...stage, noClobber: true }), {
    code: 'TAG_EXISTS',
  });
  const { digest } = await stage.client.repository(stage.host, 'stable').resolve('1');
  assert.equal(digest, other.descriptor.digest);
});

test(
  'a registry that does not know several at once gets one after the other, and another repository by mounting',
  needs('docker-registry'),
  async (t) => {
    const registry = await startDockerRegistry(t);
    const { host, requests } = await startLoggingProxy(t, registry.origin);
    const client = createClient({ clock: systemClock });
    t.after(() => client.close());
    const graph = await sampleIndex();
    await pushGraph(`${registry.origin}/v2/team/app`, graph, { tag: '1' });
    await tagRemote(`${host}/team/app:1`, ['2', '3', `${host}/other/app:1`], { client });
    for (const [path, tag] of [
      ['team/app', '2'],
      ['team/app', '3'],
      ['other/app', '1'],
    ] as const) {
      const found = client.repository(host, path);
      const root = await found.resolve(tag);
      assert.equal(root.digest, graph.descriptor.digest);
      // It is all there.
      await copy(found, found, root);
    }
    const moved = requests.filter(({ path, requestBytes }) => path.includes('/blobs/') && requestBytes > 0);
    assert.deepEqual(moved, []);
  },
);
