/** Manifests and indexes that are not what they should be. */
import assert from 'node:assert/strict';
import { bytesContent, sha256 } from '../support/contents.js';
import type { TestManifest } from '../support/images.js';
import {
  holds,
  holdsLayer,
  OCI_INDEX,
  OCI_MANIFEST,
  type Document,
  type Made,
} from '../support/hostile/documents.js';
import { changes, neverEnds, refuses, says, withHeaders } from '../support/hostile/faults.js';
import { stageImage, stageIndex, type Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

const HEX = 'ab'.repeat(32);
const NULL_MANIFEST = { schemaVersion: 2, mediaType: OCI_MANIFEST };

/** The registry holds this in place of the manifest. */
function held(
  name: string,
  make: Made | ((honest: Document) => Made),
  rest: Partial<Case> & { type?: string } = {},
): Case {
  const { type = OCI_MANIFEST, ...others } = rest;
  return { name, wanted: 6, arrange: holds(make, type), ...others };
}

/** No request but those for manifests and tokens. */
const nothingFetched = (_: unknown, { registry }: Stage): void => {
  assert.ok(
    registry.seen().every((line) => /manifest|ping|token/.test(line)),
    registry.seen().join(),
  );
};

table('manifests that cannot be read', [
  held('66: cut off', (honest: Document) => JSON.stringify(honest).slice(0, -30), { says: /JSON/ }),
  held('66: empty', ''),
  held('66: null', 'null', { says: /object/ }),
  held('66: an array', '[]', { says: /object/ }),
  held('66: a text', '"x"', { says: /object/ }),
  held('66: UTF-16', (honest: Document) => Buffer.from(`\ufeff${JSON.stringify(honest)}`, 'utf16le'), {
    says: /UTF-8|JSON/,
  }),
  held('66: two values', (honest: Document) => `${JSON.stringify(honest)} {}`),
  held('66: 200 000 levels', `${'['.repeat(200_000)}${']'.repeat(200_000)}`),
  held(
    '66: 200 000 levels inside',
    (honest: Document) =>
      `${JSON.stringify(honest).slice(0, -1)},"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
  ),
  held('66: text that is not UTF-8', (honest: Document) =>
    Buffer.concat([
      Buffer.from(`${JSON.stringify(honest).slice(0, -1)},"x":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]),
  ),
  held('67: the login page of a hotel', '<!DOCTYPE html><html>Welcome</html>', {
    type: 'text/html',
    wanted: 7,
    says: /web page|not a registry/,
  }),
  {
    name: '67: a page of 300 lines that says 404',
    wanted: 3,
    faults: {
      '* *': says(404, {
        headers: { 'content-type': 'text/html' },
        body: `<html>${'<p>not found</p>\n'.repeat(300)}</html>`,
      }),
    },
    says: /web page|not a registry/,
  },
  held('68: layers that are null', (honest: Document) => ({ ...honest, layers: null }), { says: /layers/ }),
  held(
    '68: layers that are an object',
    (honest: Document) => ({ ...honest, layers: { 0: honest.layers[0] } }),
    { says: /layers/ },
  ),
  held('68: layers that are missing', (honest: Document) => ({ ...honest, layers: undefined }), {
    says: /layers/,
  }),
  held('68: a layer that is text', (honest: Document) => ({ ...honest, layers: ['x'] }), { says: /layers/ }),
  held('68: a layer that is null', (honest: Document) => ({ ...honest, layers: [null] }), { says: /layers/ }),
  held('68: a config that is missing', (honest: Document) => ({ ...honest, config: undefined }), {
    says: /config/,
  }),
  held('68: a config that is text', (honest: Document) => ({ ...honest, config: 'x' }), { says: /config/ }),
  held('68: a config that is a list', (honest: Document) => ({ ...honest, config: [honest.config] }), {
    says: /config/,
  }),
  ...['"12"', '-1', '1e400', '9223372036854775807', '1.5', 'null', '[]', 'true'].map((size) =>
    held(
      `69: a size of ${size}`,
      (honest: Document) => JSON.stringify(honest).replace(/("layers":.*?"size":)\d+/, `$1${size}`),
      {
        says: /size/,
        check: nothingFetched,
      },
    ),
  ),
  {
    name: '70: a size that is smaller than the layer',
    wanted: 6,
    arrange: holdsLayer({ size: 10 }),
    says: /size|bytes/,
  },
  {
    name: '70: a size that is larger than the layer',
    wanted: 6,
    arrange: holdsLayer({ size: 100_000 }),
    says: /size|bytes/,
  },
  { name: '70: a size of nothing', wanted: 6, arrange: holdsLayer({ size: 0 }) },
  { name: '70: a size of 9 PB', wanted: 8, arrange: holdsLayer({ size: 9e15 }), says: /size|bytes/ },
  held('71: an image that is called an index', (honest: Document) => ({ ...honest, mediaType: OCI_INDEX }), {
    type: OCI_INDEX,
  }),
  held('71: an image whose header says index', (honest: Document) => honest, {
    type: OCI_INDEX,
    says: /announced|calls itself/,
  }),
  held('71: an index whose header says image', () => ({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [],
  })),
  held('71: an image and an index at once', (honest: Document) => ({ ...honest, manifests: [] }), {
    says: /at once|both/,
  }),
  held('71: an image and an index at once, without a type', (honest: Document) => ({
    ...honest,
    mediaType: undefined,
    manifests: [],
  })),
  held('71: a type that is a number', (honest: Document) => ({ ...honest, mediaType: 7 })),
  held('a schema version of another kind', (honest: Document) => ({ ...honest, schemaVersion: '2' }), {
    says: /schemaVersion/,
  }),
]);

