import assert from 'node:assert/strict';
import { test } from 'node:test';

import { abortError, chunksUntilAborted, throwIfAborted, untilAborted } from '../../src/content/abort.js';
import { systemClock } from '../../src/content/system-clock.js';
import { RegError } from '../../src/errors.js';

const REASON = new RegError('TIMEOUT', 'too late');

test('an abort is ABORTED, or the reason itself where that is an error of ours', () => {
  assert.equal(abortError(AbortSignal.abort(REASON)), REASON);
  const { code, cause } = abortError(AbortSignal.abort('enough'));
  assert.deepEqual([code, cause], ['ABORTED', 'enough']);
  assert.throws(() => throwIfAborted(AbortSignal.abort()), { code: 'ABORTED' });
  throwIfAborted(new AbortController().signal);
  throwIfAborted(undefined);
});

test('a wait ends with its task or with the abort, whichever comes first', async () => {
  const never = new Promise<never>(() => {});
  const controller = new AbortController();
  const waiting = untilAborted(never, controller.signal);
  controller.abort(REASON);
  await assert.rejects(waiting, REASON);
  await assert.rejects(untilAborted(never, controller.signal), REASON);
  assert.equal(await untilAborted(Promise.resolve(1), new AbortController().signal), 1);
});

test('a sleep that is called off rejects as every call does', async () => {
  const controller = new AbortController();
  const sleeping = systemClock.sleep(60_000, controller.signal);
  controller.abort();
  await assert.rejects(sleeping, { name: 'RegError', code: 'ABORTED' });
});

/** One chunk, and then none for ever; `released` once the iteration has been ended. */
function stalling(): AsyncIterable<Uint8Array> & { released: boolean } {
  const chunks = {
    released: false,
    [Symbol.asyncIterator]: () => ({
      next: stepper(),
      return: async () => {
        chunks.released = true;
        return { done: true, value: undefined } as const;
      },
    }),
  };
  return chunks;
}

function stepper(): () => Promise<IteratorResult<Uint8Array>> {
  let isFirst = true;
  return () => {
    if (!isFirst) return new Promise<never>(() => {});
    isFirst = false;
    return Promise.resolve({ done: false, value: new Uint8Array([1]) });
  };
}

test('chunks end with the abort although no next one comes, and what is behind them is released', async () => {
  const chunks = stalling();
  const controller = new AbortController();
  const reading = async (): Promise<void> => {
    for await (const _ of chunksUntilAborted(chunks, controller.signal))
      queueMicrotask(() => controller.abort(REASON));
  };
  await assert.rejects(reading(), REASON);
  assert.ok(chunks.released);
});

test('who stops reading chunks releases what is behind them', async () => {
  const chunks = stalling();
  for await (const _ of chunksUntilAborted(chunks, undefined)) break;
  assert.ok(chunks.released);
});
