import assert from 'node:assert/strict';
import { pipeline } from 'node:stream/promises';
import { suite, test } from 'node:test';

import type { ErrorCode } from '../../../src/errors.js';
import { describe } from '../../../src/spec/descriptor.js';
import { shortDigest } from '../../../src/spec/digest.js';
import { OCI_LAYER } from '../../../src/spec/media-type.js';
import { reply, startHttpServer, type Exchange } from '../../support/http-server.js';
import { replyInParts, type Quirk } from '../../support/scripted-registry.js';
import { collect, failsWith, scriptedSetup } from '../../support/scripted-setup.js';
import type { Scope } from '../../support/temp.js';

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, position) => position % 251));
const BLOB = describe(OCI_LAYER, BYTES);
const FROM = 400;
const REST = BYTES.subarray(FROM);

async function setUp(scope: Scope, quirk?: Quirk, times = Infinity) {
  const { server, ...rest } = await scriptedSetup(scope);
  server.blobs.set(BLOB.digest, BYTES);
  if (quirk !== undefined) server.quirk(/^GET .*\/blobs\//, quirk, { times });
  const asked = (): readonly (string | undefined)[] => server.requests.map(({ headers }) => headers.range);
  return { server, asked, ...rest };
}

/** Answers a range with what is given, and a request without one as a good registry. */
function onRange(status: number, headers: Record<string, string>, body: Uint8Array = REST): Quirk {
  return (exchange, behave) =>
    exchange.request.headers.range === undefined ? behave() : reply(exchange, status, { headers, body });
}

/** Sends bytes without a Content-Length, then ends as it is told. */
function chunked(
  bytes: Uint8Array,
  end: (exchange: Exchange) => void = ({ response }) => response.end(),
  status = 200,
): Quirk {
  return async (exchange) => {
    exchange.response.writeHead(status);
    exchange.response.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 20));
    end(exchange);
  };
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536);
}

suite('a blob that is opened in the middle is asked for by range', () => {
  const once: readonly (readonly [name: string, quirk: Quirk | undefined])[] = [
    ['and the range comes', undefined],
    [
      'and comes, though the server does not know the total',
      onRange(206, { 'content-range': 'bytes 400-999/*' }),
    ],
    ['and comes whole, because the server knows no ranges', onRange(200, {}, BYTES)],
  ];
  for (const [name, quirk] of once) {
    test(name, async (t) => {
      const { registry, asked } = await setUp(t, quirk);
      assert.deepEqual(await collect(registry.get(BLOB).open({ from: FROM })), REST);
      assert.deepEqual(asked(), ['bytes=400-']);
    });
  }

  const again: readonly (readonly [name: string, quirk: Quirk])[] = [
    ['is refused as not satisfiable', onRange(416, { 'content-range': 'bytes */1000' }, Buffer.alloc(0))],
    ['starts elsewhere', onRange(206, { 'content-range': 'bytes 0-599/1000' })],
    ['ends elsewhere', onRange(206, { 'content-range': 'bytes 400-998/1000' }, BYTES.subarray(400, 999))],
    ['is of another total', onRange(206, { 'content-range': 'bytes 400-999/2000' })],
    ['has no Content-Range', onRange(206, {})],
    ['has nonsense in its Content-Range', onRange(206, { 'content-range': 'bytes four hundred' })],
    ['is of several parts', onRange(206, { 'content-type': 'multipart/byteranges; boundary=x' })],
    ['is compressed', onRange(206, { 'content-range': 'bytes 400-999/1000', 'content-encoding': 'gzip' })],
    ['is shorter than it says', onRange(206, { 'content-range': 'bytes 400-999/1000' }, REST.subarray(1))],
  ];
  for (const [name, quirk] of again) {
    test(`and whole when the range ${name}`, async (t) => {
      const { registry, asked } = await setUp(t, quirk);
      assert.deepEqual(await collect(registry.get(BLOB).open({ from: FROM })), REST);
      assert.deepEqual(asked(), ['bytes=400-', undefined]);
    });
  }
});

suite('a blob is refused', () => {
  const cases: readonly (readonly [name: string, code: ErrorCode, message: RegExp, quirk: Quirk])[] = [
    [
      'when it is announced too short',
      'SIZE_MISMATCH',
      /999 bytes for .*, not 1000/,
      (e) => reply(e, 200, { body: BYTES.subarray(1) }),
    ],
    [
      'when it is announced too long',
      'SIZE_MISMATCH',
      /1001 bytes for/,
      (e) => reply(e, 200, { body: Buffer.alloc(1001) }),
    ],
    [
      'when it turns out too long',
      'SIZE_MISMATCH',
      /longer than its 1000 bytes/,
      chunked(Buffer.alloc(1001)),
    ],
    [
      'when it comes in a content encoding',
      'PROTOCOL_ERROR',
      /content encoding "gzip"/,
      (e) => reply(e, 200, { headers: { 'content-encoding': 'gzip' }, body: BYTES }),
    ],
    [
      'when it comes in a chain of content encodings',
      'PROTOCOL_ERROR',
      /content encoding "gzip, gzip"/,
      (e) => reply(e, 200, { headers: { 'content-encoding': 'gzip, gzip' }, body: BYTES }),
    ],
  ];
  for (const [name, code, message, quirk] of cases) {
    test(name, async (t) => {
      const { registry, asked } = await setUp(t, quirk);
      await assert.rejects(collect(registry.get(BLOB).open()), failsWith(code, message));
      assert.equal(asked().length, 1);
    });
  }
});

