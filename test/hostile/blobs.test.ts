/** Blobs that are short, long, wrong or elsewhere. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { bytesContent } from '../support/contents.js';
import { holds, holdsLayer, type Document } from '../support/hostile/documents.js';
import {
  after,
  changes,
  flipsAByte,
  neverEnds,
  once,
  refuses,
  says,
  speaks,
  stopsAt,
  withHeaders,
} from '../support/hostile/faults.js';
import { bytesOf, type Fault, type Reply } from '../support/hostile/reply.js';
import { largeImage, type Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

function layerOf({ graph }: Stage): { readonly digest: string; readonly size: number } {
  return [...graph.blobs.values()].reduce((one, other) => (other.size > one.size ? other : one));
}

/** Chunks that end without their last one. */
const cutChunks: Fault = speaks((honest) => {
  const half = bytesOf(honest).subarray(0, 1000);
  return Buffer.concat([
    Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n'),
    half,
    Buffer.from('\r\n'),
  ]);
});

/** A short body that is called whole. */
const short = changes((bytes) => bytes.subarray(0, bytes.length - 10));

function http10(share: number): Fault {
  return speaks((honest: Reply) => {
    const bytes = bytesOf(honest);
    return Buffer.concat([
      Buffer.from('HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n'),
      bytes.subarray(0, bytes.length * share),
    ]);
  });
}

function layer(name: string, fault: Fault, rest: Partial<Case> = {}): Case {
  return { name, wanted: 6, faults: { 'GET layer': fault }, ...rest };
}

table('blobs', [
  layer('84: closed early, every time', stopsAt(0.5), { wanted: 5 }),
  layer('84: closed early once', once(stopsAt(0.5)), { wanted: 'ok' }),
  layer('84: chunks cut off', cutChunks, { wanted: 5 }),
  layer('84: chunks cut off once', once(cutChunks), { wanted: 'ok' }),
  layer('84: short, but well formed', short, { wanted: 6 }),
  layer('84: empty', says(200), { wanted: 6 }),
  layer('84: HTTP/1.0 without a length, whole', http10(1), { wanted: 'ok' }),
  layer('84: HTTP/1.0 without a length, short', http10(0.5), { wanted: 5 }),
  layer('85: a byte changed in the layer', flipsAByte, { says: /sha256|digest|hash/ }),
  layer('85: a byte changed the first time', once(flipsAByte), { wanted: 'ok' }),
  { name: '85: a byte changed in the config', wanted: 6, faults: { 'GET config': flipsAByte } },
  { name: '85: a byte changed in a small layer', wanted: 6, faults: { 'GET base': flipsAByte } },
  layer(
    '86: 1000 bytes too many',
    changes((bytes) => Buffer.concat([bytes, Buffer.alloc(1000)])),
    { says: /bytes/ },
  ),
  layer('86: 1000 bytes too many in chunks', async ({ response }, honest) => {
    response.writeHead(200);
    response.end(Buffer.concat([bytesOf(await honest()), Buffer.alloc(1000)]));
    return undefined;
  }),
  layer('86: bytes without end', neverEnds(), {
    check: (_, stage) => assert.ok(stage.registry.requests.length < 12),
  }),
  layer('87: a layer that is not there is named', refuses(404, 'BLOB_UNKNOWN'), {
    wanted: 3,
    check: ({ stderr }, stage) => assert.ok(stderr.includes(layerOf(stage).digest.slice(7, 19)), stderr),
  }),
  layer('92: a blob of no bytes', () => undefined, {
    faults: {},
    wanted: 'ok',
    arrange: (stage) => {
      const nothing = bytesContent(Buffer.alloc(0));
      stage.registry.blobs.set(nothing.digest, Buffer.alloc(0));
      holdsLayer({ digest: nothing.digest, size: 0 })(stage);
    },
  }),
  layer(
    '84: a layer in a dozen answers, each well-formed and too short',
    async ({ response }, honest) => {
      const said = await honest();
      response.writeHead(said.status, said.headers);
      response.end(bytesOf(said).subarray(0, 24 * 1024));
      return undefined;
    },
    // What is said of it is the same each time, but for a number, and said once.
    { wanted: 'ok', check: ({ stderr }) => assert.ok(stderr.split('trying again').length <= 3, stderr) },
  ),
  layer('a layer refused', refuses(403, 'DENIED'), { wanted: 4 }),
  layer(
    'a layer in a page of HTML',
    says(200, { headers: { 'content-type': 'text/html' }, body: '<html>login</html>' }),
    { wanted: 6 },
  ),
  layer('204 in place of a layer', says(204), { wanted: 7 }),
  layer('206 to a request for all', withHeaders({}), {
    faults: {
      'GET layer': async (_, honest) => ({
        ...(await honest()),
        status: 206,
        headers: { 'content-range': 'bytes 0-9/10' },
      }),
    },
    wanted: 7,
  }),
  layer(
    'a layer by another Docker-Content-Digest',
    withHeaders({ 'docker-content-digest': `sha256:${'0'.repeat(64)}` }),
    { wanted: 'ok' },
  ),
]);

