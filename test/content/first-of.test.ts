import assert from 'node:assert/strict';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { firstOf, type Alternative } from '../../src/content/first-of.js';
import { Memory } from '../../src/content/memory.js';
import { contentOf, readContent } from '../../src/content/read.js';
import type { Content, Source } from '../../src/content/types.js';
import { RegError, type ErrorCode } from '../../src/errors.js';
import { describe, type Descriptor } from '../../src/spec/descriptor.js';
import { failsWith } from '../support/scripted-setup.js';

const BYTES = Buffer.from('0123456789abcdef');
const BLOB = describe('application/octet-stream', BYTES);
const MANIFEST_BYTES = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: BLOB,
    layers: [],
  }),
);
const MANIFEST = describe('application/vnd.oci.image.manifest.v1+json', MANIFEST_BYTES);

/** One with the image `1`, that counts what it is asked. */
async function origin(): Promise<Source & { readonly asked: string[] }> {
  const memory = new Memory();
  await memory.put(contentOf(BLOB, BYTES));
  await memory.put(contentOf(MANIFEST, MANIFEST_BYTES), { tag: '1' });
  const asked: string[] = [];
  return {
    asked,
    resolve: (name) => (asked.push(name), memory.resolve(name)),
    get: (descriptor) => watched(memory.get(descriptor), () => asked.push(descriptor.digest)),
  };
}

function watched(content: Content, onOpen: () => void): Content {
  return { ...content, open: (options) => (onOpen(), content.open(options)) };
}

function failing(code: ErrorCode): Source {
  const fail = async (): Promise<never> => {
    throw new RegError(code, 'it failed');
  };
  return { resolve: fail, get: (descriptor) => ({ descriptor, open: fail }) };
}

interface Passing {
  readonly code: string;
}

function chain(sources: readonly (Source | Omit<Alternative, 'onPass'>)[]): {
  readonly source: Source;
  readonly passed: readonly Passing[];
} {
  const passed: Passing[] = [];
  const onPass = ({ code }: RegError): void => void passed.push({ code });
  const alternatives = sources.map((each) =>
    'source' in each ? { ...each, onPass } : { source: each, resolves: true, onPass },
  );
  return { source: firstOf(async () => alternatives), passed };
}

function read(source: Source, descriptor: Descriptor): Promise<Uint8Array> {
  return readContent(source.get(descriptor), { cap: 1000 });
}

for (const code of [
  'NOT_FOUND',
  'UNREACHABLE',
  'TIMEOUT',
  'UNAUTHORIZED',
  'DENIED',
  'TLS_ERROR',
  'RATE_LIMITED',
  'PROTOCOL_ERROR',
  'INVALID_MANIFEST',
] as const) {
  test(`one that fails with ${code} is passed over, once for all`, async () => {
    const last = await origin();
    const { source, passed } = chain([failing(code), last]);
    assert.deepEqual(await source.resolve('1'), MANIFEST);
    assert.deepEqual(Buffer.from(await read(source, MANIFEST)), MANIFEST_BYTES);
    assert.deepEqual(Buffer.from(await read(source, BLOB)), BYTES);
    assert.deepEqual(passed, [{ code }]);
  });
}

for (const code of ['ABORTED', 'INVALID_CONFIG'] as const) {
  test(`${code} is no fault of a source: nothing more is asked`, async () => {
    const last = await origin();
    const { source, passed } = chain([failing(code), last]);
    await assert.rejects(source.resolve('1'), failsWith(code));
    await assert.rejects(read(source, BLOB), failsWith(code));
    assert.deepEqual([last.asked, passed], [[], []]);
  });
}

test('the first that has an image gives all of it, and nobody else is asked', async () => {
  const [mirror, last] = [await origin(), await origin()];
  const { source } = chain([mirror, last]);
  const target = new Memory();
  await copy(source, target, await source.resolve('1'), { tag: 'here' });
  assert.deepEqual(await target.resolve('here'), MANIFEST);
  assert.deepEqual(last.asked, []);
});

