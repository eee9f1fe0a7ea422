import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import { copy } from '../../../src/content/copy.js';
import { contentOf } from '../../../src/content/read.js';
import type { Layout } from '../../../src/layout/layout.js';
import { verifyLayout } from '../../../src/layout/verify.js';
import { INDEX_DIGEST } from '../../../src/operations/image-name.js';
import { listImages, removeImages, tagImage } from '../../../src/operations/store/images.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { digestOf } from '../../../src/spec/digest.js';
import { OCI_EMPTY, OCI_MANIFEST } from '../../../src/spec/media-type.js';
import { parseReference } from '../../../src/spec/reference.js';
import { emptyStore, image } from '../../layout/stores.js';
import { imageOf, indexOf, memoryWith, type Graph } from '../../support/graphs.js';
import { blobFile } from '../stage.js';

async function keep(store: Layout, name: string, graph: Graph, root: Descriptor = graph.root): Promise<void> {
  await copy(await memoryWith(graph), store, root, { tag: name });
}

/** An artifact: a manifest whose config is none of an image. */
function artifact(): Graph {
  const config = { bytes: Buffer.from('{}'), descriptor: describe(OCI_EMPTY, Buffer.from('{}')) };
  const layer = { bytes: Buffer.from('signed'), descriptor: describe('text/plain', Buffer.from('signed')) };
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: 'application/vnd.example',
    config: config.descriptor,
    layers: [layer.descriptor],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const root = describe(OCI_MANIFEST, bytes);
  return { root, nodes: [config, layer, { descriptor: root, bytes }] };
}

