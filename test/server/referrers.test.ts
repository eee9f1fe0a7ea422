import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Answer } from '../support/http-client.js';
import { assertRefused, NOWHERE, smallImage, startRegistry, type TestRegistry } from './registry.js';

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const SIGNATURE = 'application/vnd.example.signature';

/** The descriptors of an answer, which must be an index. */
function listOf({ status, headers, body }: Answer): readonly { digest: string }[] {
  assert.deepEqual([status, headers['content-type']], [200, OCI_INDEX]);
  const { schemaVersion, mediaType, manifests } = JSON.parse(body.toString());
  assert.deepEqual([schemaVersion, mediaType], [2, OCI_INDEX]);
  return manifests;
}

/** Puts an index without images that refers to a subject. */
async function putIndex({ ask }: TestRegistry, reference: string, fields: object): Promise<Answer> {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], ...fields });
  return ask(`app/manifests/${reference}`, { method: 'PUT', body, headers: { 'content-type': OCI_INDEX } });
}

test('referrers are listed with type and annotations, by tag or digest pushed, before and after the subject', async (t) => {
  const registry = await startRegistry(t);
  const subjectImage = await smallImage('subject');
  const { mediaType, digest, size } = subjectImage.descriptor;
  const subject = { mediaType, digest, size };
  const annotations = { 'org.example.note': 'hello' };
  const signature = await smallImage('signature', { subject, artifactType: SIGNATURE, annotations });
  const image = await smallImage('image', { subject });
  await registry.push('app', signature.descriptor.digest, signature);
  await registry.push('app', 'v1', subjectImage);
  await registry.push('app', 'image', image);
  const index = await putIndex(registry, 'index', { subject });
  assert.deepEqual([index.status, index.headers['oci-subject']], [201, digest]);
  const list = listOf(await registry.ask(`app/referrers/${digest}`));
  const strip = ({ mediaType, digest, size }: typeof signature.descriptor) => ({ mediaType, digest, size });
  const expected = [
    { ...strip(signature.descriptor), artifactType: SIGNATURE, annotations },
    { ...strip(image.descriptor), artifactType: OCI_CONFIG },
    {
      mediaType: OCI_INDEX,
      digest: index.headers['docker-content-digest'],
      size: Number((await registry.ask('app/manifests/index')).headers['content-length']),
    },
  ];
  const byDigest = (a: { digest: unknown }, b: { digest: unknown }): number =>
    String(a.digest) < String(b.digest) ? -1 : 1;
  assert.deepEqual([...list].sort(byDigest), [...expected].sort(byDigest));
});

test('referrers are filtered by type, and the answer says so', async (t) => {
  const registry = await startRegistry(t);
  const subject = { mediaType: OCI_INDEX, digest: NOWHERE, size: 5 };
  const signature = await smallImage('signature', { subject, artifactType: SIGNATURE });
  await registry.push('app', signature.descriptor.digest, signature);
  await putIndex(registry, 'index', { subject });
  const all = await registry.ask(`app/referrers/${NOWHERE}`);
  assert.deepEqual([listOf(all).length, all.headers['oci-filters-applied']], [2, undefined]);
  const some = await registry.ask(`app/referrers/${NOWHERE}?artifactType=${encodeURIComponent(SIGNATURE)}`);
  assert.deepEqual(
    listOf(some).map(({ digest }) => digest),
    [signature.descriptor.digest],
  );
  assert.equal(some.headers['oci-filters-applied'], 'artifactType');
  const none = await registry.ask(`app/referrers/${NOWHERE}?artifactType=text/other`);
  assert.deepEqual(listOf(none), []);
});

test('a referrer is gone with its manifest, and unknown in other repositories', async (t) => {
  const registry = await startRegistry(t);
  const subject = { mediaType: OCI_INDEX, digest: NOWHERE, size: 5 };
  const signature = await smallImage('signature', { subject });
  await registry.push('app', signature.descriptor.digest, signature);
  assert.deepEqual(listOf(await registry.ask(`other/referrers/${NOWHERE}`)), []);
  await registry.ask(`app/manifests/${signature.descriptor.digest}`, { method: 'DELETE' });
  assert.deepEqual(listOf(await registry.ask(`app/referrers/${NOWHERE}`)), []);
});

test('a digest that is none is refused', async (t) => {
  const { ask } = await startRegistry(t);
  for (const digest of ['sha256:12', 'v1']) {
    assertRefused(await ask(`app/referrers/${digest}`), 400, 'DIGEST_INVALID');
  }
});
