import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readManifest } from '../../../src/content/read.js';
import { editImage } from '../../../src/operations/edit/edit-image.js';
import { addToIndex, createIndex, removeFromIndex } from '../../../src/operations/edit/index-images.js';
import { openPlace } from '../../../src/operations/places/source-place.js';
import { parseDigest } from '../../../src/spec/digest.js';
import type { ImageIndex } from '../../../src/spec/manifest.js';
import { parsePlatform } from '../../../src/spec/platform.js';
import { startDockerRegistry } from '../../support/docker-registry.js';
import { attestation, image, index, layer, sampleIndex, type TestImage } from '../../support/images.js';
import { needs } from '../../support/programs.js';
import { pushGraph } from '../../support/push-graph.js';
import { succeeded } from '../../support/person.js';
import { skopeo } from '../../support/skopeo.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage, type Stage } from '../stage.js';

async function imageFor(
  architecture: string,
  mediaTypes: 'oci' | 'docker' = 'oci',
  text = architecture,
): Promise<TestImage> {
  return image({
    layers: [await layer({ [text]: text })],
    platform: { os: 'linux', architecture },
    mediaTypes,
  });
}

async function indexAt(place: string, stage: Partial<Stage>): Promise<ImageIndex> {
  const { root, source, close } = await openPlace(place, stage);
  const manifest = await readManifest(source, root);
  await close();
  assert(manifest.kind === 'index');
  return manifest;
}

/** What an index has, in words: an architecture, or what is attested of one. */
function listed({ manifests }: ImageIndex): readonly string[] {
  return manifests.map(
    ({ platform, annotations }) =>
      annotations?.['vnd.docker.reference.digest']?.slice(0, 19) ?? platform?.architecture ?? 'none',
  );
}

test('images from several places become one index, each for the platform of its config', async (t) => {
  const stage = await setStage(t);
  const folder = await temporaryFolder(t);
  const arm = await imageFor('arm64');
  const both = index([arm, attestation(arm)]);
  await stage.registry.push('app', 'amd64', await imageFor('amd64'));
  await stage.registry.push('other', 'arm', both);
  const images = [`${stage.host}/app:amd64`, `${stage.host}/other:arm`];
  const annotations = { 'org.example.a': 'b' };
  const target = `oci:${folder}/made:1`;
  const { mediaType, digest } = await createIndex(target, images, { ...stage, annotations });
  assert.equal(mediaType, 'application/vnd.oci.image.index.v1+json');
  const made = await indexAt(target, stage);
  assert.deepEqual(listed(made), ['amd64', 'arm64', arm.descriptor.digest.slice(0, 19)]);
  assert.deepEqual(made.annotations, annotations);
  // From there to the registry, where the same index is made of the same images.
  stage.requests();
  const again = await createIndex(`${stage.host}/app:all`, images, { ...stage, annotations });
  assert.equal(again.digest, digest);
  const uploads = stage.requests().filter(({ path, requestBytes }) => /blobs/.test(path) && requestBytes > 0);
  assert.deepEqual(uploads, []);
});

test("of Docker's images Docker's list is made, and OCI's index as soon as one is not", async (t) => {
  const stage = await setStage(t);
  const at = (tag: string): string => `${stage.host}/app:${tag}`;
  for (const architecture of ['amd64', 'arm64'])
    await stage.registry.push('app', architecture, await imageFor(architecture, 'docker'));
  await stage.registry.push('app', 's390x', await imageFor('s390x'));
  const made = await createIndex(at('all'), [at('amd64'), at('arm64')], stage);
  assert.equal(made.mediaType, 'application/vnd.docker.distribution.manifest.list.v2+json');
  const added = await addToIndex(at('all'), [at('s390x')], stage);
  assert.equal(added.mediaType, 'application/vnd.oci.image.index.v1+json');
  assert.deepEqual(listed(await indexAt(at('all'), stage)), ['amd64', 'arm64', 's390x']);
});

