import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import {
  formatUploadRange,
  isStretch,
  parseContentRange,
  parseLength,
  parseUploadRange,
} from '../../../src/registry/http/content-range.js';

const GIB = 1024 ** 3;

test('a content range is read with and without a total', () => {
  assert.deepEqual(parseContentRange('bytes 5-9/10'), { start: 5, end: 9, total: 10 });
  assert.deepEqual(parseContentRange(' Bytes 5-9/* '), { start: 5, end: 9 });
});

test('every range of safe integers is read back as it was written', () => {
  const whole = fc.maxSafeNat();
  fc.assert(
    fc.property(whole, whole, whole, (a, b, total) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      assert.deepEqual(parseContentRange(`bytes ${start}-${end}/${total}`), { start, end, total });
    }),
  );
});

test('what is not exactly a content range is none', () => {
  const wrong = ['', '5-9/10', 'bytes 5-9', 'bytes 9-5/10', 'bytes -5/10', 'bytes */10', 'items 5-9/10'];
  const hostile = [
    'bytes 5-9/10, bytes 5-9/10',
    'bytes 0x5-9/10',
    'bytes 5-9007199254740993/*',
    'bytes 5-9/1e2',
  ];
  for (const header of [...wrong, ...hostile]) assert.equal(parseContentRange(header), undefined, header);
});

test('only the rest that was asked for is the rest', () => {
  assert.equal(isStretch('bytes 5-9/10', { from: 5, to: 10, size: 10 }), true);
  assert.equal(isStretch('bytes 5-9/*', { from: 5, to: 10, size: 10 }), true);
  for (const header of [
    undefined,
    'bytes 4-9/10',
    'bytes 5-8/10',
    'bytes 5-9/11',
    'bytes 6-9/10',
    'nonsense',
  ]) {
    assert.equal(isStretch(header, { from: 5, to: 10, size: 10 }), false, header);
  }
});

test('offsets past 4 GiB stay what they are', () => {
  assert.equal(
    isStretch(`bytes ${5 * GIB}-${6 * GIB - 1}/${6 * GIB}`, { from: 5 * GIB, to: 6 * GIB, size: 6 * GIB }),
    true,
  );
  assert.equal(
    isStretch(`bytes ${GIB}-${6 * GIB - 1}/${6 * GIB}`, { from: 5 * GIB, to: 6 * GIB, size: 6 * GIB }),
    false,
  );
  assert.equal(formatUploadRange(5 * GIB, 6 * GIB), '5368709120-6442450943');
  assert.equal(parseUploadRange('0-6442450943'), 6 * GIB);
  assert.equal(parseLength('6442450944'), 6 * GIB);
});

test('an upload range says how much has arrived, unless it may mean nothing', () => {
  assert.equal(parseUploadRange('0-99'), 100);
  assert.equal(parseUploadRange('bytes=0-99'), 100);
  for (const header of [undefined, '', '0-0', '5-99', '0-', '0--1', '0-99999999999999999']) {
    assert.equal(parseUploadRange(header), undefined, header);
  }
});

test('a length is a whole number of bytes or nothing', () => {
  assert.equal(parseLength('0'), 0);
  for (const header of [undefined, '', '-1', '1.5', '1e3', '0x10', '12, 12', '99999999999999999']) {
    assert.equal(parseLength(header), undefined, header);
  }
});
