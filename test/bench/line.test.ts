import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createLine, createRoute, windowOf } from './line.js';

test('a line sends one thing after the other, and loses the time in which it has nothing to send', () => {
  const line = createLine(1000);
  assert.equal(line.leave(500, 0), 500);
  assert.equal(line.leave(500, 0), 1000);
  assert.equal(line.leave(1000, 5000), 6000);
});

test('a line passes its rate, and no more, in each second of a thousand ticks', () => {
  const line = createLine(20_000);
  const perSecond = new Map<number, number>();
  for (let tick = 0; tick < 1000; tick++) {
    const second = Math.ceil(line.leave(100, tick / 1000) / 1000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 100);
  }
  assert.deepEqual([...perSecond.values()], [20_000, 20_000, 20_000, 20_000, 20_000]);
});

test('a line without a rate takes no time', () => {
  assert.equal(createLine().leave(1e9, 7), 7);
});

test('connections have a rate each, and share that of the link', () => {
  const link = createLine(1000);
  const routes = [1, 2, 3].map(() => createRoute({ delayMs: 25, connectionRate: 500 }, link));
  assert.deepEqual(
    routes.map((route) => route.leave(500, 0)),
    [1525, 2025, 2525],
  );
});

test('what is on its way fills the line for a round trip, and is bounded', () => {
  assert.equal(windowOf({ delayMs: 25, connectionRate: 1_000_000, linkRate: 2_000_000 }), 70_000);
  assert.equal(windowOf({}), 6 * 1024 * 1024);
});
