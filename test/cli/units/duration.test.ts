import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatDuration, parseAge, parseDuration } from '../../../src/cli/units/duration.js';
import { hasCode } from '../../../src/errors.js';

test('A time is read with its unit, or in seconds without one', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['5s', 5000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['60', 60_000],
    [' 7 s ', 7000],
    ['24h', 86_400_000],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text, 'time'), ms, text);
});

test('An age has a unit: 30 would be seconds, and mean days', () => {
  assert.equal(parseAge('30d', '--unused-for'), 30 * 86_400_000);
  assert.throws(
    () => parseAge('30', '--unused-for'),
    (error) => hasCode(error, 'INVALID_ARGUMENT') && /with its unit/.test(error.context.hint ?? ''),
  );
});

test('What is no time is refused by name, and says how to write one', () => {
  for (const text of [
    '',
    '0',
    '0s',
    '-1s',
    '5 minutes',
    '1e3',
    's',
    '25h',
    'Infinity',
    '1.2345s',
    '9'.repeat(40),
  ]) {
    assert.throws(
      () => parseDuration(text, '--idle-timeout'),
      (error) => hasCode(error, 'INVALID_ARGUMENT') && /--idle-timeout/.test(error.message),
      text,
    );
  }
});

test('A span is shown in the units that matter', () => {
  const shown = [0, 149, 950, 4000, 9949, 9950, 59_499, 59_500, 65_000, 3_599_000, 3_720_000].map(
    formatDuration,
  );
  assert.deepEqual(shown, [
    '0s',
    '0.1s',
    '0.9s',
    '4s',
    '9.9s',
    '10s',
    '59s',
    '1m 00s',
    '1m 05s',
    '59m 59s',
    '1h 02m',
  ]);
});
