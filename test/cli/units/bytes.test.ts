import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatBytes, formatShare, parseBytes } from '../../../src/cli/units/bytes.js';

test('Sizes have three digits and decimal units', () => {
  const sizes = [
    0, 999, 1000, 1250, 31_415_926, 99_940_000, 99_950_000, 999_499_999, 999_500_000, 5e12, 9e15, 5e18,
  ];
  assert.deepEqual(sizes.map(formatBytes), [
    '0 B',
    '999 B',
    '1.00 kB',
    '1.25 kB',
    '31.4 MB',
    '99.9 MB',
    '100 MB',
    '999 MB',
    '1.00 GB',
    '5.00 TB',
    '9.00 PB',
    '5000 PB',
  ]);
});

test('A share is in the unit of the whole, so that it does not jump', () => {
  assert.equal(formatShare(0, 25_300_000), '0.0/25.3 MB');
  assert.equal(formatShare(999_999, 1_250_000_000), '0.00/1.25 GB');
  assert.equal(formatShare(612, 955), '612/955 B');
});

test('sizes are read as people write them', () => {
  for (const [text, bytes] of [
    ['1', 1],
    ['500MB', 500_000_000],
    ['2GiB', 2 * 1024 ** 3],
    ['1.5 TB', 1.5e12],
    ['10k', 10_000],
  ] as const) {
    assert.equal(parseBytes(text, '--size'), bytes, text);
  }
  for (const text of ['', '0', 'MB', '-1', '1e9', '1XB', '9999999PB']) {
    assert.throws(() => parseBytes(text, '--size'), { code: 'INVALID_ARGUMENT' }, text);
  }
});