/** The answer to the question for a manifest by its digest. */
function pinned(name: string, rest: Partial<Case>): Case {
  return {
    name,
    wanted: 6,
    command: ({ host, graph, flags }) => [
      'pull',
      '--progress',
      'none',
      '--platform',
      'linux/amd64',
      ...flags,
      `${host}/app@${graph.descriptor.digest}`,
    ],
    names: 'registry',
    ...rest,
  };
}

/** The registry holds an index in place of the image; answers its children. */
async function holdIndex(stage: Stage): Promise<readonly [TestManifest, TestManifest]> {
  const { bytes } = await stageIndex();
  holds(bytes, OCI_INDEX)(stage);
  const children = [await stageImage('amd64'), await stageImage('arm64')] as const;
  for (const child of children) {
    stage.registry.manifests.set(child.descriptor.digest, { type: OCI_MANIFEST, bytes: child.bytes });
  }
  return children;
}

table('manifests that are not those asked for', [
  pinned('72: other bytes under a pinned digest', {
    faults: { 'GET manifest': changes((bytes) => `${bytes.toString()} `) },
    says: /sha256|digest|hash/,
  }),
  pinned('72: another image under a pinned digest', {
    faults: { '* manifest': says(200, { headers: { 'content-type': OCI_MANIFEST }, body: NULL_MANIFEST }) },
  }),
  pinned('72: other bytes with a header that calls them right', {
    faults: ({ graph }) => ({
      '* manifest': says(200, {
        headers: { 'content-type': OCI_MANIFEST, 'docker-content-digest': graph.descriptor.digest },
        body: NULL_MANIFEST,
      }),
    }),
  }),
  {
    name: '72: a child of an index with other bytes',
    wanted: 6,
    arrange: async (stage) => {
      const [child] = await holdIndex(stage);
      const bytes = Buffer.from(child.bytes);
      bytes[0] = ' '.charCodeAt(0);
      stage.registry.manifests.set(child.descriptor.digest, { type: OCI_MANIFEST, bytes });
    },
    says: /sha256/,
  },
  {
    name: '72: a child of an index that is longer than announced',
    wanted: 6,
    arrange: async (stage) => {
      const [child] = await holdIndex(stage);
      const bytes = Buffer.concat([child.bytes, Buffer.from('\n')]);
      stage.registry.manifests.set(child.descriptor.digest, { type: OCI_MANIFEST, bytes });
    },
  },
  {
    name: '72: a child of an index that is missing',
    wanted: 3,
    arrange: async (stage) => {
      const [child] = await holdIndex(stage);
      stage.registry.manifests.delete(child.descriptor.digest);
    },
  },
  {
    name: '72: a header that lies about the digest',
    wanted: 'ok',
    faults: { 'GET manifest': withHeaders({ 'docker-content-digest': `sha256:${HEX}` }) },
    check: (run, stage) => {
      if (run.code === 0) assert.ok(run.stdout.includes(stage.graph.descriptor.digest));
    },
  },
  {
    name: '72: a header of the digest that is no digest',
    wanted: 'ok',
    faults: { '* manifest': withHeaders({ 'docker-content-digest': '../../../etc/passwd' }) },
  },
  {
    name: '72: no header of the digest',
    wanted: 'ok',
    faults: { '* manifest': withHeaders({ 'docker-content-digest': null }) },
  },
  {
    name: 'HEAD refused',
    wanted: 'ok',
    command: ({ image }) => ['digest', image],
    faults: { 'HEAD manifest': refuses(405, 'UNSUPPORTED') },
    check: ({ stdout }, { graph }) => assert.equal(stdout, `${graph.descriptor.digest}\n`),
  },
  {
    name: 'HEAD that says another digest than GET',
    wanted: 3,
    filled: true,
    faults: { 'HEAD manifest': withHeaders({ 'docker-content-digest': `sha256:${HEX}` }) },
  },
  ...[
    `sha256:../../../../${HEX.slice(12)}`,
    `../../${HEX}`,
    `md5:${HEX.slice(32)}`,
    `sha256:${HEX.slice(1)}`,
    `sha256:${HEX.toUpperCase()}`,
    `sha256:${HEX}\r\nX: 1`,
    `sha256:${HEX}?x=1`,
    '',
    7,
    null,
  ].map((digest): Case => ({
    name: `73: a layer whose digest is ${JSON.stringify(digest)?.slice(0, 40)}`,
    wanted: 6,
    arrange: holdsLayer({ digest }),
    says: /digest/,
    check: nothingFetched,
  })),
  {
    name: '74: a layer by SHA-512 that the registry does not have',
    wanted: 3,
    arrange: holdsLayer({ digest: `sha512:${'cd'.repeat(64)}` }),
  },
]);

