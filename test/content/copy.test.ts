import assert from 'node:assert/strict';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import type { CopyEvent } from '../../src/content/events.js';
import { Memory } from '../../src/content/memory.js';
import { contentOf, readContent } from '../../src/content/read.js';
import type { Content, Sink, Source } from '../../src/content/types.js';
import { RegError } from '../../src/errors.js';
import { describe } from '../../src/spec/descriptor.js';
import { OCI_INDEX, OCI_LAYER } from '../../src/spec/media-type.js';
import { imageOf, indexOf, memoryWith, type Graph } from '../support/graphs.js';

/** A sink that keeps a list of what was put, in the order in which it was finished. */
function recording(sink: Memory): Sink & { readonly order: string[] } {
  const order: string[] = [];
  return {
    order,
    has: (descriptor) => sink.has(descriptor),
    async put(content, options) {
      const outcome = await sink.put(content, options);
      order.push(content.descriptor.digest);
      return outcome;
    },
  };
}

async function assertHolds(sink: Memory, { nodes }: Graph): Promise<void> {
  for (const { descriptor, bytes } of nodes) {
    assert.deepEqual(await readContent(sink.get(descriptor), { cap: descriptor.size }), bytes);
  }
}

test('copies every byte of an index and names the root', async () => {
  const graph = indexOf(imageOf('a', 'b'), imageOf('b', 'c', ''));
  const sink = new Memory();
  assert.equal(await copy(await memoryWith(graph), sink, graph.root, { tag: 'it' }), 'written');
  await assertHolds(sink, graph);
  assert.equal((await sink.resolve('it')).digest, graph.root.digest);
});

test('puts children before parents and each node once', async () => {
  const graph = indexOf(imageOf('same', 'one'), imageOf('same', 'two'));
  const sink = recording(new Memory());
  await copy(await memoryWith(graph), sink, graph.root);
  assert.equal(new Set(sink.order).size, sink.order.length);
  assert.equal(sink.order.at(-1), graph.root.digest);
  for (const image of [imageOf('same', 'one'), imageOf('same', 'two')]) {
    const manifest = sink.order.indexOf(image.root.digest);
    for (const { descriptor } of image.nodes.slice(0, -1))
      assert.ok(sink.order.indexOf(descriptor.digest) < manifest);
  }
});

test('opens nothing below a manifest that the sink has', async () => {
  const graph = imageOf('layer');
  const sink = await memoryWith(graph);
  const source: Source = {
    resolve: async () => graph.root,
    get: (descriptor) => ({ descriptor, open: async () => assert.fail('nothing needs to be opened') }),
  };
  assert.equal(await copy(source, sink, graph.root, { tag: 'again' }), 'exists');
  assert.equal((await sink.resolve('again')).digest, graph.root.digest);
});

test('walks again without skipping when the sink turns out to be incomplete', async () => {
  const image = imageOf('missing below');
  const graph = indexOf(image);
  const memory = new Memory();
  const manifest = image.nodes.at(-1);
  assert.ok(manifest);
  await memory.put(contentOf(manifest.descriptor, manifest.bytes));
  const sink: Sink = {
    has: (descriptor) => memory.has(descriptor),
    async put(content, options) {
      const whole = (await Promise.all(image.nodes.map((node) => memory.has(node.descriptor)))).every(
        Boolean,
      );
      if (content.descriptor.mediaType === OCI_INDEX && !whole)
        throw new RegError('INCOMPLETE', 'a child is missing');
      return memory.put(content, options);
    },
  };
  await copy(await memoryWith(graph), sink, graph.root, { tag: 'it' });
  await assertHolds(memory, graph);
});

test('ends all other work at the first failure and throws that one', async () => {
  const graph = imageOf('good', 'bad');
  const memory = await memoryWith(graph);
  const bad = describe(OCI_LAYER, Buffer.from('bad'));
  let released = 0;
  const source: Source = {
    resolve: (name) => memory.resolve(name),
    get(descriptor) {
      if (descriptor.digest === bad.digest) return failing(memory.get(descriptor));
      return descriptor.mediaType === OCI_LAYER
        ? waiting(memory.get(descriptor), () => released++)
        : memory.get(descriptor);
    },
  };
  await assert.rejects(copy(source, new Memory(), graph.root), { code: 'DENIED' });
  assert.equal(released, 1);
});

function failing(content: Content): Content {
  return {
    ...content,
    open: async () => {
      throw new RegError('DENIED', 'no');
    },
  };
}

/** A content that comes to its end only when it is told to stop. */
function waiting(content: Content, onRelease: () => void): Content {
  return {
    ...content,
    async open({ signal } = {}) {
      return (async function* () {
        await new Promise<void>((resolve) =>
          signal?.addEventListener('abort', () => resolve(), { once: true }),
        );
        onRelease();
        yield new Uint8Array();
        signal?.throwIfAborted();
      })();
    },
  };
}

test('an abort from outside ends the copy with its reason', async () => {
  const graph = imageOf('layer');
  const controller = new AbortController();
  controller.abort(new RegError('ABORTED', 'interrupted'));
  await assert.rejects(
    copy(await memoryWith(graph), new Memory(), graph.root, { signal: controller.signal }),
    {
      code: 'ABORTED',
    },
  );
});

test('an abort for a reason of any other kind is told as ABORTED', async () => {
  const graph = imageOf('layer');
  const signal = AbortSignal.abort('enough');
  await assert.rejects(copy(await memoryWith(graph), new Memory(), graph.root, { signal }), {
    name: 'RegError',
    code: 'ABORTED',
  });
});

test('never runs more contents at once than the limit', async () => {
  const graph = imageOf('1', '2', '3', '4', '5', '6');
  const memory = await memoryWith(graph);
  let running = 0;
  let most = 0;
  const sink: Sink = {
    has: async () => false,
    async put() {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return 'written';
    },
  };
  await copy(memory, sink, graph.root, { concurrency: 2 });
  assert.equal(most, 2);
});

test('tells of each node once when found and once when done, with absolute positions between', async () => {
  const graph = imageOf('some bytes');
  const events: CopyEvent[] = [];
  await copy(await memoryWith(graph), new Memory(), graph.root, { onEvent: (event) => events.push(event) });
  for (const { descriptor } of graph.nodes) {
    const mine = events.filter((event) => event.descriptor.digest === descriptor.digest);
    assert.equal(mine[0]?.type, 'found');
    assert.deepEqual(mine.at(-1), { type: 'done', descriptor: mine[0]?.descriptor, outcome: 'written' });
    const last = mine.findLast((event) => event.type === 'progress');
    assert.equal(last?.type === 'progress' && last.position, descriptor.size);
  }
});

test('refuses a graph that gives one digest two sizes', async () => {
  const layer = describe(OCI_LAYER, Buffer.from('layer'));
  const honest = imageOf('layer');
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: honest.nodes[0]?.descriptor,
      layers: [layer, { ...layer, size: layer.size + 1 }],
    }),
  );
  const root = describe(honest.root.mediaType, bytes);
  const source = await memoryWith(honest, { root, nodes: [{ descriptor: root, bytes }] });
  await assert.rejects(copy(source, new Memory(), root), { code: 'INVALID_MANIFEST', message: /two ways/ });
});

test('refuses an index that is nested for ever', async () => {
  let graph = imageOf('deep');
  for (let level = 0; level < 12; level++) graph = indexOf(graph);
  await assert.rejects(copy(await memoryWith(graph), new Memory(), graph.root), {
    code: 'INVALID_MANIFEST',
    message: /nested/,
  });
});
