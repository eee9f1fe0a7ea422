import assert from 'node:assert/strict';
import { test } from 'node:test';

import { copy } from '../../../src/content/copy.js';
import { Memory } from '../../../src/content/memory.js';
import { currentIn, guarded } from '../../../src/operations/transfer/guarded.js';
import { imageOf, memoryWith } from '../../support/graphs.js';

test('a tag that somebody else moves right after us is found out', async () => {
  const [one, two] = [imageOf('one'), imageOf('two')];
  const source = await memoryWith(one);
  const sink = new Memory();
  let asked = 0;
  const current = async (name: string) => {
    asked += 1;
    return asked === 1 ? currentIn(sink)(name) : two.root;
  };
  const copying = copy(source, guarded(sink, { noClobber: true, current }), one.root, { tag: 'v1' });
  await assert.rejects(copying, { code: 'TAG_EXISTS', message: /was moved by somebody else meanwhile/ });
});

test('a tag that appears while the layers move is not overwritten', async () => {
  const [one, two] = [imageOf('one'), imageOf('two')];
  const sink = await memoryWith(two);
  const guard = { noClobber: true, current: async () => two.root };
  await assert.rejects(copy(await memoryWith(one), guarded(sink, guard), one.root, { tag: 'v1' }), {
    code: 'TAG_EXISTS',
    message: /"v1" exists: it stands for sha256:/,
  });
  assert.equal(await sink.has(one.root), false);
});

test('without rules the sink is left as it is', () => {
  const sink = new Memory();
  assert.equal(guarded(sink, { current: currentIn(sink) }), sink);
});