test('a blob that never ends is read up to its size only', async (t) => {
  const { registry, server } = await setUp(t, ({ response }) =>
    // It ends when the client hangs up, as it should.
    pipeline(endless(), response).catch(() => {}),
  );
  await assert.rejects(collect(registry.get(BLOB).open()), failsWith('SIZE_MISMATCH'));
  assert.equal(server.requests.length, 1);
});

test('a blob that is cut goes on at the byte where it was cut', async (t) => {
  const { registry, asked, waits } = await setUp(
    t,
    chunked(BYTES.subarray(0, 300), ({ response }) => response.destroy()),
    1,
  );
  assert.deepEqual(await collect(registry.get(BLOB).open()), BYTES);
  assert.deepEqual(asked(), [undefined, 'bytes=300-']);
  assert.equal(waits.length, 1);
});

test('a blob, or a stretch of it, that breaks behind its last byte is whole', async (t) => {
  const cut = ({ response }: Exchange): void => void response.destroy();
  const { registry, asked, waits } = await setUp(t, (exchange, behave) => {
    if (exchange.request.headers.range === undefined) return chunked(BYTES, cut)(exchange, behave);
    exchange.response.setHeader('content-range', 'bytes 400-499/1000');
    return chunked(BYTES.subarray(400, 500), cut, 206)(exchange, behave);
  });
  assert.deepEqual(await collect(registry.get(BLOB).open()), BYTES);
  assert.deepEqual(await collect(registry.get(BLOB).open({ from: 400, to: 500 })), BYTES.subarray(400, 500));
  assert.deepEqual([asked(), waits], [[undefined, 'bytes=400-499'], []]);
});

test('a blob that ends early without a word, as on HTTP/1.0, goes on too', async (t) => {
  const { registry, asked } = await setUp(t, chunked(BYTES.subarray(0, 300)), 1);
  assert.deepEqual(await collect(registry.get(BLOB).open()), BYTES);
  assert.deepEqual(asked(), [undefined, 'bytes=300-']);
});

test('a blob that brings no bytes is given up after five tries', async (t) => {
  const { registry, asked } = await setUp(t, chunked(Buffer.alloc(0)));
  await assert.rejects(
    collect(registry.get(BLOB).open()),
    failsWith('UNREACHABLE', /broke off after 0 of 1000 bytes/),
  );
  assert.equal(asked().length, 5);
});

test('a blob that the server fails to send is given up after five tries', async (t) => {
  const { registry, asked } = await setUp(t, (exchange) => reply(exchange, 503));
  await assert.rejects(collect(registry.get(BLOB).open()), failsWith('SERVER_ERROR', /503/));
  assert.equal(asked().length, 5);
});

test('nothing is asked when nothing is left to read', async (t) => {
  const { registry, asked } = await setUp(t);
  assert.deepEqual(await collect(registry.get(BLOB).open({ from: 1000 })), Buffer.alloc(0));
  assert.deepEqual(asked(), []);
});

test('a blob that is missing is named, with the repository', async (t) => {
  const { registry, server } = await setUp(t);
  server.blobs.clear();
  const message = `^blob ${shortDigest(BLOB.digest)} of ${server.host}/app not found \\(404\\)$`;
  await assert.rejects(collect(registry.get(BLOB).open()), failsWith('NOT_FOUND', new RegExp(message)));
});

test('blobs are asked for as they are, uncompressed', async (t) => {
  const { registry, server } = await setUp(t);
  await collect(registry.get(BLOB).open());
  assert.equal(server.requests[0]?.headers['accept-encoding'], 'identity');
});

test('the end of a blob of more than 4 GiB comes from the right place', async (t) => {
  const size = 5 * 1024 ** 3 + 10;
  const { registry, asked } = await setUp(t, (exchange) =>
    reply(exchange, 206, {
      headers: { 'content-range': `bytes ${size - 10}-${size - 1}/${size}` },
      body: BYTES.subarray(0, 10),
    }),
  );
  assert.deepEqual(
    await collect(registry.get({ ...BLOB, size }).open({ from: size - 10 })),
    BYTES.subarray(0, 10),
  );
  assert.deepEqual(asked(), [`bytes=${size - 10}-`]);
});

