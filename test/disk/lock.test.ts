import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { test } from 'node:test';

import type { Clock } from '../../src/content/retry.js';
import { hasCode } from '../../src/errors.js';
import { Claims } from '../../src/disk/claim.js';
import { Lock, type Notice } from '../../src/disk/lock.js';
import { Paths } from '../../src/layout/paths.js';
import { temporaryFolder, type Scope } from '../support/temp.js';
import { thisProcess } from '../layout/stores.js';

async function storePaths(scope: Scope): Promise<Paths> {
  const paths = new Paths(await temporaryFolder(scope));
  await mkdir(paths.work);
  return paths;
}

function makeLock(paths: Paths, options: { clock?: Clock; onNotice?: (notice: Notice) => void } = {}): Lock {
  return new Lock({
    path: paths.nextIndex,
    what: 'the store',
    prepare: async () => undefined,
    claims: new Claims(thisProcess),
    clock: thisProcess.clock,
    ...options,
  });
}

/** A clock whose time passes only by sleeping. */
function patientClock(): Clock {
  let now = 0;
  return { now: () => now, random: () => 1, sleep: async (ms) => void (now += ms) };
}

test('two who hold the lock do so one after the other', async (t) => {
  const paths = await storePaths(t);
  let inside = 0;
  const task = async (): Promise<void> => {
    inside += 1;
    assert.equal(inside, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside -= 1;
  };
  const [one, other] = [makeLock(paths), makeLock(paths)];
  await Promise.all([one.hold(task), other.hold(task), one.hold(task), other.hold(task)]);
});

test('a task that fails lets go of the lock', async (t) => {
  const lock = makeLock(await storePaths(t));
  await assert.rejects(
    lock.hold(() => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await lock.hold(async () => 'next'), 'next');
});

test('a lock that is never released: one notice, then an error that names who holds it', async (t) => {
  const paths = await storePaths(t);
  const notices: Notice[] = [];
  const clock = patientClock();
  const lock = makeLock(paths, { clock, onNotice: (notice) => notices.push(notice) });
  await makeLock(paths).hold(async () => {
    await assert.rejects(
      lock.hold(async () => assert.fail('two at once')),
      (error) =>
        hasCode(error, 'STORE_LOCKED') &&
        error.message.includes(`process ${process.pid} on host "${thisProcess.hostname}"`),
    );
  });
  assert.equal(clock.now(), 30_000);
  assert.deepEqual(notices, [
    {
      type: 'wait',
      message: `waiting for process ${process.pid} on host "${thisProcess.hostname}" to release the store`,
    },
  ]);
});

test('the lock of another host is not broken; the error says which file to remove', async (t) => {
  const paths = await storePaths(t);
  const claim = { pid: 7, host: 'nfs\u001b[2J-peer', start: '', nonce: '0123456789abcdef' };
  await writeFile(`${paths.nextIndex}.claim`, JSON.stringify(claim));
  const lock = makeLock(paths, { clock: patientClock() });
  await assert.rejects(
    lock.hold(async () => assert.fail('broken')),
    (error) =>
      hasCode(error, 'STORE_LOCKED') &&
      error.message.includes('process 7 on host "nfs[2J-peer"') &&
      error.context.hint?.includes(`${paths.nextIndex}.claim`) === true,
  );
});

test('waiting for the lock ends when it is called off', async (t) => {
  const paths = await storePaths(t);
  await makeLock(paths).hold(async () => {
    const signal = AbortSignal.timeout(20);
    await assert.rejects(
      makeLock(paths).hold(async () => assert.fail('two at once'), { signal }),
      (error) => hasCode(error, 'ABORTED'),
    );
  });
});
