import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { contentOf, readContent } from '../../../src/content/read.js';
import type { ErrorCode } from '../../../src/errors.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { digestOf } from '../../../src/spec/digest.js';
import { DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../../src/spec/media-type.js';
import { reply, type Exchange } from '../../support/http-server.js';
import { refuse, type Quirk } from '../../support/scripted-registry.js';
import { collect, failsWith, scriptedSetup } from '../../support/scripted-setup.js';
import type { Scope } from '../../support/temp.js';

const CONFIG = Buffer.from('{}');
const BYTES = manifestBytes({ mediaType: OCI_MANIFEST });
const MANIFEST = describe(OCI_MANIFEST, BYTES);
const OTHER = digestOf(Buffer.from('something else'));

function manifestBytes(more: object): Buffer {
  const config = describe(OCI_CONFIG, CONFIG);
  return Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: [], ...more }));
}

async function setUp(scope: Scope, bytes = BYTES, type = OCI_MANIFEST) {
  const setup = await scriptedSetup(scope);
  setup.server.blobs.set(digestOf(CONFIG), CONFIG);
  setup.server.manifests.set('v1', { type, bytes }).set(digestOf(bytes), { type, bytes });
  return setup;
}

/** A good answer with some headers changed, or left out where they are undefined. */
function withHeaders(headers: Record<string, string | undefined>, body: Uint8Array = BYTES): Quirk {
  return (exchange) => {
    const all = { 'content-type': OCI_MANIFEST, 'docker-content-digest': MANIFEST.digest, ...headers };
    const kept = Object.entries(all).filter(([, value]) => value !== undefined);
    reply(exchange, 200, { headers: Object.fromEntries(kept), body });
  };
}

const HEAD = 'HEAD /v2/app/manifests/v1';
const GET = 'GET /v2/app/manifests/v1';

test('a tag is resolved by one HEAD that accepts all types of manifests', async (t) => {
  const { registry, server } = await setUp(t);
  assert.deepEqual(await registry.resolve('v1'), MANIFEST);
  assert.deepEqual(server.seen(), [HEAD]);
  const accept = server.requests[0]?.headers.accept ?? '';
  assert.equal(accept.split(', ').length, 5);
  assert.match(
    accept,
    /oci\.image\.index.*oci\.image\.manifest.*manifest\.list\.v2.*manifest\.v2.*oci\.artifact\.manifest/,
  );
});

test('a digest is resolved by one HEAD that names it', async (t) => {
  const { registry, server } = await setUp(t);
  assert.deepEqual(await registry.resolve(MANIFEST.digest), MANIFEST);
  assert.deepEqual(server.seen(), [`HEAD /v2/app/manifests/${MANIFEST.digest}`]);
});

suite('a HEAD that leaves something open is followed by a GET, which is not repeated to read', () => {
  const cases: readonly (readonly [name: string, quirk: Quirk])[] = [
    ['no digest', withHeaders({ 'docker-content-digest': undefined })],
    ['a digest that is none', withHeaders({ 'docker-content-digest': 'sha256:../../x' })],
    ['no type', withHeaders({ 'content-type': undefined })],
    ['text/plain', withHeaders({ 'content-type': 'text/plain; charset=utf-8' })],
    [
      'no length',
      ({ response }) =>
        void response
          .writeHead(200, {
            'transfer-encoding': 'chunked',
            'content-type': OCI_MANIFEST,
            'docker-content-digest': MANIFEST.digest,
          })
          .end(),
    ],
    ['a length of 0', withHeaders({ 'content-length': '0' })],
    ['the length of a compressed form', withHeaders({ 'content-encoding': 'gzip', 'content-length': '20' })],
    ...[400, 402, 403, 404, 405, 406, 409, 410, 418, 501].map(
      (status) => [`status ${status}`, (e: Exchange) => reply(e, status)] as const,
    ),
  ];
  for (const [name, quirk] of cases) {
    test(name, async (t) => {
      const { registry, server } = await setUp(t);
      server.quirk(/^HEAD/, quirk);
      const descriptor = await registry.resolve('v1');
      assert.deepEqual(descriptor, MANIFEST);
      assert.deepEqual(await readContent(registry.get(descriptor), { cap: 10_000 }), BYTES);
      assert.deepEqual(server.seen(), [HEAD, GET]);
    });
  }
});