/** The first try breaks off in the middle; to the request for the rest the registry says something else. */
function resumed(name: string, rest: Fault, others: Partial<Case> = {}): Case {
  let tries = 0;
  return {
    name: `88: ${name}`,
    wanted: 'ok',
    faults: {
      'GET layer': (exchange, honest) => {
        tries += 1;
        if (tries === 1) return stopsAt(0.5, 'reset')(exchange, honest);
        return exchange.request.headers.range === undefined ? honest() : rest(exchange, honest);
      },
    },
    ...others,
  };
}

const whole: Fault = async ({ request }, honest) => {
  delete request.headers.range;
  return honest();
};

table('downloads that go on', [
  resumed('the rest, as asked for', (_, honest) => honest(), {
    check: (_, { registry }) => {
      const ranges = registry.requests.flatMap(({ headers }) =>
        headers.range === undefined ? [] : [headers.range],
      );
      assert.deepEqual(
        ranges.map((range) => /^bytes=[1-9]\d*-$/.test(range)),
        [true],
      );
    },
  }),
  resumed('all of it, ranges being ignored', whole),
  resumed('416', refuses(416, 'RANGE_INVALID')),
  resumed('another start than was asked for', withHeaders({ 'content-range': 'bytes 5-9/10' })),
  resumed('the whole under the name of the rest', async (exchange, honest) => {
    const { range = '' } = exchange.request.headers;
    const said = await whole(exchange, honest);
    const from = Number(/\d+/.exec(range)?.[0]);
    const size = bytesOf(said ?? { status: 0 }).length;
    return {
      status: 206,
      headers: { 'content-range': `bytes ${from}-${size - 1}/${size}` },
      body: said?.body ?? '',
    };
  }),
  resumed('a Content-Range that is rubbish', withHeaders({ 'content-range': 'bytes all/of it' })),
  resumed('no Content-Range', withHeaders({ 'content-range': null })),
  resumed(
    'many parts',
    withHeaders({ 'content-type': 'multipart/byteranges; boundary=x', 'content-range': null }),
  ),
  resumed(
    'the rest of another blob',
    changes((bytes) => Buffer.alloc(bytes.length, 'x')),
  ),
  resumed('the rest, compressed', async (_, honest) => {
    const said = await honest();
    return {
      ...said,
      headers: { ...said.headers, 'content-encoding': 'gzip' },
      body: gzipSync(bytesOf(said)),
    };
  }),
  resumed('404', refuses(404, 'BLOB_UNKNOWN'), { wanted: 3 }),
  resumed('a total that is another', async (_, honest) => {
    const said = await honest();
    return {
      ...said,
      headers: { 'content-range': String(said.headers?.['content-range']).replace(/\d+$/, '999999') },
    };
  }),
  {
    name: "88: a pull goes on where yesterday's ended",
    wanted: 'ok',
    graph: await largeImage(),
    arrange: async (stage) => {
      const { store, registry } = stage;
      const { digest } = layerOf(stage);
      const bytes = registry.blobs.get(digest) ?? Buffer.alloc(0);
      await mkdir(join(store, '.partial'), { recursive: true });
      await writeFile(join(store, '.partial', digest.replace(':', '-')), bytes.subarray(0, 100_000));
    },
    check: (_, { registry }) =>
      assert.ok(registry.requests.some(({ headers }) => headers.range === 'bytes=100000-')),
  },
  {
    name: '88: what yesterday left was wrong',
    wanted: 'ok',
    graph: await largeImage(),
    arrange: async (stage) => {
      const { digest } = layerOf(stage);
      await mkdir(join(stage.store, '.partial'), { recursive: true });
      await writeFile(join(stage.store, '.partial', digest.replace(':', '-')), Buffer.alloc(100_000, 'x'));
    },
  },
  {
    name: '88: what yesterday left was too much',
    wanted: 'ok',
    graph: await largeImage(),
    arrange: async (stage) => {
      const { digest } = layerOf(stage);
      await mkdir(join(stage.store, '.partial'), { recursive: true });
      await writeFile(join(stage.store, '.partial', digest.replace(':', '-')), Buffer.alloc(2_000_000, 'x'));
    },
  },
  {
    name: '88: a wrong byte, after what yesterday left',
    wanted: 6,
    graph: await largeImage(),
    faults: { 'GET layer': flipsAByte },
    arrange: async (stage) => {
      const { digest } = layerOf(stage);
      const bytes = stage.registry.blobs.get(digest) ?? Buffer.alloc(0);
      await mkdir(join(stage.store, '.partial'), { recursive: true });
      await writeFile(join(stage.store, '.partial', digest.replace(':', '-')), bytes.subarray(0, 100_000));
    },
  },
  layer('84: broken off for ever leaves what came', after(1, stopsAt(0.5, 'reset')), {
    faults: { 'GET layer': stopsAt(0.5, 'reset') },
    graph: await largeImage(),
    wanted: 5,
    check: async (_, stage) => {
      const { digest, size } = layerOf(stage);
      const partial = await readFile(join(stage.store, '.partial', digest.replace(':', '-')));
      assert.ok(partial.length > 0 && partial.length < size, `${partial.length} bytes`);
      stage.registry.faults = {};
      const again = await stage.reg(['pull', '--platform', 'linux/amd64', stage.image]);
      assert.equal(again.code, 0, again.stderr);
      assert.ok(
        stage.registry.requests.at(-1)?.headers.range !== undefined ||
          stage.registry.requests.some(({ headers }) => headers.range === `bytes=${partial.length}-`),
      );
    },
  }),
]);

