import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isInShard, parseShard } from '../../../src/operations/sync/shard.js';
import { parseReference } from '../../../src/spec/reference.js';

test('a shard is the k-th of n, or the one that Kubernetes counts from 0', () => {
  assert.deepEqual(parseShard('2/5', undefined), { index: 1, count: 5 });
  assert.deepEqual(parseShard('5', '0'), { index: 0, count: 5 });
  assert.deepEqual(parseShard('1/1', '7'), { index: 0, count: 1 });
  for (const [text, index] of [
    ['0/5', undefined],
    ['6/5', undefined],
    ['5', undefined],
    ['5', ''],
    ['5', '5'],
    ['a/b', undefined],
    ['1/0', undefined],
    ['', '0'],
  ] as const)
    assert.throws(() => parseShard(text, index), { code: 'INVALID_ARGUMENT' }, text);
});

test('every repository falls to exactly one worker, whatever its tag', () => {
  const names = Array.from({ length: 200 }, (_, at) => `registry.local/team/app${at}`);
  const parts = [0, 1, 2].map((index) =>
    names.filter((name) => isInShard(parseReference(`${name}:1`), { index, count: 3 })),
  );
  assert.deepEqual(parts.flat().toSorted(), names.toSorted());
  for (const part of parts) assert.ok(part.length > 40, `${part.length} of 200`);
  assert.equal(
    isInShard(parseReference('a.b/c:1'), { index: 0, count: 2 }),
    isInShard(parseReference('a.b/c:2'), { index: 0, count: 2 }),
  );
});
