import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';

import { systemClock } from '../../../src/content/system-clock.js';
import { RegError } from '../../../src/errors.js';
import { pruneLayout } from '../../../src/layout/prune.js';
import { verifyLayout } from '../../../src/layout/verify.js';
import type { ClientOptions } from '../../../src/registry/client-options.js';
import { createClient } from '../../../src/registry/client.js';
import { OCI_MANIFEST } from '../../../src/spec/media-type.js';
import { startByteProxy, type ByteProxy } from '../../support/byte-proxy.js';
import { patternContent, sha256 } from '../../support/contents.js';
import { startDockerRegistry } from '../../support/docker-registry.js';
import { startLoggingProxy, type LoggingProxyOptions } from '../../support/http-proxy-log.js';
import type { HttpServer } from '../../support/http-server.js';
import { image, layer, type TestImage } from '../../support/images.js';
import { needs } from '../../support/programs.js';
import { pushGraph } from '../../support/push-graph.js';
import type { Scope } from '../../support/temp.js';
import { assertRefused, startRegistry, type TestRegistry } from '../registry.js';

const REAL = needs('docker-registry');
const MIB = 1024 * 1024;
const MANIFESTS = /\/manifests\//;
const BLOBS = /^GET .*\/blobs\//;

interface Setting {
  readonly cache: TestRegistry;
  /** Before the registry itself: counts, and misbehaves. */
  readonly relay: HttpServer;
  readonly wire: ByteProxy;
  readonly made: TestImage;
  /** Its one large layer. */
  readonly big: { readonly digest: string; readonly size: number };
  /** What the registry was asked, as `METHOD path`, and matches. */
  readonly asked: (pattern: RegExp) => readonly string[];
}

interface SettingOptions {
  readonly intercept?: LoggingProxyOptions['intercept'];
  readonly client?: Partial<ClientOptions>;
  readonly freshForMs?: number;
}

/** A cache of a real registry that has `team/app:1`. */
async function startCache(scope: Scope, options: SettingOptions = {}): Promise<Setting> {
  const registry = await startDockerRegistry(scope);
  const relay = await startLoggingProxy(
    scope,
    registry.origin,
    options.intercept && { intercept: options.intercept },
  );
  const wire = await startByteProxy(scope, relay);
  const bigContent = await patternContent(8 * MIB, 7);
  const made = image({ layers: [await layer({ a: 'small' }), { blob: bigContent, tar: bigContent }] });
  await pushGraph(`${registry.origin}/v2/team/app`, made, { tag: '1' });
  const client = createClient({
    clock: systemClock,
    connections: 1,
    idleTimeoutMs: 5000,
    retryPolicy: { tries: 3, minWaitMs: 1, maxWaitMs: 2, maxAskedMs: 1000 },
    ...options.client,
  });
  scope.after(() => client.close());
  const { freshForMs } = options;
  const cache = await startRegistry(scope, {
    cacheOf: { hosts: [wire.host, 'ghcr.io'], client, freshForMs },
  });
  const asked: Setting['asked'] = (pattern) =>
    relay.requests.map(({ method, path }) => `${method} ${path}`).filter((line) => pattern.test(line));
  return { cache, relay, wire, made, big: bigContent, asked };
}

/** Reads an answer as slowly as it is asked to. */
function openBlob({ cache, big }: Setting, headers = {}): Promise<IncomingMessage> {
  const { port } = cache;
  const path = `/v2/team/app/blobs/${big.digest}`;
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, resolve).on('error', reject);
  });
}

/** The digest of all that came, or the error that it ended with. */
async function digestOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return sha256(Buffer.concat(chunks));
}

