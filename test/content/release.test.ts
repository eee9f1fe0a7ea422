import assert from 'node:assert/strict';
import { test } from 'node:test';

import { thenRelease } from '../../src/content/release.js';

/** Steps that note themselves; those in `failing` fail by their name. */
function steps(...failing: readonly string[]) {
  const done: string[] = [];
  const step = (name: string) => async (): Promise<string> => {
    await Promise.resolve();
    done.push(name);
    if (failing.includes(name)) throw new Error(name);
    return name;
  };
  const release = (name: string) => async (): Promise<void> => void (await step(name)());
  return { done, run: () => thenRelease(step('task'), release('one'), release('two')) };
}

test('everything is let go of in its turn, after the task', async () => {
  const { done, run } = steps();
  assert.equal(await run(), 'task');
  assert.deepEqual(done, ['task', 'one', 'two']);
});

test('whatever fails, all is let go of, and the first failure is told', async () => {
  const cases: readonly (readonly [failing: readonly string[], told: string])[] = [
    [['one'], 'one'],
    [['one', 'two'], 'one'],
    [['task', 'one'], 'task'],
    [['task', 'two'], 'task'],
  ];
  for (const [failing, told] of cases) {
    const { done, run } = steps(...failing);
    await assert.rejects(run(), { message: told });
    assert.deepEqual(done, ['task', 'one', 'two']);
  }
});
