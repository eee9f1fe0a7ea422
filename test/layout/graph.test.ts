import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contentOf } from '../../src/content/read.js';
import type { Content, Source } from '../../src/content/types.js';
import { reach } from '../../src/layout/graph.js';
import { describe, type Descriptor } from '../../src/spec/descriptor.js';
import { OCI_INDEX } from '../../src/spec/media-type.js';
import { image } from './stores.js';

interface Counted {
  readonly source: Source;
  readonly index: Descriptor;
  /** Reads begun so far, and the most that were under way at one time. */
  readonly reads: { begun: number; atOnce: number };
}

/** An index of so many images, at a source that counts. */
function counted(count: number): Counted {
  const images = Array.from({ length: count }, (_, position) => image(`app-${position}`));
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: images.map(({ root }) => root) }),
  );
  const index = contentOf(describe(OCI_INDEX, bytes), bytes);
  const owners = new Map(images.map((one) => [one.root.digest, one.source]));
  const reads = { begun: 0, atOnce: 0 };
  let running = 0;
  const get = (descriptor: Descriptor): Content => {
    const content = owners.get(descriptor.digest)?.get(descriptor) ?? index;
    return {
      ...content,
      async open(options) {
        reads.begun++;
        reads.atOnce = Math.max(reads.atOnce, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return content.open(options);
      },
    };
  };
  return { index: index.descriptor, reads, source: { get, resolve: async () => index.descriptor } };
}

test('a walk reads each manifest once, many at a time but never more than sixteen', async () => {
  const { source, index, reads } = counted(100);
  const nodes: Descriptor[] = [];
  for await (const node of reach(source, [index, index])) nodes.push(node);
  assert.equal(new Set(nodes.map(({ digest }) => digest)).size, nodes.length);
  assert.equal(nodes.length, 1 + 3 * 100);
  assert.deepEqual(reads, { begun: 101, atOnce: 16 });
});

test('a walk reads nothing before it is asked for what comes after', async () => {
  const { source, index, reads } = counted(3);
  for await (const node of reach(source, [index])) {
    assert.equal(node, index);
    break;
  }
  assert.equal(reads.begun, 0);
});
