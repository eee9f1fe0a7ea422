/** Commands that are ended, stopped or left alone from outside: with a terminal, without one, in a container. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getuid, kill, platform } from 'node:process';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../support/child.js';
import { assertClean, assertWhole } from '../support/crash-store.js';
import { startByteProxy } from '../support/byte-proxy.js';
import type { ByteProxy } from '../support/byte-proxy.js';
import { bigLayer, image } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { startStreamingRegistry } from '../support/streaming-registry.js';
import type { Scope } from '../support/temp.js';

const MIB = 1024 * 1024;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const graph = image({ layers: [await bigLayer(8 * MIB, 1)] });

/** Starts what comes behind it in a terminal, and notes its process id. */
const TERMINAL = 'echo $$ >"$HOME/pid"; exec $COMMAND';
const inTerminal = ['sh', '-c', `COMMAND="$*" exec script -qefc '${TERMINAL}' /dev/null`, 'sh'] as const;
const inContainer = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const needsContainer = { skip: getuid?.() !== 0 ? 'only root can make namespaces' : needs('unshare').skip };

interface Running {
  readonly me: Person;
  readonly child: Child;
  readonly proxy: ByteProxy;
  readonly name: string;
}

/** A pull that has got a part of its layer; the rest comes slowly, until `proxy.faults` is emptied. */
async function startPull(scope: Scope, under?: readonly [string, ...string[]]): Promise<Running> {
  const proxy = await startByteProxy(scope, await startStreamingRegistry(scope, graph), { delayMs: 150 });
  const me = await createPerson(scope);
  const name = `${proxy.host}/app:1`;
  const env = { REG_IDLE_TIMEOUT: '1s', TERM: 'xterm' };
  const child = await me.start(['pull', name], { env, ...(under && { under }) });
  while ((await partialBytes(me)) < MIB) await sleep(10);
  return { me, child, proxy, name };
}

async function partialBytes({ store }: Person): Promise<number> {
  const folder = join(store, '.partial');
  const names = existsSync(folder) ? await readdir(folder) : [];
  const partials = names.filter((name) => /^sha256-[0-9a-f]{64}$/.test(name));
  // One that is complete by now is in another folder.
  const sizes = partials.map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function completes(scope: Scope, { me, proxy, name }: Running): Promise<void> {
  proxy.faults = {};
  await me.reg(['pull', name]);
  await assertWhole(scope, me.home, [graph]);
}

/** The state of a process: `T` when it is stopped (proc_pid_stat(5)). */
function stateOf(pid: number): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
}

async function noted({ home }: Person): Promise<number> {
  return Number(await readFile(join(home, 'pid'), 'utf8'));
}

function assertCursorIsBack(text: string): void {
  assert.ok(text.includes(HIDE_CURSOR), 'there was no progress');
  assert.ok(text.lastIndexOf(SHOW_CURSOR) > text.lastIndexOf(HIDE_CURSOR), 'the cursor stays hidden');
}

describe('a pull in a terminal', { skip: needs('script').skip, concurrency: true }, () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    test(`that gets ${signal} gives the cursor back and ends within moments`, async (t) => {
      const running = await startPull(t, inTerminal);
      const pid = await noted(running.me);
      kill(pid, signal);
      const started = performance.now();
      const { code: found, stdout } = await running.child.ended;
      assert.equal(found, code, stdout);
      assert.ok(performance.now() - started < 5000, 'it took its time');
      assertCursorIsBack(stdout);
      await completes(t, running);
    });
  }

  test('that is stopped by Ctrl-Z gives the cursor back, and goes on after fg', async (t) => {
    const running = await startPull(t, inTerminal);
    const pid = await noted(running.me);
    kill(pid, 'SIGTSTP');
    // The terminal (script) stops when what runs in it does, and continues it when it goes on itself.
    while (stateOf(running.child.pid) !== 'T') await sleep(10);
    await sleep(1500);
    running.proxy.faults = {};
    running.child.kill('SIGCONT');
    const { code, stdout } = await running.child.ended;
    assert.equal(code, 0, stdout);
    assert.equal(stdout.split(SHOW_CURSOR).length, 3, 'the cursor was not given back twice');
    assertCursorIsBack(stdout);
    await assertWhole(t, running.me.home, [graph]);
  });
});

