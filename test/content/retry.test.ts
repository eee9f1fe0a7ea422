import assert from 'node:assert/strict';
import { test } from 'node:test';

import { resilient } from '../../src/content/resilient.js';
import { DEFAULT_POLICY, retry, type Clock, type Wait } from '../../src/content/retry.js';
import type { Content } from '../../src/content/types.js';
import { RegError, type ErrorContext } from '../../src/errors.js';
import { describe } from '../../src/spec/descriptor.js';

/** A clock that never waits, remembers what it was asked for, and throws the dice high. */
function fakeClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => 0,
    random: () => 1,
    sleep: async (ms) => {
      waits.push(ms);
    },
  };
}

function failingTimes(times: number, error: RegError): () => Promise<string> {
  let left = times;
  return async () => {
    if (left-- > 0) throw error;
    return 'done';
  };
}

const cut = new RegError('UNREACHABLE', 'cut');

test('tries a retryable error again, waits longer each time, and announces every wait', async () => {
  const clock = fakeClock();
  const announced: Wait[] = [];
  const result = await retry(failingTimes(4, cut), { clock, onWait: (wait) => announced.push(wait) });
  assert.equal(result, 'done');
  assert.deepEqual(clock.waits, [1000, 2000, 4000, 8000]);
  assert.deepEqual(
    announced.map((wait) => wait.attempt),
    [2, 3, 4, 5],
  );
});

test('gives up after the policy has no more tries, with the last error', async () => {
  await assert.rejects(retry(failingTimes(5, cut), { clock: fakeClock() }), cut);
});

test('a server that keeps silent is asked three times only: each takes a whole time limit', async () => {
  const silent = new RegError('TIMEOUT', 'no answer');
  const announced: string[] = [];
  let asked = 0;
  const task = async (): Promise<never> => {
    asked += 1;
    throw silent;
  };
  const onWait = ({ attempt, tries }: Wait): void => void announced.push(`${attempt} of ${tries}`);
  await assert.rejects(retry(task, { clock: fakeClock(), onWait }), silent);
  assert.equal(asked, 3);
  assert.deepEqual(announced, ['2 of 3', '3 of 3']);
});

test('silence among other failures leaves the number of tries as it is', async () => {
  const silent = new RegError('TIMEOUT', 'no answer');
  const errors = [cut, cut, silent, silent];
  const task = async (attempt: number): Promise<string> => {
    const error = errors[attempt - 1];
    if (error !== undefined) throw error;
    return 'done';
  };
  assert.equal(await retry(task, { clock: fakeClock() }), 'done');
});

test('throws at once what no second try can mend', async () => {
  const clock = fakeClock();
  const denied = new RegError('DENIED', 'no');
  await assert.rejects(retry(failingTimes(1, denied), { clock }), denied);
  await assert.rejects(
    retry(async () => Promise.reject(new TypeError('a bug')), { clock }),
    TypeError,
  );
  assert.deepEqual(clock.waits, []);
});

function busy(retryAfterMs: number, context: ErrorContext = {}): RegError {
  return new RegError('RATE_LIMITED', 'too many requests', { ...context, retryAfterMs });
}

test('waits as long as the server asks, within the limit', async () => {
  const clock = fakeClock();
  await retry(failingTimes(2, busy(20_000)), { clock });
  assert.deepEqual(clock.waits, [20_000, 20_000]);
});

test('stops and says when to come back when the server asks for more than a minute in all', async () => {
  await assert.rejects(retry(failingTimes(1, busy(3_600_000)), { clock: fakeClock() }), {
    code: 'RATE_LIMITED',
    context: { retryAfterMs: 3_600_000, hint: 'The server asks to come back in 60 minutes.' },
  });
  await assert.rejects(retry(failingTimes(4, busy(25_000)), { clock: fakeClock() }), {
    code: 'RATE_LIMITED',
  });
});

test('a caller that went away is not kept waiting', async () => {
  const controller = new AbortController();
  controller.abort();
  const clock = fakeClock();
  await assert.rejects(retry(failingTimes(1, cut), { clock, signal: controller.signal }), cut);
  assert.deepEqual(clock.waits, []);
});

const bytes = Buffer.from('0123456789'.repeat(20));

/** A content whose every opening breaks after `lengths.shift()` bytes, and records where it was opened. */
function breaking(lengths: number[]): Content & { readonly opened: number[] } {
  const opened: number[] = [];
  return {
    descriptor: describe('application/octet-stream', bytes),
    opened,
    async open({ from = 0 } = {}) {
      opened.push(from);
      const length = lengths.shift() ?? bytes.length;
      return (async function* () {
        yield bytes.subarray(from, from + length);
        if (from + length < bytes.length) throw cut;
      })();
    },
  };
}

async function read(content: Content, from?: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await content.open({ from })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a body that breaks goes on where it broke, whatever the offset it began at', async () => {
  const content = breaking([30, 50]);
  assert.equal(await read(resilient(content, { clock: fakeClock() }), 20), bytes.toString().slice(20));
  assert.deepEqual(content.opened, [20, 50, 100]);
});

test('a body that breaks often but gets on is read to its end', async () => {
  const content = breaking(Array<number>(19).fill(10));
  assert.equal(await read(resilient(content, { clock: fakeClock() })), bytes.toString());
  assert.equal(content.opened.length, 20);
});

test('a body that gets on by less than 1 % a try is read to its end, as long as that adds up', async () => {
  const large = Buffer.alloc(1000, 'x');
  let left = 30;
  const content: Content = {
    descriptor: describe('application/octet-stream', large),
    open: async ({ from = 0 } = {}) =>
      (async function* () {
        const isCut = left-- > 0;
        yield large.subarray(from, isCut ? from + 4 : undefined);
        if (isCut) throw cut;
      })(),
  };
  assert.equal(await read(resilient(content, { clock: fakeClock() })), large.toString());
});

test('a body that gets on by a byte a try is given up: that would take for ever', async () => {
  const large = Buffer.alloc(1000, 'x');
  let openings = 0;
  const content: Content = {
    descriptor: describe('application/octet-stream', large),
    open: async ({ from = 0 } = {}) =>
      (async function* () {
        openings += 1;
        yield large.subarray(from, from + 1);
        throw cut;
      })(),
  };
  await assert.rejects(read(resilient(content, { clock: fakeClock() })), cut);
  assert.equal(openings, DEFAULT_POLICY.tries);
});

test('a body that no longer gets on is given up after the tries of the policy', async () => {
  const content = breaking([30, ...Array<number>(50).fill(0)]);
  await assert.rejects(read(resilient(content, { clock: fakeClock() })), cut);
  assert.equal(content.opened.length, DEFAULT_POLICY.tries);
});
