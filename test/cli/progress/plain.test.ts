import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createPlainProgress } from '../../../src/cli/progress/plain.js';
import { createSilentProgress } from '../../../src/cli/progress/silent.js';
import { TITLE } from '../../../src/spec/artifact.js';
import { done, FakeClock, FakeScreen, found, layer, progress } from '../../support/screen.js';

const ONE = layer('one', 31_400_000);
const TWO = layer('two', 612);

test('One line for each finished layer and a summary, nothing that only a terminal understands', () => {
  const screen = new FakeScreen();
  const clock = new FakeClock();
  const shown = createPlainProgress(screen, clock);
  shown.begin({ direction: 'push', name: 'app:1' });
  for (const event of [
    found(ONE),
    found(TWO),
    progress(ONE, 0),
    progress(ONE, 31_400_000),
    done(TWO, 'mounted'),
  ]) {
    shown.onEvent(event);
  }
  shown.notice({ type: 'wait', message: 'waiting 3s' });
  shown.onEvent(done(ONE));
  shown.onEvent(done(ONE, 'exists'));
  clock.ms = 10_000;
  shown.end('done');
  shown.end('done');
  assert.deepEqual(screen.text.split('\n'), [
    `${TWO.digest.slice(7, 19)}: Mounted`,
    'reg: waiting 3s',
    `${ONE.digest.slice(7, 19)}: Pushed, 31.4 MB`,
    'Pushed app:1: 2 layers, 31.4 MB in 10s (3.14 MB/s)',
    '',
  ]);
});

test('Files go by their titles, made safe', () => {
  const screen = new FakeScreen();
  const shown = createPlainProgress(screen, new FakeClock());
  shown.begin({ direction: 'pull', name: 'docs:1', unit: 'file' });
  shown.onEvent(done({ ...ONE, annotations: { [TITLE]: 'docs/no\u001b[2Jtes.md' } }));
  shown.end('done');
  assert.deepEqual(screen.text.split('\n'), [
    'docs/no[2Jtes.md: Pull complete, 31.4 MB',
    'Pulled docs:1: 1 file, 0 B in 0s',
    '',
  ]);
});

test('A failure and an image without layers have no summary', () => {
  const screen = new FakeScreen();
  const shown = createPlainProgress(screen, new FakeClock());
  shown.begin({ direction: 'pull', name: 'app' });
  shown.end('done');
  shown.begin({ direction: 'pull', name: 'app' });
  shown.onEvent(found(ONE));
  shown.end('failed');
  assert.equal(screen.text, '');
});

test('Without progress only notices are shown', () => {
  const screen = new FakeScreen();
  const shown = createSilentProgress(screen);
  shown.begin({ direction: 'pull', name: 'app' });
  shown.onEvent(done(ONE));
  shown.end('done');
  shown.notice({ type: 'insecure', message: 'not checked' });
  shown.notice({ type: 'debug', message: 'GET /v2/' });
  assert.equal(screen.text, 'reg: warning: not checked\ndebug: GET /v2/\n');
});