suite('what the GET brings is understood', () => {
  const bare = manifestBytes({});
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }));
  const docker = manifestBytes({ mediaType: DOCKER_MANIFEST });
  const cases: readonly (readonly [name: string, quirk: Quirk, descriptor: Descriptor])[] = [
    [
      'without a type, by its own',
      withHeaders({ 'content-type': undefined }, docker),
      describe(DOCKER_MANIFEST, docker),
    ],
    [
      'as text/plain, by its shape',
      withHeaders({ 'content-type': 'text/plain' }, bare),
      describe(OCI_MANIFEST, bare),
    ],
    [
      'as JSON, by its shape',
      withHeaders({ 'content-type': 'application/json' }, index),
      describe(OCI_INDEX, index),
    ],
    [
      'with parameters and capitals in the type',
      withHeaders({ 'content-type': `${OCI_MANIFEST.toUpperCase()}; charset=utf-8` }),
      MANIFEST,
    ],
    ['gzipped', withHeaders({ 'content-encoding': 'gzip' }, gzipSync(BYTES)), MANIFEST],
    [
      'with another digest in the header, by its bytes',
      withHeaders({ 'docker-content-digest': OTHER }),
      MANIFEST,
    ],
  ];
  for (const [name, quirk, descriptor] of cases) {
    test(name, async (t) => {
      const { registry, server } = await setUp(t);
      server.quirk(/^HEAD/, (exchange) => reply(exchange, 405));
      server.quirk(/^GET/, quirk);
      assert.deepEqual(await registry.resolve('v1'), descriptor);
    });
  }
});

suite('what the GET brings is refused', () => {
  const big = Buffer.alloc(8 * 1024 * 1024 + 1, ' ');
  const both = manifestBytes({ manifests: [] });
  const schema1 = Buffer.from('{"schemaVersion":1}');
  const html = '<!DOCTYPE html><p>Please log in to the hotel';
  const cases: readonly (readonly [name: string, quirk: Quirk, code: ErrorCode, message: RegExp])[] = [
    [
      'when it is a web page',
      withHeaders({ 'content-type': 'text/html' }, Buffer.from(html)),
      'PROTOCOL_ERROR',
      /not a registry answer/,
    ],
    [
      'when it is a web page that says it is JSON',
      withHeaders({ 'content-type': 'application/json' }, Buffer.from(html)),
      'PROTOCOL_ERROR',
      /not a registry answer/,
    ],
    ['over 8 MiB', withHeaders({}, big), 'TOO_LARGE', /8388608/],
    [
      'over 8 MiB once unpacked',
      withHeaders({ 'content-encoding': 'gzip' }, gzipSync(big)),
      'TOO_LARGE',
      /8388608/,
    ],
    [
      'when it is no gzip data',
      withHeaders({ 'content-encoding': 'gzip' }),
      'PROTOCOL_ERROR',
      /not valid gzip/,
    ],
    ['gzipped twice', withHeaders({ 'content-encoding': 'gzip, gzip' }), 'PROTOCOL_ERROR', /"gzip, gzip"/],
    ['in another encoding', withHeaders({ 'content-encoding': 'br' }), 'PROTOCOL_ERROR', /"br"/],
    [
      'when the header names another type',
      withHeaders({ 'content-type': OCI_INDEX }),
      'INVALID_MANIFEST',
      /calls itself/,
    ],
    ['when it is two things at once', withHeaders({}, both), 'INVALID_MANIFEST', /at once/],
    [
      'when it is of schema 1',
      withHeaders({ 'content-type': undefined }, schema1),
      'UNSUPPORTED',
      /schema 1/,
    ],
    ['when it is cut off', withHeaders({}, BYTES.subarray(0, 50)), 'INVALID_MANIFEST', /is not JSON/],
  ];
  for (const [name, quirk, code, message] of cases) {
    test(name, async (t) => {
      const { registry, server } = await setUp(t);
      server.quirk(/^HEAD/, (exchange) => reply(exchange, 405));
      server.quirk(/^GET/, quirk);
      await assert.rejects(registry.resolve('v1'), failsWith(code, message));
    });
  }
});

