import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startChild } from './child.js';
import type { Ended } from './child.js';

test(
  'the peak memory of a child is its own, and seen though it was given back',
  { skip: process.platform === 'linux' ? false : 'there is no /proc' },
  async (t) => {
    const small = await run(t, 'setTimeout(() => {}, 30)');
    const large = await run(t, 'Buffer.alloc(200e6, 1); setTimeout(() => {}, 30)');
    assert.ok(small.peakRssKiB > 10_000 && small.peakRssKiB < 100_000, `${small.peakRssKiB}`);
    assert.ok(large.peakRssKiB > small.peakRssKiB + 190_000, `${large.peakRssKiB}`);
  },
);

test('a child gets its input and nothing of our environment, and its end is told', async (t) => {
  const child = await startChild(
    t,
    [
      process.execPath,
      '-e',
      'process.stdin.pipe(process.stdout); process.exitCode = Object.keys(process.env).length',
    ],
    { stdin: 'hello', env: { ONE: '1' } },
  );
  const { code, signal, stdout } = await child.ended;
  assert.deepEqual({ code, signal, stdout }, { code: 1, signal: null, stdout: 'hello' });
});

test('a killed child says by which signal', async (t) => {
  const child = await startChild(t, [process.execPath, '-e', 'setInterval(() => {}, 1000)']);
  child.kill('SIGTERM');
  assert.equal((await child.ended).signal, 'SIGTERM');
});

async function run(t: TestContext, code: string): Promise<Ended> {
  const child = await startChild(t, [process.execPath, '-e', code]);
  return child.ended;
}