const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** An index with so many entries of this kind. */
function entries(count: number, entry: object): object {
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests: Array.from({ length: count }, () => entry) };
}

table('manifests that are too much', [
  {
    name: '75: a manifest of 256 MiB',
    wanted: 6,
    faults: { '* manifest': neverEnds({ 'content-type': OCI_MANIFEST, 'content-length': 268_435_456 }) },
    says: /8388608|8 MiB|more than|large/,
  },
  {
    name: '75: a manifest that never ends',
    wanted: 6,
    faults: { 'GET manifest': neverEnds({ 'content-type': OCI_MANIFEST }) },
  },
  {
    name: '75: a manifest that says 10 GiB',
    wanted: 6,
    faults: { 'GET manifest': neverEnds({ 'content-type': OCI_MANIFEST, 'content-length': 10_737_418_240 }) },
  },
  held(
    '75: a manifest of 3.9 MiB',
    (honest: Document) => ({ ...honest, annotations: { filler: 'x'.repeat(4_000_000) } }),
    { wanted: 'ok' },
  ),
  held(
    '75: a manifest of 8 MiB and a byte',
    (honest: Document) => `${JSON.stringify(honest)}${' '.repeat(8_400_000)}`,
  ),
  {
    name: '76: an index that leads to itself for ever',
    wanted: 6,
    faults: {
      'GET manifest': ({ log }) => ({
        status: 200,
        headers: { 'content-type': OCI_INDEX },
        body: entries(1, {
          mediaType: OCI_INDEX,
          digest: sha256(log.path),
          size: 300,
          platform: { os: 'linux', architecture: 'amd64' },
        }),
      }),
    },
    check: (_, { registry }) => assert.ok(registry.requests.length < 400),
  },
  {
    name: '76: 300 levels of indexes',
    wanted: 6,
    arrange: ({ registry, graph }) => {
      let child: { bytes: Buffer; type: string } = { bytes: graph.bytes, type: OCI_MANIFEST };
      for (let level = 0; level < 300; level++) {
        const descriptor = { mediaType: child.type, digest: sha256(child.bytes), size: child.bytes.length };
        registry.manifests.set(descriptor.digest, child);
        child = {
          type: OCI_INDEX,
          bytes: Buffer.from(
            JSON.stringify(entries(1, { ...descriptor, platform: { os: 'linux', architecture: 'amd64' } })),
          ),
        };
      }
      registry.manifests.set('1', child).set(sha256(child.bytes), child);
    },
    command: ({ image }) => ['pull', '--progress', 'none', '--all-platforms', image],
    names: 'registry',
  },
  {
    name: '76: 3000 equal entries',
    wanted: 'ok',
    arrange: ({ registry, graph }) => {
      const { mediaType, digest, size } = graph.descriptor;
      const bytes = Buffer.from(
        JSON.stringify(
          entries(3000, { mediaType, digest, size, platform: { os: 'linux', architecture: 'amd64' } }),
        ),
      );
      registry.manifests.set('1', { type: OCI_INDEX, bytes }).set(sha256(bytes), { type: OCI_INDEX, bytes });
    },
    command: ({ image }) => ['pull', '--progress', 'none', '--all-platforms', image],
    check: (_, { registry }) =>
      assert.ok(registry.requests.length < 20, `${registry.requests.length} requests`),
  },
  held(
    '77: the same layer 100 times',
    (honest: Document) => ({ ...honest, layers: Array.from({ length: 100 }, () => honest.layers[1]) }),
    {
      wanted: 'ok',
      check: (_, { registry }) =>
        assert.equal(registry.seen().filter((line) => line === 'GET layer').length, 1),
    },
  ),
  held(
    '78: keys that mean something to JavaScript',
    (honest: Document) =>
      `${JSON.stringify(honest).slice(0, -1)},"__proto__":{"layers":[]},"constructor":{"prototype":{"x":1}},"toString":1}`,
    { wanted: 'ok' },
  ),
  held(
    '78: annotations that mean something to JavaScript',
    (honest: Document) =>
      `${JSON.stringify(honest).slice(0, -1)},"annotations":{"__proto__":"x","constructor":"y","hasOwnProperty":"z"}}`,
    { wanted: 'ok' },
  ),
  held('79: "Layers" beside "layers"', (honest: Document) => ({ ...honest, Layers: [] }), { says: /Layers/ }),
  held(
    '79: "Config" in place of "config"',
    ({ config, ...honest }: Document) => ({ ...honest, Config: config }),
    { says: /Config/ },
  ),
  held('79: a key twice', (honest: Document) => `${JSON.stringify(honest).slice(0, -1)},"layers":[]}`, {
    says: /layers.*twice/,
  }),
  held(
    '79: a key twice, once escaped',
    (honest: Document) => `${JSON.stringify(honest).slice(0, -1)},"l\\u0061yers":[]}`,
    { says: /layers.*twice/ },
  ),
  {
    name: '79: "Digest" beside "digest"',
    wanted: 6,
    arrange: holdsLayer({ Digest: `sha256:${HEX}` }),
    says: /Digest/,
  },
  held('80: schema 1', () => ({ schemaVersion: 1, name: 'app', tag: '1', fsLayers: [], history: [] }), {
    type: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
    wanted: 7,
    says: /schema 1/,
  }),
  held('80: a type that nobody knows', () => ({ schemaVersion: 2 }), {
    type: 'application/x-evil',
    wanted: 6,
  }),
  held(
    '80: an artifact',
    (honest: Document) => ({
      ...honest,
      artifactType: 'application/vnd.example',
      layers: honest.layers.map((layer) => ({ ...layer, mediaType: 'text/plain' })),
    }),
    { wanted: 'ok' },
  ),
  {
    name: '80: a file title that leads up',
    wanted: 'ok',
    arrange: holdsLayer({ annotations: { 'org.opencontainers.image.title': '../../x' } }),
  },
  {
    name: '81: no image for this platform',
    wanted: 3,
    arrange: (stage) => {
      const { mediaType, digest, size } = stage.graph.descriptor;
      const manifests = Array.from({ length: 25 }, (_, at) => ({
        mediaType,
        digest,
        size,
        platform: { os: 'plan9', architecture: `cpu${at}` },
      }));
      holds({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX)(stage);
    },
    says: [/plan9\/cpu0/, /linux\/amd64/],
    check: ({ stderr }) => assert.ok((stderr.match(/plan9/g)?.length ?? 0) <= 10, stderr),
  },
  {
    name: '81: platforms with terminal escapes',
    wanted: 3,
    arrange: holds(
      {
        ...entries(1, {
          mediaType: OCI_MANIFEST,
          digest: `sha256:${HEX}`,
          size: 3,
          platform: { os: '\u001b[2J', architecture: '\u009b31m' },
        }),
      },
      OCI_INDEX,
    ),
  },
  {
    name: '82: data that does not fit its descriptor',
    wanted: 'ok',
    arrange: holdsLayer({ data: Buffer.from('evil').toString('base64') }),
  },
  { name: '82: data that is no base64', wanted: 'ok', arrange: holdsLayer({ data: '!!!' }) },
  held('a media type of 10 000 characters', (honest: Document) => ({
    ...honest,
    config: { ...(honest.config as object), mediaType: `a/${'b'.repeat(10_000)}` },
  })),
  held('a media type with escapes', (honest: Document) => ({
    ...honest,
    config: { ...(honest.config as object), mediaType: 'a/\u001b[2J' },
  })),
  held('annotations that are a list', (honest: Document) => ({ ...honest, annotations: ['x'] }), {
    wanted: 6,
  }),
  held(
    'annotations whose values are objects',
    (honest: Document) => ({ ...honest, annotations: { a: {} } }),
    { wanted: 6 },
  ),
  held('an index without entries', entries(0, {}), { type: OCI_INDEX, wanted: 3 }),
  held(
    'an index whose entry is a layer',
    entries(1, {
      mediaType: LAYER_TYPE,
      digest: `sha256:${HEX}`,
      size: 3,
      platform: { os: 'linux', architecture: 'amd64' },
    }),
    { type: OCI_INDEX, wanted: 3 },
  ),
  held(
    'a layer that says it is a manifest',
    (honest: Document) => ({ ...honest, layers: [{ ...honest.layers[0], mediaType: OCI_MANIFEST }] }),
    { wanted: 3 },
  ),
  held(
    'a config that is the manifest of itself',
    (honest: Document) => ({
      ...honest,
      config: { mediaType: OCI_MANIFEST, digest: `sha256:${HEX}`, size: 10 },
    }),
    { wanted: 3 },
  ),
  held(
    '90: a config of 64 MiB in an inspection',
    (honest: Document) => ({ ...honest, config: { ...(honest.config as object), size: 67_108_864 } }),
    {
      command: ({ image }) => ['inspect', image],
      names: 'registry',
      wanted: 6,
    },
  ),
  {
    name: 'a config that is no JSON in an inspection',
    wanted: 6,
    arrange: (stage) => {
      const config = bytesContent(Buffer.from('\u001b[2J not json'));
      stage.registry.blobs.set(config.digest, Buffer.from('\u001b[2J not json'));
      holds((honest: Document) => ({
        ...honest,
        config: { ...(honest.config as object), digest: config.digest, size: config.size },
      }))(stage);
    },
    command: ({ image }) => ['inspect', image],
    names: 'registry',
  },
]);
