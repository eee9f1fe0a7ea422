import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { sha256 } from '../support/contents.js';
import type { Answer } from '../support/http-client.js';
import { sampleIndex, type TestManifest } from '../support/images.js';
import { assertRefused, NOWHERE, smallImage, startRegistry, type TestRegistry } from './registry.js';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

function put({ ask }: TestRegistry, path: string, { bytes, descriptor }: TestManifest): Promise<Answer> {
  return ask(path, { method: 'PUT', body: bytes, headers: { 'content-type': descriptor.mediaType } });
}

/** Bytes as a manifest of the usual type. */
function manifest(content: object | string): TestManifest {
  const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  return { bytes, descriptor: { mediaType: OCI_MANIFEST, digest: sha256(bytes), size: bytes.length } };
}

test('an image comes back byte for byte, by tag and by digest, as OCI and as Docker have it', async (t) => {
  const registry = await startRegistry(t);
  for (const family of ['oci', 'docker'] as const) {
    const graph = await sampleIndex(family);
    await registry.push('app', family, graph);
    for (const { bytes, descriptor } of graph.manifests.values()) {
      for (const method of ['GET', 'HEAD']) {
        const isRoot = descriptor.digest === graph.descriptor.digest;
        for (const reference of isRoot ? [family, descriptor.digest] : [descriptor.digest]) {
          const { status, headers, body } = await registry.ask(`app/manifests/${reference}`, { method });
          assert.equal(status, 200);
          assert.equal(headers['content-type'], descriptor.mediaType);
          assert.equal(headers['content-length'], String(bytes.length));
          assert.equal(headers['docker-content-digest'], descriptor.digest);
          assert.deepEqual(body, method === 'GET' ? bytes : Buffer.alloc(0));
        }
      }
    }
  }
});

test('a push answers with the digest and where to pull', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('one');
  await registry.push('app', 'v1', made);
  const answer = await put(registry, 'app/manifests/v2', made);
  assert.equal(answer.status, 201);
  assert.equal(answer.headers['docker-content-digest'], made.descriptor.digest);
  assert.equal(answer.headers.location, `/v2/app/manifests/${made.descriptor.digest}`);
  assert.deepEqual((await registry.ask(answer.headers.location)).body, made.bytes);
});

test('names are Docker names: short, with library/ and with docker.io/ they mean the same', async (t) => {
  const registry = await startRegistry(t);
  await registry.push('nginx', 'v1', await smallImage('nginx'));
  await registry.push('ghcr.io/owner/app', 'v1', await smallImage('app'));
  for (const name of [
    'nginx',
    'library/nginx',
    'docker.io/nginx',
    'docker.io/library/nginx',
    'ghcr.io/owner/app',
  ]) {
    assert.equal((await registry.ask(`${name}/manifests/v1`)).status, 200, name);
  }
  const names = (await registry.layout.images()).map(({ name }) => name).sort();
  assert.deepEqual(names, ['docker.io/library/nginx:v1', 'ghcr.io/owner/app:v1']);
});

test('a name that is valid only for the specification is a repository too', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('odd');
  for (const name of ['foo_bar.com/app', 'a'.repeat(64).replaceAll('a', 'f'), 'a__b.c/d-----e']) {
    await registry.push(name, 'v1', made);
    assert.deepEqual((await registry.ask(`${name}/manifests/v1`)).body, made.bytes, name);
  }
});

test('a manifest is known where it was pushed and nowhere else', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('here');
  await registry.push('here', 'v1', made);
  await registry.push('there', 'v1', await smallImage('there'));
  assertRefused(await registry.ask(`there/manifests/${made.descriptor.digest}`), 404, 'MANIFEST_UNKNOWN');
  assertRefused(await registry.ask('there/manifests/v2'), 404, 'MANIFEST_UNKNOWN');
  assertRefused(await registry.ask('nowhere/manifests/v1'), 404, 'NAME_UNKNOWN');
  assertRefused(await registry.ask(`nowhere/manifests/${NOWHERE}`), 404, 'NAME_UNKNOWN');
});

test('a manifest that was pushed by digest stays, also over a restart', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('untagged');
  await registry.push('app', made.descriptor.digest, made);
  await registry.server.close();
  const again = await startRegistry(t, { folder: registry.folder });
  assert.deepEqual((await again.ask(`app/manifests/${made.descriptor.digest}`)).body, made.bytes);
  assert.deepEqual(JSON.parse((await again.ask('app/tags/list')).body.toString()).tags, []);
});

test('the parts of an index lose the names that they were pushed under', async (t) => {
  const registry = await startRegistry(t);
  const graph = await sampleIndex();
  await registry.push('app', 'v1', graph);
  assert.deepEqual(
    (await registry.layout.images()).map(({ name }) => name),
    ['docker.io/library/app:v1'],
  );
});

