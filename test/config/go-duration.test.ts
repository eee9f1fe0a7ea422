import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseGoDuration } from '../../src/config/go-duration.js';

test('spans of time are read as Go writes them', () => {
  for (const [text, ms] of [
    ['1s', 1000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['1m30s', 90_000],
  ] as const)
    assert.equal(parseGoDuration(text), ms, text);
  for (const text of ['', '1', 's', '1 s', '-1s', '1d', '1s!', '0s', '100h', '1e3s'])
    assert.equal(parseGoDuration(text), undefined, text);
});
