import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { createAuthority } from './certificates.js';
import { sha256 } from './contents.js';
import { startDockerRegistry } from './docker-registry.js';
import { ask, basicAuthorization } from './http-client.js';
import { writeDockerArchive, writeLayout, writeOciArchive } from './image-files.js';
import { bigLayer, busyboxImage, image, layer, sampleIndex } from './images.js';
import { needs } from './programs.js';
import { pushGraph } from './push-graph.js';
import { remoteFlags, skopeo } from './skopeo.js';
import { temporaryFolder } from './temp.js';

test(
  'skopeo copies a layout into a registry with TLS and passwords',
  needs('docker-registry', 'htpasswd', 'skopeo', 'busybox'),
  async (t) => {
    const authority = await createAuthority();
    const tls = await authority.issue(['127.0.0.1']);
    const registry = await startDockerRegistry(t, { tls, auth: { users: { ann: 'secret: a' } } });
    const busybox = await busyboxImage();
    const folder = await temporaryFolder(t);
    await writeLayout(folder, { v1: busybox });
    const trust = { authority: authority.certificate, user: 'ann', password: 'secret: a' };
    const copied = await skopeo(t, [
      'copy',
      ...(await remoteFlags(t, 'dest', trust)),
      `oci:${folder}:v1`,
      `docker://${registry.host}/busybox:v1`,
    ]);
    assert.equal(copied.code, 0, copied.stderr);
    const answer = await ask(`${registry.origin}/v2/busybox/manifests/v1`, {
      authority: authority.certificate,
      headers: {
        authorization: basicAuthorization('ann', 'secret: a'),
        accept: busybox.descriptor.mediaType,
      },
    });
    assert.deepEqual(answer.body, busybox.bytes);
  },
);

for (const style of ['classic', 'layout'] as const) {
  test(`skopeo reads a Docker archive (${style}) with the same layer twice`, needs('skopeo'), async (t) => {
    const files = await layer({ 'a.txt': 'a' }, { compression: 'none' });
    const made = image({ layers: [files, files], mediaTypes: 'docker' });
    const folder = await temporaryFolder(t);
    const archive = join(folder, 'image.tar');
    await writeDockerArchive(archive, { 'example.com/app:1': made }, { style });
    const source = `docker-archive:${archive}:example.com/app:1`;
    const copied = await skopeo(t, ['copy', source, `dir:${join(folder, 'out')}`]);
    assert.equal(copied.code, 0, copied.stderr);
    const config = await skopeo(t, ['inspect', '--config', '--raw', source]);
    assert.equal(config.stdout, made.config.toString());
  });
}

test('skopeo copies an index with attestations out of an archive, all of it', needs('skopeo'), async (t) => {
  const folder = await temporaryFolder(t);
  await writeOciArchive(join(folder, 'index.tar'), { v1: await sampleIndex() });
  const copied = await skopeo(t, [
    'copy',
    '--all',
    `oci-archive:${join(folder, 'index.tar')}:v1`,
    `dir:${folder}/out`,
  ]);
  assert.equal(copied.code, 0, copied.stderr);
});

test('skopeo reads a pushed image with a large layer', needs('skopeo', 'docker-registry'), async (t) => {
  const registry = await startDockerRegistry(t);
  const made = image({ layers: [await bigLayer(3_000_000, 1)] });
  await pushGraph(`${registry.origin}/v2/big`, made, { tag: 'v1' });
  const folder = await temporaryFolder(t);
  const flags = await remoteFlags(t, 'src');
  const archive = `docker-archive:${folder}/out.tar`;
  const copied = await skopeo(t, ['copy', ...flags, `docker://${registry.host}/big:v1`, archive]);
  assert.equal(copied.code, 0, copied.stderr);
});

test('a large layer is a tar and reads the same from any place', async () => {
  const { blob } = await bigLayer(2_500_000, 7);
  const whole = await buffer(blob.open());
  assert.equal(whole.length, blob.size);
  const sizes: number[] = [];
  const reader = extract();
  reader.on('entry', ({ name, size }, content, next) => {
    assert.equal(name, 'big');
    sizes.push(size ?? 0);
    content.resume().on('end', next);
  });
  await pipeline(Readable.from([whole]), reader);
  assert.deepEqual(sizes, [2_500_000]);
  assert.equal(sha256(whole), blob.digest);
  for (const from of [
    1,
    511,
    512,
    513,
    1_048_576,
    1_048_600,
    2_500_511,
    2_500_512,
    blob.size - 1,
    blob.size,
  ]) {
    assert.deepEqual(await buffer(blob.open(from)), whole.subarray(from));
  }
});
