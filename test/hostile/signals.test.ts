/** Commands that are ended from outside in the middle of a layer, and readers that go away. */
import assert from 'node:assert/strict';
import { platform } from 'node:process';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../support/child.js';
import { dawdles, neverAnswers, stopsAt } from '../support/hostile/faults.js';
import { judgeDisk } from '../support/hostile/judge.js';
import { largeImage, setStage, type Stage } from '../support/hostile/stage.js';
import { filesIn } from '../support/hostile/store-check.js';
import { startReg } from '../support/reg.js';

/** A pull that got half of its layer and waits for the rest. */
async function midLayer(t: TestContext): Promise<{ readonly stage: Stage; readonly child: Child }> {
  const stage = await setStage(t, { graph: await largeImage() });
  stage.registry.faults = { 'GET layer': stopsAt(0.5, 'silence') };
  const args = ['pull', '--progress', 'none', '--platform', 'linux/amd64', stage.image];
  const child = await startReg(t, args, { home: stage.home });
  while (!stage.registry.seen().includes('GET layer')) await sleep(20);
  // The half is to have arrived.
  await sleep(300);
  return { stage, child };
}

async function finishes(stage: Stage): Promise<void> {
  stage.registry.faults = {};
  const again = await stage.reg(['pull', '--progress', 'none', '--platform', 'linux/amd64', stage.image]);
  assert.equal(again.code, 0, again.stderr);
  assert.equal((await stage.reg(['verify'])).code, 0);
  const left = (await filesIn(stage.store)).filter((file) => file.startsWith('.partial/'));
  assert.deepEqual(left, [], 'the next run cleans up');
}

describe('signals', { concurrency: 4, skip: platform === 'win32' }, () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    test(`158: ${signal} in the middle of a layer ends within moments, and the next pull goes on`, async (t) => {
      const { stage, child } = await midLayer(t);
      const before = await filesIn(stage.home);
      const started = performance.now();
      child.kill(signal);
      const ended = await child.ended;
      assert.equal(ended.code, code, ended.stderr);
      // An idle server would be given up after a minute.
      assert.ok(performance.now() - started < 20_000, 'it took its time');
      assert.ok(ended.stderr.split('\n').length <= 2, ended.stderr);
      // Who hangs up reads no more.
      if (signal !== 'SIGHUP') assert.match(ended.stderr, /What has arrived is kept: run the same command /);
      await finishes(stage);
      // Only now: on a busy machine it may have had no time to take back its lease, which the next pull does.
      await judgeDisk(stage, before, { mayWrite: [] });
      assert.ok(stage.registry.requests.some(({ headers }) => headers.range !== undefined));
    });
  }

  test('158: SIGINT in the middle of a push promises no more than the registry keeps', async (t) => {
    const stage = await setStage(t);
    const quietly = ['--progress', 'none'];
    await stage.reg(['pull', ...quietly, '--platform', 'linux/amd64', stage.image]);
    stage.registry.blobs.clear();
    stage.registry.manifests.clear();
    stage.registry.faults = { 'PUT upload': neverAnswers };
    const child = await startReg(t, ['push', ...quietly, stage.image], { home: stage.home });
    while (!stage.registry.seen().includes('PUT upload')) await sleep(20);
    child.kill('SIGINT');
    const ended = await child.ended;
    assert.equal(ended.code, 130, ended.stderr);
    assert.match(ended.stderr, /What was complete is kept, what was under way is sent again: /);
  });

  test('159: SIGKILL in the middle of a layer, twice, and the next pull goes on and cleans up', async (t) => {
    const { stage, child } = await midLayer(t);
    child.kill('SIGKILL');
    await child.ended;
    const args = ['pull', '--progress', 'none', '--platform', 'linux/amd64', stage.image];
    const second = await startReg(t, args, { home: stage.home });
    while (stage.registry.seen().filter((line) => line === 'GET layer').length < 2) await sleep(20);
    second.kill('SIGKILL');
    await second.ended;
    await finishes(stage);
  });

  test('158: a second signal ends it at once', async (t) => {
    const { child } = await midLayer(t);
    child.kill('SIGINT');
    child.kill('SIGINT');
    assert.equal((await child.ended).code, 130);
  });

  test('164: stopped for longer than the idle time, and continued', async (t) => {
    const stage = await setStage(t);
    stage.registry.faults = { 'GET layer': dawdles(10, 100) };
    const args = ['pull', '--progress', 'none', '--platform', 'linux/amd64', stage.image];
    const child = await startReg(t, args, { home: stage.home, env: { REG_IDLE_TIMEOUT: '1s' } });
    while (!stage.registry.seen().includes('GET layer')) await sleep(20);
    child.kill('SIGSTOP');
    await sleep(2500);
    child.kill('SIGCONT');
    const ended = await child.ended;
    assert.equal(ended.code, 0, ended.stderr);
  });

  for (const which of ['stdout', 'stderr'] as const) {
    test(`163: a reader of ${which} that goes away`, async (t) => {
      const stage = await setStage(t);
      const args = ['pull', '--platform', 'linux/amd64', stage.image];
      const child = await startReg(t, args, { home: stage.home });
      child.process[which].destroy();
      const ended = await child.ended;
      assert.ok([0, 141].includes(ended.code ?? -1), `${ended.code} ${ended.stderr}`);
      assert.doesNotMatch(ended.stderr, /EPIPE|internal error/);
      await judgeDisk(stage, await filesIn(stage.home), { mayWrite: [] });
    });
  }

  test('161: the same image three times at once', async (t) => {
    const stage = await setStage(t);
    const args = ['pull', '--progress', 'none', '--platform', 'linux/amd64', stage.image];
    const runs = await Promise.all([stage.reg(args), stage.reg(args), stage.reg(args)]);
    for (const run of runs) assert.equal(run.code, 0, run.stderr);
    await judgeDisk(stage, await filesIn(stage.home), { mayWrite: [] });
  });
});
