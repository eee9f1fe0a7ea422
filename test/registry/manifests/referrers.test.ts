import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { hexOf } from '../../../src/spec/digest.js';
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/spec/media-type.js';
import { reply } from '../../support/http-server.js';
import { scriptedSetup } from '../../support/scripted-setup.js';

const SUBJECT = describe(OCI_MANIFEST, Buffer.from('the subject'));
const [ONE, TWO] = [describe(OCI_MANIFEST, Buffer.from('one')), describe(OCI_MANIFEST, Buffer.from('two'))];
const PATH = /GET .*\/referrers\//;

function listOf(...manifests: readonly Descriptor[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
}

test('the list of a registry is read page by page', async (t) => {
  const { server, registry } = await scriptedSetup(t);
  server.quirk(PATH, ({ request, response }) => {
    const isSecond = request.url?.endsWith('?page=2') === true;
    response.setHeader('content-type', OCI_INDEX);
    if (!isSecond) response.setHeader('link', '<http://elsewhere.example/wrong?page=2>; rel="next"');
    response.end(listOf(isSecond ? TWO : ONE));
  });
  assert.deepEqual(await registry.referrers(SUBJECT.digest), [ONE, TWO]);
});

test('where the registry keeps no list the tag that clients keep is read', async (t) => {
  const { server, registry } = await scriptedSetup(t);
  server.quirk(PATH, (exchange) => reply(exchange, 404));
  assert.deepEqual(await registry.referrers(SUBJECT.digest), []);
  const bytes = listOf(TWO);
  const tag = `sha256-${hexOf(SUBJECT.digest)}`;
  server.manifests.set(tag, { type: OCI_INDEX, bytes });
  server.manifests.set(describe(OCI_INDEX, bytes).digest, { type: OCI_INDEX, bytes });
  assert.deepEqual(await registry.referrers(SUBJECT.digest), [TWO]);
});

test('a list that goes round in a circle, or is none, is refused', async (t) => {
  const { server, registry } = await scriptedSetup(t);
  server.quirk(
    PATH,
    ({ response }) => {
      response.setHeader('link', '</v2/x/referrers/y?page=1>; rel="next"');
      response.end(listOf(ONE));
    },
    { times: 2 },
  );
  await assert.rejects(registry.referrers(SUBJECT.digest), { code: 'PROTOCOL_ERROR' });
  server.quirk(PATH, ({ response }) => void response.setHeader('content-type', OCI_INDEX).end('<html>'), {
    times: 1,
  });
  await assert.rejects(registry.referrers(SUBJECT.digest), { code: 'INVALID_MANIFEST' });
  // Of a server that has a page for everything no list is expected.
  server.quirk(PATH, ({ response }) => void response.setHeader('content-type', 'text/html').end('<html>'));
  assert.deepEqual(await registry.referrers(SUBJECT.digest), []);
});
