import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { createLimit } from '../../src/content/limit.js';

test('no more tasks run at once than the limit allows, and each in its turn', async () => {
  const limit = createLimit(3);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const tasks = Array.from({ length: 50 }, (_, number) =>
    limit(async () => {
      order.push(number);
      running += 1;
      most = Math.max(most, running);
      await nextTurn();
      running -= 1;
      return number;
    }),
  );
  assert.deepEqual(await Promise.all(tasks), [...tasks.keys()]);
  assert.deepEqual(order, [...tasks.keys()]);
  assert.equal(most, 3);
});

test('a task that fails leaves its place to the next, also to those that come later', async () => {
  const limit = createLimit(1);
  const fails = limit(async () => Promise.reject(new Error('no')));
  const works = limit(async () => 'yes');
  await assert.rejects(fails, /no/);
  assert.equal(await works, 'yes');
  assert.equal(await limit(async () => 'later'), 'later');
});
