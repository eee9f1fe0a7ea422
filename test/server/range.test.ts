import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseContentRange, parseRange } from '../../src/server/range.js';

test('a single range of bytes is read and cut to the size', () => {
  assert.deepEqual(parseRange('bytes=500-1499', 2048), { start: 500, end: 1499 });
  assert.deepEqual(parseRange('bytes=500-', 2048), { start: 500, end: 2047 });
  assert.deepEqual(parseRange('bytes=-500', 2048), { start: 1548, end: 2047 });
  assert.deepEqual(parseRange('bytes=2000-5000', 2048), { start: 2000, end: 2047 });
  assert.deepEqual(parseRange('bytes=-5000', 2048), { start: 0, end: 2047 });
  assert.deepEqual(parseRange('bytes=0-0', 2048), { start: 0, end: 0 });
  assert.deepEqual(parseRange('bytes=4294967296-', 2 ** 33), { start: 2 ** 32, end: 2 ** 33 - 1 });
});

test('a range that holds no byte can not be satisfied', () => {
  for (const header of [
    'bytes=500-0',
    'bytes=2048-',
    'bytes=5000-10000',
    'bytes=-0',
    `bytes=${'9'.repeat(400)}-`,
  ]) {
    assert.equal(parseRange(header, 2048), 'unsatisfiable', header);
  }
  assert.equal(parseRange('bytes=0-', 0), 'unsatisfiable');
});

test('a range of another kind is ignored', () => {
  for (const header of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=0-1,3-4',
    'lines=0-1',
    'bytes=a-b',
  ]) {
    assert.equal(parseRange(header, 2048), undefined, header);
  }
});

test('a chunk says where it belongs without a unit', () => {
  assert.deepEqual(parseContentRange('0-1023'), { start: 0, end: 1023 });
  for (const header of ['', '5-4', '0-', '-1', 'bytes 0-1/2', '0-1 ', `0-${'9'.repeat(30)}`]) {
    assert.equal(parseContentRange(header), undefined, header);
  }
});
