import assert from 'node:assert/strict';
import { test } from 'node:test';

import { alignColumns, formatTable } from '../../../src/cli/output/table.js';

test('Columns are as wide as their widest cell, and lines end with text', () => {
  const lines = formatTable(
    ['REPOSITORY', 'TAG', 'SIZE'],
    [
      ['nginx', 'latest', '72 MB'],
      ['ghcr.io/owner/app', '', ''],
    ],
  );
  assert.deepEqual(lines, [
    'REPOSITORY          TAG      SIZE',
    'nginx               latest   72 MB',
    'ghcr.io/owner/app',
  ]);
});

test('What is wider than its letters on a terminal is given its room', () => {
  assert.deepEqual(
    alignColumns([
      ['日本', 'a'],
      ['abcde', 'b'],
    ]),
    ['日本    a', 'abcde   b'],
  );
});

test('A table without rows is its head, columns without rows are nothing', () => {
  assert.deepEqual(formatTable(['A', 'B'], []), ['A   B']);
  assert.deepEqual(alignColumns([]), []);
});
