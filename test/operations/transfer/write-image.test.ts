import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contentOf, readContent } from '../../../src/content/read.js';
import type { Content } from '../../../src/content/types.js';
import { openPlace } from '../../../src/operations/places/source-place.js';
import { writeImage } from '../../../src/operations/transfer/write-image.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../../../src/spec/media-type.js';
import { image, layer, type TestImage } from '../../support/images.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage } from '../stage.js';

/** A new manifest over the layers of an image. */
function annotated({ bytes }: TestImage): {
  readonly root: Descriptor;
  readonly contents: readonly Content[];
} {
  const manifest = JSON.parse(bytes.toString()) as object;
  const changed = Buffer.from(JSON.stringify({ ...manifest, annotations: { a: 'b' } }));
  const root = describe(OCI_MANIFEST, changed);
  return { root, contents: [contentOf(root, changed)] };
}

test('of an image that was changed within a registry only the new documents are sent', async (t) => {
  const stage = await setStage(t);
  const graph = image({ layers: [await layer({ a: 'app' })] });
  await stage.registry.push('team/app', '1', graph);
  const { source } = await openPlace(`${stage.host}/team/app:1`, stage);
  const changed = annotated(graph);
  stage.requests();
  const written = await writeImage({ ...changed, source }, `${stage.host}/other/app:2`, stage);
  const { mediaType, digest, size } = changed.root;
  assert.deepEqual(written, {
    destination: `${stage.host}/other/app:2`,
    name: `${stage.host}/other/app:2`,
    digest,
    mediaType,
    bytes: {
      written: size,
      mounted: graph.config.length + (graph.layers[0]?.blob.size ?? 0),
      exists: 0,
    },
  });
  const sent = stage.requests().filter(({ requestBytes }) => requestBytes > 0);
  assert.deepEqual(
    sent.map(({ method, requestBytes }) => [method, requestBytes]),
    [['PUT', size]],
  );
});

test('what is made from nothing goes to any place, with a tag or known by its digest alone', async (t) => {
  const stage = await setStage(t);
  const folder = await temporaryFolder(t);
  const blob = (text: string, mediaType: string): Content =>
    contentOf(describe(mediaType, Buffer.from(text)), Buffer.from(text));
  const [config, file] = [blob('{}', OCI_CONFIG), blob('hello', OCI_LAYER)];
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: config.descriptor,
    layers: [file.descriptor],
  };
  const root = blob(JSON.stringify(manifest), OCI_MANIFEST);
  const made = { root: root.descriptor, contents: [root, config, file] };
  for (const place of [`${stage.host}/made:1`, 'store:localhost/made:1', `oci:${folder}/layout:1`]) {
    await writeImage(made, place, stage);
    const opened = await openPlace(place, stage);
    assert.equal(opened.root.digest, made.root.digest);
    const bytes = await readContent(opened.source.get(file.descriptor), { cap: 100 });
    assert.equal(Buffer.from(bytes).toString(), 'hello');
    await opened.close();
  }
  const { name } = await writeImage(made, `${stage.host}/other:1`, { ...stage, isUntagged: true });
  assert.equal(name, `${stage.host}/other@${made.root.digest}`);
  await openPlace(`${stage.host}/other@${made.root.digest}`, stage);
  await assert.rejects(openPlace(`${stage.host}/other:1`, stage), { code: 'NOT_FOUND' });
});

test('a tag that is not what was expected stays, and a dry run writes nothing', async (t) => {
  const stage = await setStage(t);
  const graph = image({ layers: [await layer({ a: 'app' })] });
  await stage.registry.push('app', '1', graph);
  const { source, root } = await openPlace(`${stage.host}/app:1`, stage);
  const changed = { ...annotated(graph), source };
  const place = `${stage.host}/app:1`;
  await assert.rejects(
    writeImage(changed, place, { ...stage, expectDigest: describe('a/b', Buffer.of()).digest }),
    {
      code: 'TAG_EXISTS',
    },
  );
  const { plan } = await writeImage(changed, place, { ...stage, dryRun: true, expectDigest: root.digest });
  assert.equal(plan?.previous, root.digest);
  assert.equal((await openPlace(place, stage)).root.digest, root.digest);
  await writeImage(changed, place, { ...stage, expectDigest: root.digest });
  assert.equal((await openPlace(place, stage)).root.digest, changed.root.digest);
});
