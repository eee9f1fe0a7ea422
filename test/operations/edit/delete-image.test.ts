import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contentOf } from '../../../src/content/read.js';
import { systemClock } from '../../../src/content/system-clock.js';
import { deleteImage } from '../../../src/operations/edit/delete-image.js';
import { planDeletion, type DeletedImage } from '../../../src/operations/edit/plan-deletion.js';
import { createClient, type RegistryClient } from '../../../src/registry/client.js';
import { parseDigest } from '../../../src/spec/digest.js';
import { startDockerRegistry } from '../../support/docker-registry.js';
import { image, layer, sampleIndex, type TestImage } from '../../support/images.js';
import { needs } from '../../support/programs.js';
import { pushGraph } from '../../support/push-graph.js';
import type { Scope } from '../../support/temp.js';
import { setStage } from '../stage.js';

interface Place {
  readonly client: RegistryClient;
  readonly graph: TestImage;
  /** `HOST/team/app`. */
  readonly name: string;
  readonly tags: () => Promise<readonly string[]>;
  readonly remove: (image: string, options?: { readonly allTags?: boolean }) => Promise<DeletedImage>;
}

/** The tags `1` and `latest` of one image, and `other` of another, at the registry. */
async function filled(t: Scope, host: string): Promise<Place> {
  const client = createClient({ clock: systemClock });
  t.after(() => client.close());
  const graph = image({ layers: [await layer({ a: 'app' })] });
  const other = image({ layers: [await layer({ b: 'other' })] });
  const at = `http://${host}/v2/team/app`;
  for (const tag of ['1', 'latest']) await pushGraph(at, graph, { tag });
  await pushGraph(at, other, { tag: 'other' });
  return {
    client,
    graph,
    name: `${host}/team/app`,
    tags: async () => {
      const tags: string[] = [];
      for await (const tag of client.repository(host, 'team/app').tags()) tags.push(tag);
      return tags.toSorted();
    },
    remove: async (name, options) =>
      deleteImage(await planDeletion(name, { client, ...options }), { client, ...options }),
  };
}

test('a tag goes alone where the registry deletes tags', async (t) => {
  const stage = await setStage(t);
  const { name, graph, remove, tags } = await filled(t, stage.host);
  const { digest } = graph.descriptor;
  const deleted = { reference: `${name}:1`, familiar: `${name}:1`, digest, deleted: 'tag', otherTags: [] };
  assert.deepEqual(await remove(`${name}:1`), deleted);
  assert.deepEqual(await tags(), ['latest', 'other']);
  await assert.rejects(remove(`${name}:1`), { code: 'NOT_FOUND' });
  // The tag has to stand for the digest that goes with it.
  await assert.rejects(remove(`${name}:other@${digest}`), { code: 'TAG_EXISTS' });
  await assert.rejects(remove(`${name}@${digest}`), /and latest stand for/);
  assert.deepEqual((await remove(`${name}@${digest}`, { allTags: true })).otherTags, ['latest']);
  assert.deepEqual(await tags(), ['other']);
});

test('a registry that finds no tag to delete is asked by digest, unless the tag is gone', async (t) => {
  const stage = await setStage(t, {
    intercept: ({ request: { method, url = '' }, response }) => {
      const isOfTag = method === 'DELETE' && !url.includes('sha256:');
      if (isOfTag) response.writeHead(404).end();
      return isOfTag;
    },
  });
  const { name, remove, tags } = await filled(t, stage.host);
  assert.equal((await remove(`${name}:other`)).deleted, 'manifest');
  await assert.rejects(remove(`${name}:1`), { code: 'UNSUPPORTED' });
  assert.deepEqual(await tags(), ['1', 'latest']);
});

test('a tag that was moved since somebody agreed stays', async (t) => {
  const stage = await setStage(t);
  const { name, graph, client, tags } = await filled(t, stage.host);
  const planned = await planDeletion(`${name}:other`, { client });
  await pushGraph(`http://${stage.host}/v2/team/app`, graph, { tag: 'other' });
  await assert.rejects(deleteImage(planned, { client }), { code: 'TAG_EXISTS' });
  assert.deepEqual(await tags(), ['1', 'latest', 'other']);
});