test('a digest that was asked for is never given up for another', async (t) => {
  const { registry, server } = await setUp(t);
  const asked = digestOf(Buffer.from('what was asked for'));
  server.manifests.set(asked, { type: OCI_MANIFEST, bytes: BYTES });
  await assert.rejects(registry.resolve(asked), failsWith('DIGEST_MISMATCH'));
  server.quirk(/./, withHeaders({ 'docker-content-digest': asked }));
  const descriptor = await registry.resolve(asked);
  await assert.rejects(collect(registry.get(descriptor).open()), failsWith('DIGEST_MISMATCH'));
});

test('a manifest that comes as another type than its parent said is refused', async (t) => {
  const bytes = manifestBytes({});
  const { registry } = await setUp(t, bytes, DOCKER_MANIFEST);
  await assert.rejects(
    collect(registry.get(describe(OCI_MANIFEST, bytes)).open()),
    failsWith('INVALID_MANIFEST', /came as/),
  );
});

test('a manifest whose body breaks is asked for again', async (t) => {
  const { registry, server } = await setUp(t);
  server.quirk(
    /^GET/,
    ({ response }) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 10), () => response.destroy());
    },
    { times: 2 },
  );
  assert.deepEqual(await collect(registry.get(MANIFEST).open()), BYTES);
  assert.equal(server.requests.length, 3);
});

test('a tag that is missing is named, with a way on', async (t) => {
  const { registry, server } = await setUp(t);
  await assert.rejects(registry.resolve('v2'), (error) => {
    failsWith('NOT_FOUND', /^manifest not found \(404\)$/)(error);
    assert.equal(hintOf(error), `Check the tag, or run "reg tags ${server.host}/app".`);
    return true;
  });
});

test('a repository that is missing is named', async (t) => {
  const { registry, server } = await setUp(t);
  server.quirk(/./, (exchange) => refuse(exchange, 404, 'NAME_UNKNOWN'));
  await assert.rejects(
    registry.resolve('v1'),
    failsWith('NOT_FOUND', /^repository .*\/app not found \(404\)$/),
  );
});

test('a 404 that no registry says shows what did say it', async (t) => {
  const { registry, server } = await setUp(t);
  server.quirk(/./, (exchange) => reply(exchange, 404, { body: '<html>Not here' }));
  const message = /^manifest not found: .* answered 404/;
  await assert.rejects(registry.resolve('v1'), failsWith('NOT_FOUND', message));
});

test('the reason of a 403 is learned from the GET', async (t) => {
  const { registry, server } = await setUp(t);
  server.quirk(/./, (exchange) => refuse(exchange, 403, 'DENIED'));
  await assert.rejects(registry.resolve('v1'), (error) => {
    failsWith('DENIED')(error);
    assert.deepEqual(server.seen(), [HEAD, GET]);
    return true;
  });
});

test('what is not a tag makes no request', async (t) => {
  const { registry, server } = await setUp(t);
  for (const name of ['', '..', '../v1', 'v1?x=1', 'a\nb', 'sha256:12', 'a'.repeat(129)]) {
    await assert.rejects(registry.resolve(name), failsWith('INVALID_REFERENCE'), name);
  }
  assert.deepEqual(server.seen(), []);
});

