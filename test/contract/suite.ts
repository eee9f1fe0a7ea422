/** What every store that is both a Source and a Sink must do: `contract('memory', async () => new Memory())`. */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { Memory } from '../../src/content/memory.js';
import { contentOf, readContent } from '../../src/content/read.js';
import type { Content, Sink, Source } from '../../src/content/types.js';
import { RegError, type ErrorCode } from '../../src/errors.js';
import { describe, type Descriptor } from '../../src/spec/descriptor.js';
import { digestOf } from '../../src/spec/digest.js';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../src/spec/media-type.js';
import type { Scope } from '../support/temp.js';

export type Store = Source & Sink;

export interface ContractOptions {
  /** Reason why no test of the suite can run here, or false. */
  readonly skip?: string | false;
  /** Whether the store refuses a manifest whose children it does not hold. Default: true. */
  readonly checksChildren?: boolean;
}

/** Runs the suite; `makeStore` gives each test an empty store that lives as long as the scope. */
export function contract(
  name: string,
  makeStore: (scope: Scope) => Promise<Store>,
  { skip = false, checksChildren = true }: ContractOptions = {},
): void {
  suite(`contract of ${name}`, { skip }, () => {
    test('a whole image goes in and comes out byte for byte', async (t) => {
      const store = await makeStore(t);
      const image = makeImage('round trip');
      assert.equal(await copy(image.source, store, image.root, { tag: 'v1' }), 'written');
      const root = await store.resolve('v1');
      assert.deepEqual(identity(root), identity(image.root));
      const back = new Memory();
      await copy(store, back, root, { tag: 'v1' });
      for (const descriptor of image.descriptors) {
        assert.deepEqual(await bytesOf(back, descriptor), await bytesOf(image.source, descriptor));
      }
    });

    test('an index of two images goes in and comes out', async (t) => {
      const store = await makeStore(t);
      const { source, root } = await makeIndex();
      await copy(source, store, root, { tag: 'multi' });
      assert.deepEqual(identity(await store.resolve('multi')), identity(root));
      await copy(store, new Memory(), root);
    });

    test('a manifest is found by its digest', async (t) => {
      const store = await makeStore(t);
      const { source, root } = makeImage('by digest');
      await copy(source, store, root, { tag: 'v1' });
      assert.deepEqual(identity(await store.resolve(root.digest)), identity(root));
    });

    test('a blob opens at every offset', async (t) => {
      const store = await makeStore(t);
      const bytes = Buffer.from('forty bytes, each of them worth opening!');
      const descriptor = describe(OCI_LAYER, bytes);
      await store.put(contentOf(descriptor, bytes));
      for (let from = 0; from <= bytes.length; from++) {
        const rest = await collect(await store.get(descriptor).open({ from }));
        assert.deepEqual(rest, bytes.subarray(from), `from ${from}`);
      }
    });

    test('a blob opens for any stretch of it', async (t) => {
      const store = await makeStore(t);
      const bytes = Buffer.from('pick any of these words');
      const descriptor = describe(OCI_LAYER, bytes);
      await store.put(contentOf(descriptor, bytes));
      for (let from = 0; from < bytes.length; from += 3) {
        for (let to = from + 1; to <= bytes.length; to += 4) {
          const stretch = await collect(await store.get(descriptor).open({ from, to }));
          assert.deepEqual(stretch, bytes.subarray(from, to), `from ${from} to ${to}`);
        }
      }
    });

    test('a second put of a blob finds that it exists', async (t) => {
      const store = await makeStore(t);
      const content = blob('once is enough');
      assert.equal(await store.has(content.descriptor), false);
      assert.equal(await store.put(content), 'written');
      assert.equal(await store.has(content.descriptor), true);
      assert.equal(await store.put(content), 'exists');
      assert.deepEqual(await bytesOf(store, content.descriptor), Buffer.from('once is enough'));
    });

    test('a put that was told to write does so even when the blob exists', async (t) => {
      const store = await makeStore(t);
      const content = blob('again, please');
      await store.put(content);
      assert.equal(await store.put(content, { fresh: true }), 'written');
      assert.deepEqual(await bytesOf(store, content.descriptor), Buffer.from('again, please'));
    });

    test('a second put of a manifest under its tag finds that it exists', async (t) => {
      const store = await makeStore(t);
      const { source, root } = makeImage('twice');
      assert.equal(await copy(source, store, root, { tag: 'v1' }), 'written');
      assert.equal(await copy(source, store, root, { tag: 'v1' }), 'exists');
    });

    test('a tag moves to the image that was put last', async (t) => {
      const store = await makeStore(t);
      const [first, second] = [makeImage('first'), makeImage('second')];
      await copy(first.source, store, first.root, { tag: 'latest' });
      await copy(second.source, store, second.root, { tag: 'latest' });
      assert.equal((await store.resolve('latest')).digest, second.root.digest);
      assert.equal((await store.resolve(first.root.digest)).digest, first.root.digest);
    });

    test('one image may have two tags', async (t) => {
      const store = await makeStore(t);
      const { source, root } = makeImage('two tags');
      await copy(source, store, root, { tag: 'one' });
      await copy(source, store, root, { tag: 'two' });
      assert.equal((await store.resolve('one')).digest, root.digest);
      assert.equal((await store.resolve('two')).digest, root.digest);
    });

    test('bytes that do not hash to their digest are refused and not visible', async (t) => {
      const store = await makeStore(t);
      const bytes = Buffer.from('not what was promised');
      const descriptor = {
        mediaType: OCI_LAYER,
        digest: digestOf(Buffer.from('a promise')),
        size: bytes.length,
      };
      await assertRefused(store, contentOf(descriptor, bytes), 'DIGEST_MISMATCH');
    });

    test('a blob that ends too early is refused and not visible', async (t) => {
      const store = await makeStore(t);
      const { descriptor } = blob('the whole of it');
      await assertRefused(store, contentOf(descriptor, Buffer.from('the whole')), 'SIZE_MISMATCH');
    });

    test('a blob that goes on too long is refused and not visible', async (t) => {
      const store = await makeStore(t);
      const { descriptor } = blob('the whole');
      await assertRefused(
        store,
        { descriptor, open: async () => pieces('the whole', ' of it') },
        'SIZE_MISMATCH',
      );
    });

    test('a put that is called off leaves nothing visible', async (t) => {
      const store = await makeStore(t);
      const abort = new AbortController();
      const { descriptor } = blob('never to be finished');
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from('never to be');
        abort.abort(new RegError('ABORTED', 'called off'));
        abort.signal.throwIfAborted();
      };
      const put = store.put({ descriptor, open: async () => pieces() }, { signal: abort.signal });
      await assert.rejects(put, withCode('ABORTED'));
      await assertAbsent(store, descriptor);
    });

    test('a blob of no bytes is a blob', async (t) => {
      const store = await makeStore(t);
      const content = blob('');
      assert.equal(await store.put(content), 'written');
      assert.equal(await store.has(content.descriptor), true);
      assert.deepEqual(await bytesOf(store, content.descriptor), Buffer.alloc(0));
    });

    test('a blob may be named by its sha512', async (t) => {
      const store = await makeStore(t);
      const bytes = Buffer.from('a longer name');
      const descriptor = describe(OCI_LAYER, bytes, 'sha512');
      assert.equal(await store.put(contentOf(descriptor, bytes)), 'written');
      assert.equal(await store.has(descriptor), true);
      assert.deepEqual(await bytesOf(store, descriptor), bytes);
    });

    test('what is not there is not found', async (t) => {
      const store = await makeStore(t);
      const { root } = makeImage('elsewhere');
      await assert.rejects(store.resolve('nowhere'), withCode('NOT_FOUND'));
      await assert.rejects(store.resolve(root.digest), withCode('NOT_FOUND'));
      await assertAbsent(store, root);
      await assertAbsent(store, blob('elsewhere').descriptor);
    });

    const trusting = checksChildren ? false : 'takes manifests without looking at their children';
    test('a manifest whose layer is missing is refused and not visible', { skip: trusting }, async (t) => {
      const store = await makeStore(t);
      const { source, root, descriptors } = makeImage('with a hole');
      const [, config] = descriptors;
      await store.put(source.get(config));
      await assert.rejects(store.put(source.get(root), { tag: 'v1' }), withCode('INCOMPLETE'));
      await assert.rejects(store.resolve('v1'), withCode('NOT_FOUND'));
    });
  });
}