test('a manifest pushed by digest may get its tags with it', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('tags');
  await registry.push('app', 'v1', made);
  const path = `app/manifests/${made.descriptor.digest}`;
  const answer = await put(registry, `${path}?tag=v2&tag=latest`, made);
  assert.deepEqual([answer.status, answer.headers['oci-tag']], [201, 'v2, latest']);
  const { tags } = JSON.parse((await registry.ask('app/tags/list')).body.toString());
  assert.deepEqual(tags, ['latest', 'v1', 'v2']);
  assertRefused(await put(registry, `${path}?tag=-no`, made), 400, 'MANIFEST_INVALID');
});

test('a manifest may be named by sha512', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('long');
  await registry.push('app', 'v1', made);
  const digest = `sha512:${createHash('sha512').update(made.bytes).digest('hex')}`;
  const answer = await put(registry, `app/manifests/${digest}`, made);
  assert.deepEqual([answer.status, answer.headers['docker-content-digest']], [201, digest]);
  assert.deepEqual((await registry.ask(`app/manifests/${digest}`)).body, made.bytes);
});

test('a manifest whose parts are missing is refused, and not there afterwards', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('parts');
  assertRefused(await put(registry, 'app/manifests/v1', made), 404, 'MANIFEST_BLOB_UNKNOWN');
  const graph = await sampleIndex();
  assertRefused(await put(registry, 'app/manifests/v1', graph), 404, 'MANIFEST_BLOB_UNKNOWN');
  assert.equal((await registry.ask('app/manifests/v1')).status, 404);
});

test('layers that may not be distributed need not be there', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('windows');
  await registry.push('app', 'base', made);
  const { layers, ...rest } = JSON.parse(made.bytes.toString());
  const foreign = {
    mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    digest: NOWHERE,
    size: 123_456,
    urls: ['https://store.example.com/layer'],
  };
  const answer = await put(registry, 'app/manifests/v1', manifest({ ...rest, layers: [foreign, ...layers] }));
  assert.equal(answer.status, 201, answer.body.toString());
});

test('a manifest that does not have the digest of its path is refused', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('digest');
  await registry.push('app', 'v1', made);
  for (const digest of [NOWHERE, 'sha256:12', 'sha256:baddigeststring']) {
    assertRefused(await put(registry, `app/manifests/${digest}`, made), 400, 'DIGEST_INVALID');
  }
  assertRefused(await registry.ask('app/manifests/sha256:baddigeststring'), 400, 'DIGEST_INVALID');
});

test('what is no manifest is refused', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('valid');
  await registry.push('app', 'v1', made);
  const valid = JSON.parse(made.bytes.toString());
  const wrong = [
    manifest(''),
    manifest('<html>'),
    manifest('[]'),
    manifest({ ...valid, mediaType: 'application/vnd.oci.image.index.v1+json' }),
    manifest({ ...valid, schemaVersion: 1 }),
    manifest({ ...valid, layers: {} }),
    manifest({ ...valid, manifests: [] }),
    manifest({ ...valid, config: { ...valid.config, digest: '../../etc/passwd' } }),
    manifest({ ...valid, config: { ...valid.config, size: -1 } }),
    { ...made, descriptor: { ...made.descriptor, mediaType: 'text/plain' } },
  ];
  for (const one of wrong) {
    assertRefused(await put(registry, 'app/manifests/v2', one), 400, 'MANIFEST_INVALID');
  }
  assertRefused(await put(registry, 'app/manifests/-v2', made), 400, 'MANIFEST_INVALID');
  assert.equal((await registry.ask('app/manifests/v2')).status, 404);
});

test('a manifest of 4 megabytes is taken, one of more than 8 is not, announced or not', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('large');
  await registry.push('app', 'v1', made);
  const valid = JSON.parse(made.bytes.toString());
  const large = manifest({ ...valid, annotations: { large: 'A'.repeat(4 * 1024 * 1024) } });
  assert.equal((await put(registry, 'app/manifests/large', large)).status, 201);
  assert((await registry.ask('app/manifests/large')).body.equals(large.bytes));
  const tooLarge = Buffer.from(JSON.stringify({ ...valid, annotations: { large: 'A'.repeat(9_000_000) } }));
  const streamed = (async function* () {
    yield tooLarge;
  })();
  for (const body of [tooLarge, streamed]) {
    const answer = await registry.ask('app/manifests/v2', {
      method: 'PUT',
      body,
      headers: { 'content-type': OCI_MANIFEST },
    });
    assertRefused(answer, 413, 'MANIFEST_INVALID');
  }
});