test('an image comes through a cache once, and then from it', REAL, async (t) => {
  const setting = await startCache(t);
  const { cache, made, big, asked } = setting;
  for (const round of ['fetched', 'kept']) {
    const byTag = await cache.ask('team/app/manifests/1');
    assert.deepEqual(byTag.body, made.bytes, round);
    assert.equal(byTag.headers['docker-content-digest'], made.descriptor.digest);
    assert.equal(byTag.headers['content-type'], made.descriptor.mediaType);
    const head = await cache.ask('team/app/manifests/1', { method: 'HEAD' });
    assert.equal(head.headers['content-length'], String(made.bytes.byteLength));
    assert.deepEqual((await cache.ask(`team/app/manifests/${made.descriptor.digest}`)).body, made.bytes);
    assert.equal(sha256((await cache.ask(`team/app/blobs/${big.digest}`)).body), big.digest);
    const part = await cache.ask(`team/app/blobs/${big.digest}`, { headers: { range: 'bytes=5-9' } });
    assert.deepEqual([part.status, part.body.length], [206, 5]);
  }
  assert.deepEqual(
    asked(MANIFESTS),
    ['GET', 'HEAD', 'HEAD', 'HEAD'].map((method) => `${method} /v2/team/app/manifests/1`),
    'a tag is asked for each time, by a HEAD, and a digest never',
  );
  assert.deepEqual(asked(BLOBS), [`GET /v2/team/app/blobs/${big.digest}`]);
  assert.deepEqual(await cache.layout.images(), [], 'no name of the store stands for a part of a graph');
  assert.deepEqual((await verifyLayout(cache.layout)).problems, []);
});

test('a tag that is fresh enough is not asked for again', REAL, async (t) => {
  const { cache, asked } = await startCache(t, { freshForMs: 60_000 });
  for (let count = 0; count < 3; count++) await cache.ask('team/app/manifests/1');
  assert.equal(asked(MANIFESTS).length, 1);
});

test('the registry is told by the query, by the path, or is the first', REAL, async (t) => {
  const { cache, wire, asked } = await startCache(t);
  const named = await cache.ask(`team/app/tags/list?ns=${wire.host}`);
  assert.deepEqual(JSON.parse(named.body.toString()), { name: 'team/app', tags: ['1'] });
  assertRefused(await cache.ask('team/app/manifests/1?ns=quay.io'), 404, 'NAME_UNKNOWN');
  assertRefused(await cache.ask('team/other/manifests/1'), 404, 'MANIFEST_UNKNOWN');
  assertRefused(await cache.ask(`team/app/blobs/${sha256('none')}`), 404, 'BLOB_UNKNOWN');
  assertRefused(await cache.ask('_catalog'), 405, 'UNSUPPORTED');
  assertRefused(await cache.ask('team/app/blobs/uploads/', { method: 'POST' }), 405, 'UNSUPPORTED');
  const { length } = asked(/./);
  // Nobody answers there: it is another registry that was meant.
  assertRefused(await cache.ask('ghcr.io/team/app/manifests/1', { method: 'PUT' }), 405, 'UNSUPPORTED');
  assert.equal(asked(/./).length, length);
});

test('ten who want one layer at once fetch it once, and a slow one holds nobody up', REAL, async (t) => {
  const setting = await startCache(t);
  const { cache, big, asked } = setting;
  await cache.ask('team/app/manifests/1');
  const slow = await openBlob(setting);
  slow.pause();
  const others = await Promise.all(Array.from({ length: 9 }, () => openBlob(setting)));
  assert.deepEqual(new Set(await Promise.all(others.map(digestOf))), new Set([big.digest]));
  assert.equal(await digestOf(slow), big.digest);
  assert.equal(asked(BLOBS).length, 1);
  assert.equal((await cache.ask(`team/app/blobs/${big.digest}`, { method: 'HEAD' })).status, 200);
});