async function assertRefused(store: Store, content: Content, code: ErrorCode): Promise<void> {
  await assert.rejects(store.put(content), withCode(code));
  await assertAbsent(store, content.descriptor);
}

async function assertAbsent(store: Store, descriptor: Descriptor): Promise<void> {
  assert.equal(await store.has(descriptor), false);
  await assert.rejects(bytesOf(store, descriptor), withCode('NOT_FOUND'));
}

function withCode(code: ErrorCode): (error: unknown) => true {
  return (error) => {
    assert(error instanceof RegError, `not a RegError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return true;
  };
}

/** What every store must keep; a name or an annotation may come on top. */
function identity({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function bytesOf(store: Source, descriptor: Descriptor): Promise<Uint8Array> {
  return readContent(store.get(descriptor), { cap: descriptor.size });
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

function blob(text: string): Content {
  const bytes = Buffer.from(text);
  return contentOf(describe(OCI_LAYER, bytes), bytes);
}

interface TestImage {
  readonly source: Source;
  readonly root: Descriptor;
  /** Root, config, layer. */
  readonly descriptors: readonly [Descriptor, Descriptor, Descriptor];
}

/** The smallest image; its parts all differ from those of an image with another `text`. */
function makeImage(text: string): TestImage {
  const layer = Buffer.from(`layer of ${text}`);
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    created_by: text,
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const descriptors = [describe(OCI_CONFIG, config), describe(OCI_LAYER, layer)] as const;
  const manifest = json({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptors[0],
    layers: [descriptors[1]],
    annotations: { text },
  });
  const root = describe(OCI_MANIFEST, manifest);
  const parts = new Map([
    [root.digest, manifest],
    [descriptors[0].digest, config],
    [descriptors[1].digest, layer],
  ]);
  return { source: sourceOf(parts), root, descriptors: [root, ...descriptors] };
}

async function makeIndex(): Promise<{ readonly source: Source; readonly root: Descriptor }> {
  const source = new Memory();
  const images = [makeImage('amd64'), makeImage('arm64')];
  for (const image of images) await copy(image.source, source, image.root);
  const bytes = json({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: images.map((image) => image.root),
  });
  const root = describe(OCI_INDEX, bytes);
  await source.put(contentOf(root, bytes));
  return { source, root };
}

function sourceOf(parts: ReadonlyMap<string, Uint8Array>): Source {
  return {
    resolve: async () => assert.fail('the descriptor is known'),
    get: (descriptor) => contentOf(descriptor, parts.get(descriptor.digest) ?? assert.fail('no such part')),
  };
}

/** JSON with blanks in odd places, which would not survive being read and written again. */
function json(value: unknown): Buffer {
  return Buffer.from(` ${JSON.stringify(value, undefined, 3)}\n`);
}