test('a registry that answers for another blob does not have this one', async (t) => {
  const { registry, server } = await setUp(t);
  assert.equal(await registry.has(BLOB), true);
  const digest = describe(OCI_LAYER, Buffer.from('other')).digest;
  server.quirk(/^HEAD/, (exchange) => reply(exchange, 200, { headers: { 'docker-content-digest': digest } }));
  assert.equal(await registry.has(BLOB), false);
});

/** A registry that redirects to a store behind signed URLs, each good for so many requests. */
async function setUpSigned(scope: Scope, uses: number) {
  const { server, registry, ...rest } = await setUp(scope);
  const refusals = { count: 0 };
  const left = new Map<string, number>();
  const store = await startHttpServer(scope, (exchange) => {
    const signature = exchange.url.searchParams.get('signature') ?? '';
    const count = left.get(signature) ?? 0;
    left.set(signature, count - 1);
    if (count > 0) return replyInParts(exchange, BYTES);
    refusals.count += 1;
    return reply(exchange, 403, { body: '<Error><Code>AccessDenied</Code></Error>' });
  });
  server.quirk(/^GET .*\/blobs\//, (exchange) => {
    const signature = String(server.requests.length);
    left.set(signature, uses);
    reply(exchange, 307, { headers: { location: `${store.origin}/data?signature=${signature}` } });
  });
  const open = (from: number, to: number): Promise<Buffer> => collect(content.open({ from, to }));
  const content = registry.get(BLOB);
  const asked = (): number => server.requests.filter(({ path }) => path.includes('/blobs/')).length;
  return { server, registry, store, refusals, open, ...rest, asked };
}

suite('a blob that the registry redirects', () => {
  test('is asked of the registry once, however many parts of it are opened at once', async (t) => {
    const { open, asked, store } = await setUpSigned(t, Infinity);
    const parts = await Promise.all([0, 200, 400, 600, 800].map((from) => open(from, from + 200)));
    assert.deepEqual(Buffer.concat(parts), BYTES);
    assert.equal(asked(), 1);
    assert.equal(store.requests.length, 5);
    for (const { headers } of store.requests) assert.equal(headers.authorization, undefined);
  });

  test('is asked of the registry again when the signed URL has expired', async (t) => {
    const { open, asked, refusals } = await setUpSigned(t, 3);
    for (let from = 0; from < 1000; from += 100)
      assert.deepEqual(await open(from, from + 100), BYTES.subarray(from, from + 100));
    assert.equal(asked(), 4);
    assert.equal(refusals.count, 3);
  });

  test('is asked of the registry each time when a signed URL is for one use only', async (t) => {
    const { open, asked, refusals } = await setUpSigned(t, 1);
    for (let from = 0; from < 1000; from += 100)
      assert.deepEqual(await open(from, from + 100), BYTES.subarray(from, from + 100));
    assert.equal(asked(), 10);
    assert.equal(refusals.count, 1);
  });
});

suite('a stretch of a blob', () => {
  test('is asked for to the byte', async (t) => {
    const { registry, asked } = await setUp(t);
    assert.deepEqual(await collect(registry.get(BLOB).open({ from: 0, to: 10 })), BYTES.subarray(0, 10));
    assert.deepEqual(await collect(registry.get(BLOB).open({ from: 5, to: 999 })), BYTES.subarray(5, 999));
    assert.deepEqual(await collect(registry.get(BLOB).open({ from: 990, to: 1000 })), BYTES.subarray(990));
    assert.deepEqual(asked(), ['bytes=0-9', 'bytes=5-998', 'bytes=990-']);
  });

  test('at the beginning goes on to the end where the server knows no ranges', async (t) => {
    const { registry, asked } = await setUp(t, onRange(200, {}, BYTES));
    assert.deepEqual(await collect(registry.get(BLOB).open({ to: 10 })), BYTES);
    assert.deepEqual(asked(), ['bytes=0-9']);
  });

  const unfit: readonly (readonly [what: string, quirk: Quirk])[] = [
    ['is the whole', onRange(200, {}, BYTES)],
    ['is not satisfiable', onRange(416, {}, Buffer.alloc(0))],
    ['ends elsewhere', onRange(206, { 'content-range': 'bytes 400-999/1000' })],
    ['has no Content-Range', onRange(206, {})],
  ];
  for (const [what, quirk] of unfit) {
    test(`in the middle is refused when the answer ${what}`, async (t) => {
      const { registry, asked } = await setUp(t, quirk);
      await assert.rejects(
        collect(registry.get(BLOB).open({ from: 400, to: 500 })),
        failsWith('UNSUPPORTED'),
      );
      assert.deepEqual(asked(), ['bytes=400-499']);
    });
  }

  test('is refused when more comes than its headers say', async (t) => {
    const { registry } = await setUp(t, async ({ response }) => {
      response.writeHead(206, { 'content-range': 'bytes 400-499/1000' });
      response.end(REST);
    });
    await assert.rejects(collect(registry.get(BLOB).open({ from: 400, to: 500 })), failsWith('UNSUPPORTED'));
  });
});