test('an image that is added takes the place of the one for its platform, and its attestations go', async (t) => {
  const stage = await setStage(t);
  const at = (tag: string): string => `${stage.host}/app:${tag}`;
  const graph = await sampleIndex();
  await stage.registry.push('app', 'all', graph);
  await stage.registry.push('app', 'new', await imageFor('amd64', 'oci', 'newer'));
  const result = await addToIndex(at('all'), [at('new')], stage);
  assert.deepEqual([result.images, result.attestations, result.previous], [1, 1, graph.descriptor.digest]);
  const made = await indexAt(at('all'), stage);
  assert.deepEqual(listed(made).toSpliced(1, 1), ['arm64', 'amd64']);
  // The same image twice is one, another for the same platform is too many.
  await createIndex(at('x'), [at('new'), at('new')], stage);
  const before = `${stage.host}/app@${graph.descriptor.digest}`;
  await assert.rejects(createIndex(at('x'), [at('all'), before], stage), { code: 'INVALID_ARGUMENT' });
  await assert.rejects(addToIndex(at('new'), [at('all')], stage), { code: 'INVALID_ARGUMENT' });
});

test('what is taken out of an index takes what is attested of it along', async (t) => {
  const stage = await setStage(t);
  const graph = await sampleIndex();
  await stage.registry.push('app', 'all', graph);
  const place = `${stage.host}/app:all`;
  const { images, attestations } = await removeFromIndex(place, {
    ...stage,
    platforms: [parsePlatform('linux/arm64')],
  });
  assert.deepEqual([images, attestations], [1, 1]);
  const [image, about] = (await indexAt(place, stage)).manifests;
  assert.deepEqual(listed(await indexAt(place, stage)), ['amd64', image?.digest.slice(0, 19)]);
  await removeFromIndex(place, { ...stage, digests: [parseDigest(about?.digest ?? '')] });
  assert.deepEqual(listed(await indexAt(place, stage)), ['amd64']);
  const digests = [parseDigest(image?.digest ?? '')];
  await assert.rejects(removeFromIndex(place, { ...stage, digests }), { code: 'INVALID_ARGUMENT' });
  await assert.rejects(removeFromIndex(place, { ...stage, digests: [parseDigest(about?.digest ?? '')] }), {
    code: 'NOT_FOUND',
  });
});

test(
  'an index of images in other repositories is whole for a registry that looks, and for skopeo',
  needs('docker-registry', 'skopeo'),
  async (t) => {
    const stage = await setStage(t);
    const { host, origin } = await startDockerRegistry(t);
    for (const architecture of ['amd64', 'arm64'])
      await pushGraph(`${origin}/v2/${architecture}/app`, await imageFor(architecture), { tag: '1' });
    const images = ['amd64', 'arm64'].map((architecture) => `${host}/${architecture}/app:1`);
    const { bytes } = await createIndex(`${host}/app:1`, images, stage);
    assert.ok(bytes.mounted > 0);
    const flags = ['--all', '--src-tls-verify=false'];
    const folder = await temporaryFolder(t);
    succeeded(await skopeo(t, ['copy', ...flags, `docker://${host}/app:1`, `oci:${folder}/copied:1`]));
  },
);

test('one image for two platforms stays for the other when it goes for one', async (t) => {
  const stage = await setStage(t);
  const data = await imageFor('amd64');
  const alike = {
    ...data,
    descriptor: { ...data.descriptor, platform: { os: 'linux', architecture: 'arm64' } },
  };
  const place = `${stage.host}/app:1`;
  const put = (): Promise<void> => stage.registry.push('app', '1', index([data, alike, attestation(data)]));
  const about = data.descriptor.digest.slice(0, 19);
  await put();
  await stage.registry.push('app', 'other', await imageFor('s390x'));
  await stage.registry.push('app', 'arm', await imageFor('arm64', 'oci', 'newer'));
  await addToIndex(place, [`${stage.host}/app:other`], stage);
  assert.deepEqual(listed(await indexAt(place, stage)), ['amd64', 'arm64', about, 's390x']);
  await addToIndex(place, [`${stage.host}/app:arm`], stage);
  assert.deepEqual(listed(await indexAt(place, stage)), ['amd64', about, 's390x', 'arm64']);
  await put();
  const arm = [parsePlatform('linux/arm64')];
  await editImage(place, { user: 'me' }, { ...stage, platforms: arm });
  const [kept, edited] = (await indexAt(place, stage)).manifests;
  assert.deepEqual([kept?.digest === data.descriptor.digest, edited?.digest === kept?.digest], [true, false]);
  await put();
  const removed = await removeFromIndex(place, { ...stage, platforms: arm });
  assert.deepEqual([removed.images, removed.attestations], [1, 0]);
  assert.deepEqual(listed(await indexAt(place, stage)), ['amd64', about]);
});