test('one that may not say what a tag means is asked for digests only', async () => {
  const [mirror, last] = [await origin(), await origin()];
  const { source } = chain([{ source: mirror, resolves: false }, last]);
  await source.resolve('1');
  assert.deepEqual([mirror.asked, last.asked], [[], ['1']]);
  await source.resolve(MANIFEST.digest);
  await read(source, BLOB);
  assert.deepEqual(mirror.asked, [MANIFEST.digest, MANIFEST.digest, BLOB.digest]);
});

test('one that names a manifest which it cannot give is not believed', async () => {
  const last = await origin();
  const nothing = failing('NOT_FOUND');
  const { source, passed } = chain([
    { source: { ...nothing, resolve: async () => ({ ...MANIFEST, digest: BLOB.digest }) }, resolves: true },
    last,
  ]);
  assert.deepEqual(await source.resolve('1'), MANIFEST);
  assert.deepEqual(passed, [{ code: 'NOT_FOUND' }]);
});

test('a layer that one has not is had from the next; it is still asked for the others', async () => {
  const last = await origin();
  const partial = new Memory();
  await partial.put(contentOf(MANIFEST, MANIFEST_BYTES), { tag: '1' });
  const { source, passed } = chain([partial, last]);
  await source.resolve('1');
  await read(source, BLOB);
  await read(source, MANIFEST);
  assert.deepEqual(last.asked, [BLOB.digest]);
  assert.deepEqual(passed, [{ code: 'NOT_FOUND' }]);
});

/** As `BYTES` comes, but for what `change` does to it. */
function giving(change: (bytes: Buffer) => AsyncIterable<Uint8Array>): Source {
  return {
    resolve: async () => MANIFEST,
    get: (descriptor) => ({
      descriptor,
      open: async ({ from = 0 } = {}) => change(BYTES.subarray(from)),
    }),
  };
}

test('where one breaks off the next goes on, and no byte comes twice', async () => {
  const last = await origin();
  const breaking = giving(async function* (bytes) {
    yield bytes.subarray(0, 5);
    throw new RegError('UNREACHABLE', 'cut');
  });
  const { source, passed } = chain([breaking, last]);
  assert.deepEqual(Buffer.from(await read(source, BLOB)), BYTES);
  assert.deepEqual(passed, [{ code: 'UNREACHABLE' }]);
});

test('one whose reading was called off is asked again the next time', async () => {
  const last = await origin();
  let count = 0;
  const mirror = giving(async function* (bytes) {
    if (++count === 1) throw new RegError('ABORTED', 'interrupted');
    yield bytes;
  });
  const content = chain([mirror, last]).source.get(BLOB);
  await assert.rejects(readContent(content, { cap: 100 }), { code: 'ABORTED' });
  assert.deepEqual(Buffer.from(await readContent(content, { cap: 100 })), BYTES);
  assert.deepEqual(last.asked, []);
});

test('wrong bytes are an error, and whoever asks again is given right ones', async () => {
  const last = await origin();
  const lying = giving(async function* (bytes) {
    yield Buffer.alloc(bytes.length, 'x');
  });
  const { source, passed } = chain([lying, last]);
  await assert.rejects(read(source, BLOB), failsWith('DIGEST_MISMATCH'));
  assert.deepEqual(Buffer.from(await read(source, BLOB)), BYTES);
  assert.deepEqual(passed, [{ code: 'DIGEST_MISMATCH' }]);
});

test('after a rest that may have been wrong, somebody else is asked', async () => {
  const last = await origin();
  const lying = giving(async function* (bytes) {
    yield Buffer.alloc(bytes.length, 'x');
  });
  const content = chain([lying, last]).source.get(BLOB);
  const pieces: Uint8Array[] = [];
  for await (const piece of await content.open({ from: 10 })) pieces.push(piece);
  assert.equal(Buffer.concat(pieces).toString(), 'xxxxxx');
  assert.deepEqual(Buffer.from(await readContent(content, { cap: 100 })), BYTES);
});

test('what the last one says is what is said', async () => {
  const { source, passed } = chain([failing('UNREACHABLE'), failing('DENIED')]);
  await assert.rejects(source.resolve('1'), failsWith('DENIED'));
  await assert.rejects(read(source, BLOB), failsWith('DENIED'));
  assert.deepEqual(passed, [{ code: 'UNREACHABLE' }]);
});
