import assert from 'node:assert/strict';
import { test } from 'node:test';

import { layRows, layTable, span, textOf } from '../../../src/cli/output/layout.js';

function cells(...rows: readonly (readonly string[])[]): ReturnType<typeof span>[][] {
  return rows.map((row) => row.map((text) => span(text)));
}

test('Columns are as wide as their widest cell, and lines end with text', () => {
  const columns = [{ head: 'REPOSITORY' }, { head: 'TAG' }, { head: 'SIZE', isRight: true }] as const;
  const rows = cells(['nginx', 'latest', '72 MB'], ['redis', '7', '9 MB'], ['ghcr.io/owner/app', '', '']);
  assert.deepEqual(layTable(columns, rows).map(textOf), [
    'REPOSITORY          TAG       SIZE',
    'nginx               latest   72 MB',
    'redis               7         9 MB',
    'ghcr.io/owner/app',
  ]);
});

test('What is wider than its letters on a terminal is given its room', () => {
  const rows = cells(['日本', 'a'], ['abcde', 'b']);
  assert.deepEqual(layRows(rows).map(textOf), ['日本    a', 'abcde   b']);
});

test('Only the last cell is cut to the width of the terminal', () => {
  const rows = cells(['a name', 'a text that is far too long for it']);
  assert.deepEqual(layRows(rows, { width: 26 }).map(textOf), ['a name   a text that is…']);
});

test('A table without rows is its head, columns without rows are nothing', () => {
  assert.deepEqual(layTable([{ head: 'A' }, { head: 'B' }], []).map(textOf), ['A   B']);
  assert.deepEqual(layRows([]), []);
});