function encoded(encoding: string, encode: (bytes: Buffer) => Uint8Array): Fault {
  return async (_, honest) => {
    const said = await honest();
    return {
      status: 200,
      headers: { ...said.headers, 'content-encoding': encoding },
      body: encode(bytesOf(said)),
    };
  };
}

/** 64 MiB of blanks, small enough to be sent at once. */
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));

table('encodings', [
  layer('89: gzip that nobody asked for', encoded('gzip', gzipSync), { wanted: 7 }),
  layer(
    '89: a label of gzip on plain bytes',
    encoded('gzip', (bytes) => bytes),
    { wanted: 7 },
  ),
  layer('89: brotli', encoded('br', brotliCompressSync), { wanted: 7 }),
  layer(
    '89: a bomb',
    encoded('gzip', () => bomb),
    { wanted: 7 },
  ),
  layer(
    '89: a chain of a hundred',
    encoded(Array.from({ length: 100 }, () => 'gzip').join(', '), (bytes) => bytes),
    { wanted: 7 },
  ),
  layer(
    '89: a label with terminal escapes',
    encoded('x\u009b2J', (bytes) => bytes),
    { wanted: 7 },
  ),
  layer(
    'identity is no encoding',
    encoded('identity', (bytes) => bytes),
    { wanted: 'ok' },
  ),
  { name: '89: a manifest in gzip', wanted: 'ok', faults: { 'GET manifest': encoded('gzip', gzipSync) } },
  {
    name: '89: a manifest in gzip, mislabelled',
    wanted: 7,
    faults: { 'GET manifest': encoded('gzip', (bytes) => bytes) },
  },
  {
    name: '89: a manifest that is a bomb',
    wanted: 6,
    faults: { 'GET manifest': encoded('gzip', () => bomb) },
  },
  {
    name: '89: a manifest in gzip twice',
    wanted: 7,
    faults: { 'GET manifest': encoded('gzip, gzip', (bytes) => gzipSync(gzipSync(bytes))) },
  },
  {
    name: '89: a manifest in a chain of thousands',
    wanted: 7,
    faults: {
      'GET manifest': encoded(Array.from({ length: 5000 }, () => 'gzip').join(','), (bytes) => bytes),
    },
  },
  { name: '89: a config in gzip', wanted: 7, faults: { 'GET config': encoded('gzip', gzipSync) } },
]);

table('foreign layers', [
  ...(['none', 'basic', 'bearer'] as const).map((auth): Case => ({
    name: `91: a layer with URLs is not fetched from there, with ${auth}`,
    wanted: 'ok',
    auth,
    arrange: async (stage) => {
      const thief = await stage.elsewhere({ address: '127.0.0.2' });
      thief.fault = says(401, { headers: { 'www-authenticate': 'Basic realm="registry"' } });
      holdsLayer({
        mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
        urls: [`${thief.origin}/layer`],
      })(stage);
    },
    check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0, 'it went there'),
  })),
  {
    name: '91: a layer with URLs that the registry does not have',
    wanted: 3,
    arrange: async (stage) => {
      const thief = await stage.elsewhere({ address: '127.0.0.2' });
      const digest = `sha256:${'a'.repeat(64)}`;
      holds((honest: Document) => ({
        ...honest,
        layers: [{ ...honest.layers[0], digest, urls: [`${thief.origin}/layer`] }],
      }))(stage);
    },
    check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0, 'it went there'),
  },
]);
