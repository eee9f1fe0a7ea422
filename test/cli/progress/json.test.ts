import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createJsonProgress } from '../../../src/cli/progress/json.js';
import { done, FakeClock, FakeScreen, found, layer, progress } from '../../support/screen.js';

const ONE = layer('one', 1000);

test('Every line is an event with the fields that are promised', () => {
  const screen = new FakeScreen();
  const clock = new FakeClock();
  const shown = createJsonProgress(screen, clock);
  shown.begin({ direction: 'pull', name: 'nginx:latest' });
  for (const event of [found(ONE), progress(ONE, 100), progress(ONE, 1000), done(ONE)]) shown.onEvent(event);
  shown.notice({ type: 'warning', message: 'old' });
  clock.ms = 1500;
  shown.end('done');
  const { digest, mediaType, size } = ONE;
  assert.deepEqual(
    screen.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { type: 'begin', operation: 'pull', reference: 'nginx:latest' },
      { type: 'found', digest, mediaType, size },
      { type: 'progress', digest, size, position: 100 },
      { type: 'progress', digest, size, position: 1000 },
      { type: 'done', digest, size, outcome: 'written' },
      { type: 'notice', level: 'warning', message: 'old' },
      {
        type: 'end',
        operation: 'pull',
        reference: 'nginx:latest',
        outcome: 'done',
        moved: 900,
        elapsedMs: 1500,
      },
    ],
  );
});

test('Positions come at most ten times a second for each part', () => {
  const screen = new FakeScreen();
  const clock = new FakeClock();
  const shown = createJsonProgress(screen, clock);
  shown.begin({ direction: 'pull', name: 'nginx:latest' });
  const before = screen.writes.length;
  for (let position = 0; position < 1000; position++) {
    clock.ms = position;
    shown.onEvent(progress(ONE, position));
  }
  assert.equal(screen.writes.length - before, 10);
});