function sizeOf({ nodes }: Graph): number {
  const sizes = new Map(nodes.map(({ descriptor }) => [descriptor.digest, descriptor.size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

async function namesIn(store: Layout): Promise<readonly string[]> {
  return (await store.images()).map(({ name }) => name).sort();
}

test('an image, an index, an artifact: each is listed with what is known of it, by name', async (t) => {
  const store = await emptyStore(t);
  const index = indexOf(imageOf('same', 'one'), imageOf('same', 'two'));
  const chosen = imageOf('same', 'one');
  const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
  const made = artifact();
  await keep(store, 'ghcr.io/team/index:1', index);
  await keep(store, 'docker.io/library/app:1', chosen, {
    ...chosen.root,
    platform,
    annotations: { [INDEX_DIGEST]: index.root.digest },
  });
  await keep(store, `docker.io/library/app@${chosen.root.digest}`, chosen);
  await keep(store, 'ghcr.io/team/artifact:1', made);
  assert.deepEqual((await listImages({ store })).images, [
    {
      reference: 'docker.io/library/app:1',
      repository: 'app',
      tag: '1',
      digest: index.root.digest,
      platform: 'linux/arm64/v8',
      size: sizeOf(chosen),
    },
    {
      reference: `docker.io/library/app@${chosen.root.digest}`,
      repository: 'app',
      digest: chosen.root.digest,
      platform: 'linux/amd64',
      size: sizeOf(chosen),
    },
    {
      reference: 'ghcr.io/team/artifact:1',
      repository: 'ghcr.io/team/artifact',
      tag: '1',
      digest: made.root.digest,
      size: sizeOf(made),
    },
    {
      reference: 'ghcr.io/team/index:1',
      repository: 'ghcr.io/team/index',
      tag: '1',
      digest: index.root.digest,
      size: sizeOf(index),
    },
  ]);
  const namesOf = async (image: string): Promise<readonly string[]> => {
    const { images } = await listImages({ store, of: parseReference(image) });
    return images.map(({ reference }) => reference);
  };
  const byDigest = `docker.io/library/app@${chosen.root.digest}`;
  assert.deepEqual(await namesOf('app'), ['docker.io/library/app:1', byDigest]);
  assert.deepEqual(await namesOf('app:1'), ['docker.io/library/app:1']);
  assert.deepEqual(await namesOf(`app@${chosen.root.digest}`), [byDigest]);
  assert.deepEqual(await namesOf('ghcr.io/team'), []);
});

test('an empty store lists nothing', async (t) => {
  assert.deepEqual(await listImages({ store: await emptyStore(t) }), { images: [], damaged: [] });
});

test('a second name stands for the same image, platform and index included', async (t) => {
  const store = await emptyStore(t);
  const app = imageOf('layer');
  const root = {
    ...app.root,
    platform: { os: 'linux', architecture: 'amd64' },
    annotations: { [INDEX_DIGEST]: digestOf(Buffer.from('index')) },
  };
  await keep(store, 'docker.io/library/app:1', app, root);
  assert.deepEqual(await tagImage('app:1', { store, target: 'ghcr.io/me/app' }), {
    reference: 'ghcr.io/me/app:latest',
  });
  const [one, other] = (await listImages({ store })).images;
  assert.deepEqual(other, {
    ...one,
    reference: 'ghcr.io/me/app:latest',
    repository: 'ghcr.io/me/app',
    tag: 'latest',
  });
  await tagImage(`app@${app.root.digest}`, { store, target: 'app:2' });
  assert.equal((await namesIn(store)).length, 3);
});

test('a name can be given to something else, and nothing to what is not there', async (t) => {
  const store = await emptyStore(t);
  for (const name of ['a', 'b']) await keep(store, `docker.io/library/${name}:1`, imageOf(name));
  await tagImage('a:1', { store, target: 'b:1' });
  assert.equal((await store.resolve('docker.io/library/b:1')).digest, imageOf('a').root.digest);
  await assert.rejects(tagImage('c:1', { store, target: 'd' }), {
    code: 'NOT_FOUND',
    message: 'cannot tag c:1: no such image in the local store',
  });
  const target = `b@${imageOf('b').root.digest}`;
  await assert.rejects(tagImage('a:1', { store, target }), { code: 'INVALID_ARGUMENT' });
  await assert.rejects(tagImage('a:1', { store, target: 'B' }), { code: 'INVALID_REFERENCE' });
});

test('names are removed all or none, and the blobs stay until they are pruned', async (t) => {
  const store = await emptyStore(t);
  const names = ['docker.io/library/a:1', 'docker.io/library/b:1', 'docker.io/library/c:1'];
  for (const name of names) {
    const made = image(name);
    await copy(made.source, store, made.root, { tag: name });
  }
  await assert.rejects(removeImages(['a:1', 'd:1'], { store }), {
    code: 'NOT_FOUND',
    message: 'cannot remove d:1: no such image in the local store',
  });
  assert.deepEqual(await namesIn(store), names);
  const b = image('docker.io/library/b:1');
  assert.deepEqual(await removeImages(['a:1', `b@${b.root.digest}`], { store }), [
    { reference: 'docker.io/library/a:1', digest: image('docker.io/library/a:1').root.digest },
    { reference: 'docker.io/library/b:1', digest: b.root.digest },
  ]);
  assert.deepEqual(await namesIn(store), ['docker.io/library/c:1']);
  assert.ok(await store.has(b.root));
  assert.deepEqual((await verifyLayout(store)).problems, []);
});

test('one name given twice is removed once', async (t) => {
  const store = await emptyStore(t);
  await keep(store, 'docker.io/library/a:1', imageOf('a'));
  const removed = await removeImages(['a:1', 'docker.io/library/a:1'], { store });
  assert.deepEqual(
    removed.map(({ reference }) => reference),
    ['docker.io/library/a:1'],
  );
});

test('an image that is damaged is told apart from the others, until what is wrong is put in again', async (t) => {
  const store = await emptyStore(t);
  const app = imageOf('layer');
  await keep(store, 'docker.io/library/a:1', app);
  await keep(store, 'docker.io/library/b:1', imageOf('another'));
  const [config] = app.nodes;
  assert.ok(config);
  await writeFile(blobFile(store, config.descriptor.digest), 'x'.repeat(config.descriptor.size));
  const { images, damaged } = await listImages({ store });
  assert.deepEqual(
    images.map(({ reference }) => reference),
    ['docker.io/library/b:1'],
  );
  assert.deepEqual(
    damaged.map(({ reference, error }) => [reference, error.code]),
    [['docker.io/library/a:1', 'STORE_CORRUPT']],
  );
  await store.put(contentOf(config.descriptor, config.bytes));
  assert.equal((await listImages({ store })).images.length, 2);
});