suite('a manifest that is put', () => {
  const content = contentOf(MANIFEST, BYTES);

  test('goes up under its tag, to the byte, with its type', async (t) => {
    const { registry, server } = await setUp(t);
    assert.equal(await registry.put(content, { tag: 'v2' }), 'written');
    assert.deepEqual(server.manifests.get('v2'), { type: OCI_MANIFEST, bytes: BYTES });
    assert.deepEqual(server.seen(), ['HEAD /v2/app/manifests/v2', 'PUT /v2/app/manifests/v2']);
  });

  test('exists when the tag has it already, which takes one HEAD', async (t) => {
    const { registry, server } = await setUp(t);
    assert.equal(await registry.put(content, { tag: 'v1' }), 'exists');
    assert.deepEqual(server.seen(), [HEAD]);
  });

  test('is not asked for again when it was missing just now', async (t) => {
    const { registry, server } = await setUp(t);
    server.manifests.clear();
    assert.equal(await registry.has(MANIFEST, { tag: 'v1' }), false);
    assert.equal(await registry.put(content, { tag: 'v1' }), 'written');
    assert.deepEqual(server.seen(), [HEAD, 'PUT /v2/app/manifests/v1']);
  });

  test('nor when it was there just now, but another time it is', async (t) => {
    const { registry, server } = await setUp(t);
    assert.equal(await registry.has(MANIFEST, { tag: 'v1' }), true);
    assert.equal(await registry.put(content, { tag: 'v1' }), 'exists');
    assert.deepEqual(server.seen(), [HEAD]);
    assert.equal(await registry.put(content, { tag: 'v1' }), 'exists');
    assert.deepEqual(server.seen(), [HEAD, HEAD]);
  });

  test('is known to be there under further tags, which it has yet to get', async (t) => {
    const { registry, server } = await setUp(t);
    await registry.put(content, { tag: 'v2' });
    assert.equal(await registry.has(MANIFEST, { tag: 'v3' }), true);
    assert.equal(await registry.put(content, { tag: 'v3' }), 'written');
    const requests = ['v2', 'v3'].flatMap((tag) => [
      `HEAD /v2/app/manifests/${tag}`,
      `PUT /v2/app/manifests/${tag}`,
    ]);
    assert.deepEqual(server.seen(), requests);
  });

  test('goes up unasked when it is to be fresh', async (t) => {
    const { registry, server } = await setUp(t);
    assert.equal(await registry.put(content, { tag: 'v1', fresh: true }), 'written');
    assert.deepEqual(server.seen(), ['PUT /v2/app/manifests/v1']);
  });

  for (const status of [200, 201, 202, 204]) {
    test(`is there after a ${status}`, async (t) => {
      const { registry, server } = await setUp(t);
      server.quirk(/^PUT/, (exchange) => reply(exchange, status));
      assert.equal(await registry.put(content, { tag: 'v2' }), 'written');
    });
  }

  test('is not there when the answer has another digest', async (t) => {
    const { registry, server } = await setUp(t);
    server.quirk(/^PUT/, (exchange) => reply(exchange, 201, { headers: { 'docker-content-digest': OTHER } }));
    await assert.rejects(
      registry.put(content, { tag: 'v2' }),
      failsWith('DIGEST_MISMATCH', /under another digest/),
    );
  });

  test('never leaves when its bytes are wrong', async (t) => {
    const { registry, server } = await setUp(t);
    const wrong = contentOf({ ...MANIFEST, digest: OTHER }, BYTES);
    await assert.rejects(registry.put(wrong, { tag: 'v2' }), failsWith('DIGEST_MISMATCH'));
    assert.deepEqual(server.seen(), ['HEAD /v2/app/manifests/v2']);
  });
});

test('the manifests kept in memory are bounded: the oldest is fetched again', async (t) => {
  const { registry, server } = await setUp(t);
  const large = [1, 2, 3].map((number) =>
    manifestBytes({ annotations: { number: `${number}`.padEnd(6_000_000) } }),
  );
  large.forEach((bytes, i) =>
    server.manifests
      .set(`big${i}`, { type: OCI_MANIFEST, bytes })
      .set(digestOf(bytes), { type: OCI_MANIFEST, bytes }),
  );
  server.quirk(/^HEAD/, (exchange) => reply(exchange, 405));
  for (const name of ['big0', 'big1', 'big2']) await registry.resolve(name);
  const before = server.requests.length;
  for (const bytes of large.toReversed()) await collect(registry.get(describe(OCI_MANIFEST, bytes)).open());
  assert.equal(server.requests.length - before, 1);
});

function hintOf(error: unknown): string | undefined {
  return error instanceof Error && 'context' in error ? Object(error.context).hint : undefined;
}