test('the type may come with parameters, or be found in the manifest', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('types');
  await registry.push('app', 'v1', made);
  for (const headers of [{ 'content-type': `${OCI_MANIFEST}; charset=utf-8` }, {}]) {
    const answer = await registry.ask('app/manifests/v2', { method: 'PUT', body: made.bytes, headers });
    assert.equal(answer.status, 201);
    assert.equal((await registry.ask('app/manifests/v2')).headers['content-type'], OCI_MANIFEST);
  }
});

test('a manifest whose tag has moved on, or was deleted, is still there by its digest', async (t) => {
  const registry = await startRegistry(t);
  const [first, second] = [await smallImage('first'), await smallImage('second')];
  await registry.push('app', 'latest', first);
  await registry.push('app', 'latest', second);
  await registry.ask('app/manifests/latest', { method: 'DELETE' });
  for (const { descriptor, bytes } of [first, second]) {
    const path = `app/manifests/${descriptor.digest}`;
    assert.deepEqual((await registry.ask(path)).body, bytes);
    assert.equal((await registry.ask(path, { method: 'DELETE' })).status, 202);
    assert.equal((await registry.ask(path)).status, 404);
  }
});

test('a layer is no manifest, though its digest is known', async (t) => {
  const registry = await startRegistry(t);
  const digest = await registry.pushBlob('app', '{"not":"a manifest"}');
  assert.equal((await registry.ask(`app/manifests/${digest}`)).status, 404);
});

test('deleting a tag leaves the other names of the image', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('two');
  await registry.push('app', 'v1', made);
  await registry.push('app', 'v2', made);
  assert.equal((await registry.ask('app/manifests/v1', { method: 'DELETE' })).status, 202);
  assertRefused(await registry.ask('app/manifests/v1'), 404, 'MANIFEST_UNKNOWN');
  assertRefused(await registry.ask('app/manifests/v1', { method: 'DELETE' }), 404, 'MANIFEST_UNKNOWN');
  assert.equal((await registry.ask('app/manifests/v2')).status, 200);
  assert.equal((await registry.ask(`app/manifests/${made.descriptor.digest}`)).status, 200);
});

test('deleting a digest removes every tag of it in this repository only', async (t) => {
  const registry = await startRegistry(t);
  const made = await smallImage('all');
  for (const name of ['v1', 'v2', made.descriptor.digest]) await registry.push('app', name, made);
  await registry.push('app', 'other', await smallImage('other'));
  await registry.push('copy', 'v1', made);
  const path = `app/manifests/${made.descriptor.digest}`;
  assert.equal((await registry.ask(path, { method: 'DELETE' })).status, 202);
  for (const gone of ['app/manifests/v1', 'app/manifests/v2', path]) {
    assertRefused(await registry.ask(gone), 404, 'MANIFEST_UNKNOWN');
  }
  assert.equal((await registry.ask('app/manifests/other')).status, 200);
  assert.deepEqual((await registry.ask(`copy/manifests/${made.descriptor.digest}`)).body, made.bytes);
});

test('a part of an index is deleted only after the index', async (t) => {
  const registry = await startRegistry(t);
  const graph = await sampleIndex();
  await registry.push('app', 'v1', graph);
  const [part = ''] = graph.manifests.keys();
  assertRefused(await registry.ask(`app/manifests/${part}`, { method: 'DELETE' }), 405, 'UNSUPPORTED');
  const root = `app/manifests/${graph.descriptor.digest}`;
  assert.equal((await registry.ask(root, { method: 'DELETE' })).status, 202);
  const path = `app/manifests/${part}`;
  assert.equal((await registry.ask(path, { method: 'DELETE' })).status, 202);
  assertRefused(await registry.ask(path), 404, 'NAME_UNKNOWN');
});

test('many pushes and deletions of the same index at once all succeed', async (t) => {
  const registry = await startRegistry(t);
  const graph = await sampleIndex();
  const tags = Array.from({ length: 8 }, (_, position) => `v${position}`);
  await Promise.all(tags.map((tag) => registry.push('app', tag, graph)));
  const names = (await registry.layout.images()).map(({ name }) => name).sort();
  assert.deepEqual(
    names,
    tags.map((tag) => `docker.io/library/app:${tag}`),
  );
  const deleted = await Promise.all(
    tags.map(() => registry.ask(`app/manifests/${graph.descriptor.digest}`, { method: 'DELETE' })),
  );
  assert(deleted.every(({ status }) => status === 202 || status === 404));
  assert.deepEqual(await registry.layout.images(), []);
});

test('nothing is deleted from a repository that is not there', async (t) => {
  const { ask } = await startRegistry(t);
  for (const reference of ['v1', NOWHERE]) {
    assertRefused(await ask(`app/manifests/${reference}`, { method: 'DELETE' }), 404, 'NAME_UNKNOWN');
  }
});