test(
  'who looked for a layer before it came, and asks for it after, has it not fetched again',
  REAL,
  async (t) => {
    const setting = await startCache(t);
    const { cache, big, asked } = setting;
    await cache.ask('team/app/manifests/1');
    await digestOf(await openBlob(setting));
    const { layout } = cache;
    const has = layout.has.bind(layout);
    let looks = 0;
    layout.has = async (descriptor, options) => (looks++ > 1 ? has(descriptor, options) : false);
    assert.equal(await digestOf(await openBlob(setting)), big.digest);
    assert.equal(asked(BLOBS).length, 1);
  },
);

test('a manifest of one repository tells nothing of the layers of another', REAL, async (t) => {
  const { config } = JSON.parse(image({ layers: [] }).bytes.toString()) as { readonly config: object };
  let lie = '';
  const { cache, big } = await startCache(t, {
    intercept({ response, log }) {
      if (!log.path.startsWith('/v2/team/liar/manifests/')) return false;
      response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-length': lie.length }).end(lie);
      return true;
    },
  });
  const layers = [{ mediaType: 'application/octet-stream', digest: big.digest, size: 5 }];
  lie = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
  for (const repository of ['liar', 'app'])
    assert.equal((await cache.ask(`team/${repository}/manifests/${sha256(lie)}`)).status, 200);
  assert.equal(sha256((await cache.ask(`team/app/blobs/${big.digest}`)).body), big.digest);
});

test('who leaves does not take the layer away from who stays', REAL, async (t) => {
  const setting = await startCache(t);
  const { cache, wire, big, asked } = setting;
  await cache.ask('team/app/manifests/1');
  wire.faults = { delayMs: 2 };
  const first = await openBlob(setting);
  const second = await openBlob(setting, { range: `bytes=${2 * MIB}-` });
  first.destroy();
  assert.equal(second.headers['content-range'], `bytes ${2 * MIB}-${big.size - 1}/${big.size}`);
  let size = 0;
  for await (const chunk of second as AsyncIterable<Buffer>) size += chunk.length;
  assert.equal(size, big.size - 2 * MIB);
  assert.equal(asked(BLOBS).length, 1);
});

test('what the last one left is gone on with, and so is what broke off', REAL, async (t) => {
  const setting = await startCache(t);
  const { cache, wire, big, relay } = setting;
  await cache.ask('team/app/manifests/1');
  wire.faults = { stallAfter: 3 * MIB, times: 1 };
  const left = await openBlob(setting);
  await new Promise<void>((resolve) => {
    let size = 0;
    left.on('data', (chunk: Buffer) => (size += chunk.length) > 2 * MIB && resolve());
  });
  left.destroy();
  wire.faults = { cutAfter: 2 * MIB, times: 2 };
  assert.equal(await digestOf(await openBlob(setting)), big.digest);
  const ranges = relay.requests
    .filter(({ path }) => path.includes('/blobs/'))
    .map(({ headers }) => headers.range);
  const starts = ranges.map((range) => Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0));
  assert.equal(starts[0], 0);
  assert.ok(starts.length >= 3 && starts.slice(1).every((start) => start >= 2 * MIB), String(starts));
});

test('a layer that turns out wrong never ends well, and is not kept', REAL, async (t) => {
  let isWrong = true;
  const setting = await startCache(t, {
    intercept({ response, log }) {
      if (!log.path.includes('/blobs/') || !isWrong) return false;
      const bytes = Buffer.alloc(8 * MIB);
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      return true;
    },
  });
  const { cache, big } = setting;
  await cache.ask('team/app/manifests/1');
  const readers = await Promise.all([openBlob(setting), openBlob(setting)]);
  for (const reader of readers) await assert.rejects(digestOf(reader), { code: 'ECONNRESET' });
  assert.equal(await cache.layout.parts.blobs.look(big.digest as `sha256:${string}`), undefined);
  isWrong = false;
  assert.equal(await digestOf(await openBlob(setting)), big.digest);
});

