import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contentOf, readContent } from '../../../src/content/read.js';
import type { Registry } from '../../../src/registry/registry.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { digestOf, hexOf, type Digest } from '../../../src/spec/digest.js';
import { OCI_CONFIG, OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from '../../../src/spec/media-type.js';
import { reply } from '../../support/http-server.js';
import { failsWith, scriptedSetup } from '../../support/scripted-setup.js';
import type { Scope } from '../../support/temp.js';

const CONFIG = Buffer.from('{}');
const SUBJECT = describe(OCI_MANIFEST, Buffer.from('the subject'));
const LIST = tagOf(SUBJECT.digest);

function tagOf(digest: Digest): string {
  return `sha256-${hexOf(digest)}`;
}

async function setUp(scope: Scope) {
  const setup = await scriptedSetup(scope);
  setup.server.manifests.set(SUBJECT.digest, { type: OCI_MANIFEST, bytes: Buffer.from('the subject') });
  setup.server.quirk(/^GET .*\/referrers\//, (exchange) => reply(exchange, 404));
  return setup;
}

function referrerBytes(artifactType: string): Buffer {
  const config = describe(OCI_EMPTY, CONFIG);
  const annotations = { of: artifactType };
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType,
      config,
      layers: [],
      subject: SUBJECT,
      annotations,
    }),
  );
}

async function push(registry: Registry, bytes: Buffer): Promise<Descriptor> {
  const descriptor = describe(OCI_MANIFEST, bytes);
  await registry.put(contentOf(describe(OCI_CONFIG, CONFIG), CONFIG));
  await registry.put(contentOf(descriptor, bytes));
  return descriptor;
}

async function readList(registry: Registry): Promise<unknown> {
  const list = await registry.resolve(LIST);
  assert.equal(list.mediaType, OCI_INDEX);
  return JSON.parse(Buffer.from(await readContent(registry.get(list), { cap: list.size })).toString());
}

test('a registry without referrers gets their list from us, each referrer once', async (t) => {
  const { registry } = await setUp(t);
  const signature = await push(registry, referrerBytes('application/vnd.example.signature'));
  const [sbom] = await Promise.all([
    push(registry, referrerBytes('application/vnd.example.sbom')),
    push(registry, referrerBytes('application/vnd.example.signature')),
  ]);
  assert.deepEqual(await readList(registry), {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [signature, sbom].map((referrer, at) => {
      const artifactType = `application/vnd.example.${at === 0 ? 'signature' : 'sbom'}`;
      return { ...referrer, artifactType, annotations: { of: artifactType } };
    }),
  });
});

test('what another client wrote into the list stays as it is', async (t) => {
  const { registry, server } = await setUp(t);
  const other = { mediaType: OCI_MANIFEST, digest: digestOf(Buffer.from('x')), size: 1, 'org.example': [1] };
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [other] }));
  server.manifests.set(LIST, { type: OCI_INDEX, bytes }).set(digestOf(bytes), { type: OCI_INDEX, bytes });
  server.manifests.set(other.digest, { type: OCI_MANIFEST, bytes: Buffer.from('x') });
  const mine = await push(registry, referrerBytes('application/vnd.example.sbom'));
  const list = await readList(registry);
  assert.deepEqual(Reflect.get(Object(list), 'manifests')[0], other);
  assert.equal(Reflect.get(Object(list), 'manifests')[1].digest, mine.digest);
});

test('a referrer that is there and not listed is listed when it is put again', async (t) => {
  const { registry, server } = await setUp(t);
  let isRefused = true;
  server.quirk(new RegExp(`^PUT .*${LIST}`), (exchange, behave) =>
    isRefused ? reply(exchange, 403) : behave(),
  );
  const bytes = referrerBytes('application/vnd.example.sbom');
  await assert.rejects(push(registry, bytes), failsWith('DENIED', /403/));
  isRefused = false;
  const { digest } = await push(registry, bytes);
  assert.equal(Reflect.get(Object(await readList(registry)), 'manifests')[0].digest, digest);
  const puts = (): number => server.seen().filter((request) => request.startsWith('PUT')).length;
  const before = puts();
  await push(registry, bytes);
  assert.equal(puts(), before);
});