describe('output that nobody reads', { skip: platform === 'win32', concurrency: true }, () => {
  test('both streams closed before it starts: the pull does its work', async (t) => {
    const { host } = await startStreamingRegistry(t, graph);
    const me = await createPerson(t);
    const under = ['sh', '-c', 'exec "$@" >&- 2>&-', 'sh'] as const;
    await me.reg(['pull', `${host}/app:1`], { under });
    await assertWhole(t, me.home, [graph]);
  });

  test('both readers gone: it ends by itself, and leaves nothing that cannot be used', async (t) => {
    const running = await startPull(t);
    running.child.process.stdout.destroy();
    running.child.process.stderr.destroy();
    running.proxy.faults = {};
    const { code } = await running.child.ended;
    assert.ok(code === 0 || code === 141, `ended with ${code}`);
    await completes(t, running);
    await assertClean(running.me.home, [graph]);
  });

  test('both on a full disk: one exit code, and no bug', { skip: platform !== 'linux' }, async (t) => {
    const { host } = await startStreamingRegistry(t, graph);
    const me = await createPerson(t);
    const under = ['sh', '-c', 'exec "$@" >/dev/full 2>/dev/full', 'sh'] as const;
    const child = await me.start(['pull', `${host}/app:1`], { under });
    assert.equal((await child.ended).code, 8);
    await assertWhole(t, me.home, [graph]);
  });
});

describe('as process 1 of a container', needsContainer, () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`${signal} ends it`, async (t) => {
      const running = await startPull(t, inContainer);
      const { pid } = running.child;
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      kill(Number(children), signal);
      assert.equal((await running.child.ended).code, code);
      await completes(t, running);
    });
  }

  test('others outside leave what it holds alone', async (t) => {
    const running = await startPull(t, inContainer);
    const { me, proxy, name } = running;
    const bytes = await partialBytes(me);
    await me.reg(['prune']);
    assert.ok((await partialBytes(me)) >= bytes, 'its partial was removed');
    const other = await me.start(['pull', name]);
    proxy.faults = {};
    for (const child of [other, running.child]) succeeded(await child.ended);
    await assertWhole(t, me.home, [graph]);
  });
});

describe('the lock of another host', { concurrency: true, skip: platform === 'win32' }, () => {
  test('is waited for, with a word about whose it is', async (t) => {
    const { me, child, claim } = await startWaiting(t);
    await rm(claim);
    succeeded(await child.ended);
    await me.reg(['verify']);
  });

  test('is not waited for any longer after Ctrl-C, and is left alone', async (t) => {
    const { child, claim } = await startWaiting(t);
    child.kill('SIGINT');
    assert.equal((await child.ended).code, 130);
    assert.ok(existsSync(claim));
  });
});

/** A command that has said that it waits for a lock. */
async function startWaiting(
  scope: Scope,
): Promise<{ readonly me: Person; readonly child: Child; readonly claim: string }> {
  const { host } = await startStreamingRegistry(scope, graph);
  const me = await createPerson(scope);
  await me.reg(['pull', `${host}/app:1`]);
  const claim = join(me.store, '.partial', 'index.json.claim');
  const owner = { pid: 7, host: 'elsewhere', start: '', nonce: '0'.repeat(16) };
  await writeFile(claim, JSON.stringify(owner));
  const child = await me.start(['tag', `${host}/app:1`, 'localhost/other:1']);
  const [said] = await once(child.process.stderr, 'data');
  assert.match(String(said), /^reg: waiting for process 7 on host "elsewhere" to release the store ".*"\n$/);
  return { me, child, claim };
}