test('what is kept is served while the registry does not answer, with a warning', REAL, async (t) => {
  const { cache, made, big, relay, wire } = await startCache(t);
  await cache.ask('team/app/manifests/1');
  await cache.ask(`team/app/blobs/${big.digest}`);
  await relay.close();
  const stale = await cache.ask('team/app/manifests/1');
  assert.deepEqual([stale.status, stale.body], [200, made.bytes]);
  assert.match(String(stale.headers['warning']), /^299 - "127\.0\.0\.1:\d+ does not answer, so .*"$/);
  assert.equal((await cache.ask(`team/app/blobs/${big.digest}`)).status, 200);
  assertRefused(await cache.ask('team/app/manifests/2'), 502, 'UNKNOWN');
  assertRefused(await cache.ask(`team/app/blobs/${sha256('none')}`), 502, 'UNKNOWN');
  assert.ok(wire.connections.made > 0);
  assert.match(cache.log.at(-1)?.problem ?? '', /cannot fetch from 127\.0\.0\.1:\d+\/team\/app/);
});

test('a tag whose new manifest can not be had stands for the one that is kept', REAL, async (t) => {
  let isLimited = false;
  const { cache, made, relay, asked } = await startCache(t, {
    intercept({ response, log }) {
      const isRefused = isLimited && log.method === 'GET' && MANIFESTS.test(log.path);
      if (isRefused) response.writeHead(429).end();
      return isRefused;
    },
  });
  await cache.ask('team/app/manifests/1');
  await pushGraph(`${relay.origin}/v2/team/app`, image({ layers: [] }), { tag: '1' });
  isLimited = true;
  for (let count = 0; count < 2; count++) {
    const { status, body, headers } = await cache.ask('team/app/manifests/1');
    assert.deepEqual([status, body], [200, made.bytes]);
    assert.match(String(headers['warning']), /429/);
  }
  assert.equal(asked(/^HEAD .*manifests/).length, 1);
});

test('what is wrong with the logins of the machine is for its log', REAL, async (t) => {
  const { cache } = await startCache(t, {
    intercept({ response }) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    },
    client: {
      credentials: async () => {
        throw new RegError('CREDENTIALS_UNAVAILABLE', 'cannot run /home/me/docker-credential-mine');
      },
    },
  });
  const answer = await cache.ask('team/app/manifests/1');
  assertRefused(answer, 502, 'UNKNOWN');
  assert.doesNotMatch(answer.body.toString(), /home|mine/);
  assert.match(cache.log.at(-1)?.problem ?? '', /cannot run \/home\/me/);
});

test('a prune beside a cache takes what it has, and that is fetched again', REAL, async (t) => {
  const { cache, made, big, asked } = await startCache(t);
  const pullAll = async (): Promise<void> => {
    assert.deepEqual((await cache.ask('team/app/manifests/1')).body, made.bytes);
    assert.equal(sha256((await cache.ask(`team/app/blobs/${big.digest}`)).body), big.digest);
  };
  await pullAll();
  const kept = await pruneLayout(cache.layout, { usedSince: Date.now() - 60_000 });
  assert.deepEqual(kept, { blobs: 0, partials: 0, cached: 0, bytes: 0 });
  const [pruned] = await Promise.all([pruneLayout(cache.layout), pullAll()]);
  assert.deepEqual([pruned.blobs, pruned.cached], [1, 2]);
  await pullAll();
  assert.ok(asked(BLOBS).length <= 3);
});

test('the login of a client stays with the cache', REAL, async (t) => {
  const { cache, relay } = await startCache(t, { client: { headers: { 'x-mine': 'yes' } } });
  const headers = { authorization: 'Bearer of-the-client', cookie: 'a=b', 'x-theirs': 'no' };
  assert.equal((await cache.ask('team/app/manifests/1', { headers })).status, 200);
  for (const request of relay.requests) {
    assert.equal(request.headers['x-mine'], 'yes');
    for (const name of Object.keys(headers)) assert.equal(request.headers[name], undefined);
  }
});