test('a registry that keeps the list itself is left to it', async (t) => {
  const { registry, server } = await setUp(t);
  const bytes = referrerBytes('application/vnd.example.sbom');
  server.quirk(/^PUT .*\/manifests\//, (exchange) =>
    reply(exchange, 201, { headers: { 'oci-subject': SUBJECT.digest } }),
  );
  await push(registry, bytes);
  assert.ok(!server.seen().some((request) => request.includes(LIST)));
});

test('a deleted referrer is taken off the list, and nothing else is', async (t) => {
  const { registry, server } = await setUp(t);
  const signature = await push(registry, referrerBytes('application/vnd.example.signature'));
  const sbom = await push(registry, referrerBytes('application/vnd.example.sbom'));
  await registry.unlistReferrer(signature.digest, { subject: SUBJECT.digest });
  assert.deepEqual(
    (await registry.referrers(SUBJECT.digest)).map(({ digest }) => digest),
    [sbom.digest],
  );
  const count = server.seen().length;
  await registry.unlistReferrer(signature.digest, { subject: digestOf(Buffer.from('never pushed')) });
  assert.equal(
    server.seen().slice(count).join(),
    `GET /v2/app/manifests/${tagOf(digestOf(Buffer.from('never pushed')))}`,
  );
});

test('what another client writes at the same time is not lost, nor is ours', async (t) => {
  const { registry, server } = await setUp(t);
  const theirs = await push(registry, referrerBytes('application/vnd.example.signature'));
  const before = server.manifests.get(LIST);
  assert(before !== undefined);
  // They had read the list before us, and write it after us.
  server.quirk(
    new RegExp(`^PUT .*${LIST}`),
    async (_, behave) => {
      await behave();
      server.manifests.set(LIST, before);
    },
    { times: 3 },
  );
  const mine = await push(registry, referrerBytes('application/vnd.example.sbom'));
  const digests = (await registry.referrers(SUBJECT.digest)).map(({ digest }) => digest);
  assert.deepEqual(digests, [theirs.digest, mine.digest]);
});

test('a list that others overwrite for ever is given up on, with a hint', async (t) => {
  const { registry, server } = await setUp(t);
  server.quirk(new RegExp(`^PUT .*${LIST}`), (exchange) => reply(exchange, 201));
  await assert.rejects(
    push(registry, referrerBytes('application/vnd.example.sbom')),
    failsWith('SERVER_ERROR', /overwritten by others/),
  );
  assert.equal(server.seen().filter((request) => request === `PUT /v2/app/manifests/${LIST}`).length, 10);
});

test('where the registry has ETags a list is written only over what was read', async (t) => {
  const { registry, server } = await setUp(t);
  const conditions: unknown[] = [];
  server.quirk(new RegExp(`^GET .*${LIST}`), async ({ response }, behave) => {
    response.setHeader('etag', `"${server.manifests.has(LIST) ? 'some' : 'none'}"`);
    await behave();
  });
  server.quirk(new RegExp(`^PUT .*${LIST}`), async (exchange, behave) => {
    conditions.push(exchange.request.headers['if-match']);
    if (conditions.length === 2) return reply(exchange, 412);
    await behave();
  });
  await push(registry, referrerBytes('application/vnd.example.signature'));
  await push(registry, referrerBytes('application/vnd.example.sbom'));
  assert.deepEqual(conditions, [undefined, '"some"', '"some"']);
  assert.equal((await registry.referrers(SUBJECT.digest)).length, 2);
});

test('what is listed and gone is taken off where the registry refuses a list for it', async (t) => {
  const { registry, server } = await setUp(t);
  const signature = await push(registry, referrerBytes('application/vnd.example.signature'));
  server.manifests.delete(signature.digest);
  const sbom = await push(registry, referrerBytes('application/vnd.example.sbom'));
  assert.deepEqual(
    (await registry.referrers(SUBJECT.digest)).map(({ digest }) => digest),
    [sbom.digest],
  );
});
