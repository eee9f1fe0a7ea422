import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RegError } from '../../src/errors.js';
import { childrenOf, parseManifest, sniffMediaType } from '../../src/spec/manifest.js';
import {
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  OCI_ARTIFACT,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
} from '../../src/spec/media-type.js';

const digest = `sha256:${'0'.repeat(64)}`;
const config = { mediaType: OCI_CONFIG, digest, size: 2 };
const layer = { mediaType: OCI_LAYER, digest, size: 3 };
const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] };
const index = {
  schemaVersion: 2,
  mediaType: OCI_INDEX,
  manifests: [{ mediaType: OCI_MANIFEST, digest, size: 4, platform: { os: 'linux', architecture: 'amd64' } }],
};

function parse(value: unknown, mediaType = OCI_MANIFEST): ReturnType<typeof parseManifest> {
  return parseManifest(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), mediaType);
}

test('a manifest leads to its config and layers, an index to its manifests', () => {
  assert.deepEqual(
    childrenOf(parse(manifest)).map((child) => child.size),
    [2, 3],
  );
  assert.deepEqual(
    childrenOf(parse(index, OCI_INDEX)).map((child) => child.platform?.architecture),
    ['amd64'],
  );
});

const artifact = { mediaType: OCI_ARTIFACT, artifactType: 'example/sbom', blobs: [layer] };

test('an artifact manifest of image-spec 1.1.0-rc2 leads to its blobs alone, if it has any', () => {
  assert.deepEqual(
    childrenOf(parse(artifact, OCI_ARTIFACT)).map((child) => child.size),
    [3],
  );
  assert.deepEqual(childrenOf(parse({ ...artifact, blobs: undefined }, OCI_ARTIFACT)), []);
  assert.equal(sniffMediaType(Buffer.from(JSON.stringify(artifact))), OCI_ARTIFACT);
});

const refused: readonly [title: string, value: unknown, mediaType?: string][] = [
  ['is empty', ''],
  ['is cut off', '{"schemaVersion":2,'],
  ['is two values', '{}{}'],
  ['is null', 'null'],
  ['is a list', '[]'],
  ['is a string', '"x"'],
  ['is nested 200 000 levels deep', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ['has no schemaVersion', { ...manifest, schemaVersion: undefined }],
  ['is an artifact and an image at once', { ...artifact, layers: [layer] }, OCI_ARTIFACT],
  ['has layers that are null', { ...manifest, layers: null }],
  ['has layers that are an object', { ...manifest, layers: {} }],
  ['has a layer that is a string', { ...manifest, layers: ['x'] }],
  ['has a layer that is null', { ...manifest, layers: [null] }],
  ['has no config', { ...manifest, config: undefined }],
  ['has a size that is a string', { ...manifest, layers: [{ ...layer, size: '3' }] }],
  ['has a negative size', { ...manifest, layers: [{ ...layer, size: -1 }] }],
  ['has a size beyond any number', JSON.stringify(manifest).replace('"size":3', '"size":1e400')],
  ['has a size of 2^63-1', JSON.stringify(manifest).replace('"size":3', '"size":9223372036854775807')],
  ['has a size that is a fraction', { ...manifest, layers: [{ ...layer, size: 1.5 }] }],
  ['has a digest that climbs', { ...manifest, config: { ...config, digest: 'sha256:../../../etc/passwd' } }],
  ['has a short digest', { ...manifest, config: { ...config, digest: 'sha256:abc' } }],
  ['has a digest with a line break', { ...manifest, config: { ...config, digest: `${digest}\r\n` } }],
  ['has a media type with a line break', { ...manifest, config: { ...config, mediaType: 'a/b\r\nc' } }],
  ['is an index and an image at once', { ...manifest, manifests: [] }],
  ['is an image served as an index', manifest, OCI_INDEX],
  ['is an index served as an image', index, OCI_MANIFEST],
  ['calls itself by another type', { ...manifest, mediaType: DOCKER_MANIFEST }],
  ['calls itself by no string', { ...manifest, mediaType: 7 }],
  ['has "Layers" beside "layers"', { ...manifest, Layers: [] }],
  ['has "Digest" beside "digest"', { ...manifest, config: { ...config, Digest: digest } }],
  ['has a key twice', JSON.stringify(manifest).replace('{', '{"layers":[],')],
  ['has annotations that are a list', { ...manifest, annotations: [] }],
  ['has an annotation that is a number', { ...manifest, annotations: { a: 1 } }],
];

for (const [title, value, mediaType] of refused) {
  test(`a manifest that ${title} is refused`, () => {
    assert.throws(() => parse(value, mediaType), { name: 'RegError', code: 'INVALID_MANIFEST' });
  });
}

test('invalid UTF-8 and UTF-16 are refused', () => {
  const text = JSON.stringify(manifest);
  for (const bytes of [
    Buffer.from(text, 'utf16le'),
    Buffer.concat([Buffer.from(text), Buffer.from([0xff])]),
  ]) {
    assert.throws(() => parseManifest(bytes, OCI_MANIFEST), { code: 'INVALID_MANIFEST' });
  }
});

test('keys that mean something to JavaScript mean nothing here', () => {
  const text = JSON.stringify({ ...manifest, annotations: { a: 'b' } }).replace(
    '"annotations":{',
    '"__proto__":{"polluted":"yes"},"constructor":{},"annotations":{"__proto__":"x",',
  );
  const parsed = parse(text);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  assert.equal(parsed.annotations?.['__proto__'], 'x');
});

test('schema 1 is refused with what to do about it', () => {
  for (const mediaType of [OCI_MANIFEST, 'application/vnd.docker.distribution.manifest.v1+prettyjws']) {
    assert.throws(
      () => parse({ schemaVersion: 1, fsLayers: [] }, mediaType),
      (error: unknown) => {
        assert.ok(error instanceof RegError);
        assert.equal(error.code, 'UNSUPPORTED');
        assert.match(error.context.hint ?? '', /skopeo/);
        return true;
      },
    );
  }
});

test('a type that the server did not name is told from the body', () => {
  const sniff = (value: object): string => sniffMediaType(Buffer.from(JSON.stringify(value)));
  assert.equal(sniff(manifest), OCI_MANIFEST);
  assert.equal(sniff({ ...index, mediaType: DOCKER_INDEX }), DOCKER_INDEX);
  assert.equal(sniff({ schemaVersion: 2, manifests: [] }), OCI_INDEX);
  assert.equal(sniff({ schemaVersion: 2, config, layers: [] }), OCI_MANIFEST);
  assert.throws(() => sniff({ hello: 'world' }), { code: 'INVALID_MANIFEST' });
});

test('whatever the bytes, nothing but a RegError comes of them', () => {
  const hostile = fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc
      .record(
        { schemaVersion: fc.constant(2), config: fc.jsonValue(), layers: fc.jsonValue() },
        { requiredKeys: [] },
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      try {
        parseManifest(bytes, OCI_MANIFEST);
      } catch (error) {
        assert.ok(error instanceof RegError, String(error));
      }
    }),
  );
});
