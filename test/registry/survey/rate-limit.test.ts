import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readRateLimit } from '../../../src/registry/survey/rate-limit.js';
import { cannedAnswer } from '../../support/canned-answer.js';

test('a rate limit is read as registries write it, and only where it is whole', () => {
  const cases: readonly (readonly [Record<string, string>, unknown])[] = [
    [
      {
        'ratelimit-limit': '100;w=21600',
        'ratelimit-remaining': '76;w=21600',
        'docker-ratelimit-source': '203.0.113.7\u001b[2J',
      },
      { limit: 100, remaining: 76, windowSeconds: 21600, countedBy: '203.0.113.7[2J' },
    ],
    [
      { 'ratelimit-limit': '2000', 'ratelimit-remaining': '0' },
      { limit: 2000, remaining: 0, windowSeconds: undefined, countedBy: undefined },
    ],
    [
      { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '59' },
      { limit: 60, remaining: 59, windowSeconds: undefined, countedBy: undefined },
    ],
    [{ 'ratelimit-limit': '100;w=21600' }, undefined],
    [{ 'ratelimit-limit': 'many', 'ratelimit-remaining': '1' }, undefined],
    [{ 'ratelimit-limit': '9999999999', 'ratelimit-remaining': '-1' }, undefined],
    [{}, undefined],
  ];
  for (const [headers, expected] of cases)
    assert.deepEqual(readRateLimit(cannedAnswer(200, headers)), expected, JSON.stringify(headers));
});
