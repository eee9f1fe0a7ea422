import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseRetryAfter } from '../../../src/registry/http/retry-after.js';

const NOW = 'Sun, 06 Nov 1994 08:49:30 GMT';

for (const [value, waitMs] of [
  ['0', 0],
  ['120', 120_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 7000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 7000],
  ['Sun Nov  6 08:49:37 1994', 7000],
  ['Sun, 06 Nov 1994 08:49:29 GMT', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['in 5 minutes', undefined],
  ['99999999999999999999', undefined],
  ['', undefined],
] as const) {
  test(`Retry-After: ${value} means ${waitMs} ms`, () => {
    assert.equal(parseRetryAfter(value, NOW), waitMs);
  });
}

test('a date is of no use where the server does not say what time it has', () => {
  assert.equal(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', undefined), undefined);
  assert.equal(parseRetryAfter(undefined, NOW), undefined);
});
