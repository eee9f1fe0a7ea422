import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pairedRatio, spread } from './statistics.js';

test('the median of an odd number of values is the middle one, of an even number the mean of two', () => {
  assert.deepEqual(spread([9, 1, 5]), { median: 5, min: 1, max: 9 });
  assert.deepEqual(spread([10, 9, 1, 5]), { median: 7, min: 1, max: 10 });
  assert.deepEqual(spread([3]), { median: 3, min: 3, max: 3 });
  assert.throws(() => spread([]));
});

test('ratios are taken pair by pair: a machine that slows down does not change them', () => {
  assert.deepEqual(pairedRatio([1, 10, 100], [2, 20, 200]), { median: 0.5, min: 0.5, max: 0.5 });
});

test('a third series can be taken off first', () => {
  assert.deepEqual(pairedRatio([3, 30], [2, 20], { less: [1, 10] }), { median: 1, min: 1, max: 1 });
});