test('what was tagged or moved since somebody agreed to delete a manifest stays', async (t) => {
  const stage = await setStage(t);
  const { name, graph, client, tags, remove } = await filled(t, stage.host);
  const options = { client, allTags: true };
  const whole = await planDeletion(`${name}:latest`, options);
  const other = await planDeletion(`${name}:other`, options);
  const at = `http://${stage.host}/v2/team/app`;
  for (const tag of ['new', 'other']) await pushGraph(at, graph, { tag });
  await assert.rejects(deleteImage(whole, options), /new, other (?:was|were) moved/);
  await assert.rejects(deleteImage(other, options), { code: 'TAG_EXISTS' });
  assert.deepEqual(await tags(), ['1', 'latest', 'new', 'other']);
  const both = [await planDeletion(`${name}:1`, options), await planDeletion(`${name}:latest`, options)];
  for (const planned of both) await deleteImage(planned, options);
  await assert.rejects(remove(`${name}:1`), { code: 'NOT_FOUND' });
});

test('what the index of a tag lists does not go without it', needs('docker-registry'), async (t) => {
  const { host } = await startDockerRegistry(t);
  const { name, remove, tags } = await filled(t, host);
  const index = await sampleIndex();
  const [child] = index.manifests.values();
  assert.ok(child !== undefined);
  const at = `http://${host}/v2/team/app`;
  await pushGraph(at, index, { tag: 'all' });
  const { digest, mediaType } = child.descriptor;
  const put = { method: 'PUT', headers: { 'content-type': mediaType }, body: child.bytes };
  assert.equal((await fetch(`${at}/manifests/amd64`, put)).status, 201);
  const refused = { code: 'UNSUPPORTED', message: /the index all lists sha256:/ };
  await assert.rejects(remove(`${name}:amd64`), refused);
  await assert.rejects(remove(`${name}@${digest}`, { allTags: true }), refused);
  assert.deepEqual(await tags(), ['1', 'all', 'amd64', 'latest', 'other']);
  assert.equal((await remove(`${name}:all`)).deleted, 'manifest');
  assert.equal((await remove(`${name}:amd64`)).deleted, 'manifest');
});

test(
  'where only digests are deleted no other tag goes without being told',
  needs('docker-registry'),
  async (t) => {
    const { host } = await startDockerRegistry(t);
    const { name, graph, client, remove, tags } = await filled(t, host);
    await assert.rejects(remove(`${name}:1`), {
      code: 'UNSUPPORTED',
      message: new RegExp(
        `deletes by digest only, and latest stand for ${graph.descriptor.digest.slice(0, 19)}`,
      ),
    });
    assert.deepEqual(await tags(), ['1', 'latest', 'other']);
    assert.equal((await remove(`${name}:other`)).deleted, 'manifest');
    assert.deepEqual((await remove(`${name}:1`, { allTags: true })).otherTags, ['latest']);
    assert.deepEqual(await tags(), []);
    // A signature is taken off the list that clients keep where the registry has none.
    const subject = { ...graph.descriptor, platform: undefined };
    const signature = image({ layers: [await layer({ c: 'signature' })], manifest: { subject } });
    const registry = client.repository(host, 'team/app');
    const { bytes, descriptor } = signature;
    await pushGraph(`http://${host}/v2/team/app`, signature, { tag: 'signature' });
    const found = await registry.resolve('signature');
    await registry.put(contentOf(found, bytes), { tag: 'again' });
    assert.equal((await registry.referrers(parseDigest(graph.descriptor.digest))).length, 1);
    await remove(`${name}@${descriptor.digest}`, { allTags: true });
    assert.deepEqual(await registry.referrers(parseDigest(graph.descriptor.digest)), []);
  },
);

test(
  'a registry that deletes nothing says so, and what could be done',
  needs('docker-registry'),
  async (t) => {
    const { host } = await startDockerRegistry(t, { deleteEnabled: false });
    const { name, remove, tags } = await filled(t, host);
    for (const image of [`${name}:1`, `${name}:other`])
      await assert.rejects(remove(image), (error) => {
        assert.match(String(error), /deletes nothing \(.*405/);
        return true;
      });
    assert.deepEqual(await tags(), ['1', 'latest', 'other']);
  },
);

test('Docker Hub is not asked for what it never does', async () => {
  const client = createClient({ clock: systemClock });
  await assert.rejects(planDeletion('nginx:1', { client }), { code: 'UNSUPPORTED' });
  await client.close();
});
