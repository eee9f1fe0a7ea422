import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';

import { Claims } from '../../src/disk/claim.js';
import { temporaryFolder } from '../support/temp.js';
import { thisProcess } from '../layout/stores.js';

const DEAD = spawnSync(process.execPath, ['--version']).pid;

async function writeClaim(path: string, owner: object): Promise<void> {
  const self = { pid: process.pid, host: thisProcess.hostname, start: '', nonce: '0123456789abcdef' };
  await writeFile(`${path}.claim`, JSON.stringify({ ...self, ...owner }));
}

test('a claim is held by one at a time', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  const [one, other] = [new Claims(thisProcess), new Claims(thisProcess)];
  const claim = await one.claim(path);
  assert(claim !== undefined);
  assert.equal(await other.claim(path), undefined);
  await claim.release();
  assert.notEqual(await other.claim(path), undefined);
});

test('the claim of a process that has ended is taken over, and nothing else is left', async (t) => {
  const folder = await temporaryFolder(t);
  await writeClaim(join(folder, 'thing'), { pid: DEAD });
  const claim = await new Claims(thisProcess).claim(join(folder, 'thing'));
  assert(claim !== undefined);
  assert.deepEqual(await readdir(folder), ['thing.claim']);
});

test('of many that find the claim of a dead process only one takes it over', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  for (let round = 0; round < 20; round++) {
    await writeClaim(path, { pid: DEAD });
    const claims = await Promise.all(Array.from({ length: 16 }, () => new Claims(thisProcess).claim(path)));
    const won = claims.filter((claim) => claim !== undefined);
    assert.equal(won.length, 1);
    await won[0]?.release();
  }
});

test('a claim that is taken over, released and claimed again by many is never held by two', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  for (let round = 0; round < 20; round++) {
    await writeClaim(path, { pid: DEAD });
    let held = 0;
    const work = async (): Promise<void> => {
      const claims = new Claims(thisProcess);
      for (let done = false; !done;) {
        const claim = await claims.claim(path);
        if (claim === undefined) continue;
        held += 1;
        await readdir('.');
        assert.equal(held, 1);
        held -= 1;
        await claim.release();
        done = true;
      }
    };
    await Promise.all(Array.from({ length: 12 }, work));
  }
});

test('who finds a claim dead too late leaves the one that took its place', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  await writeClaim(path, { pid: DEAD });
  const living = JSON.stringify({ pid: 1, host: thisProcess.hostname, start: '', nonce: 'fedcba9876543210' });
  const claims = new Claims({
    ...thisProcess,
    isRunning(pid) {
      // Another process takes over between our look and what we do about it.
      if (pid === DEAD) writeFileSync(`${path}.claim`, living);
      return pid !== DEAD;
    },
  });
  assert.equal(await claims.claim(path), undefined);
  assert.equal(await readFile(`${path}.claim`, 'utf8'), living);
});

test('who takes over and dies at it does not block the next one', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  await writeClaim(path, { pid: DEAD });
  await writeClaim(`${path}.0123456789abcdef`, { pid: DEAD });
  assert.notEqual(await new Claims(thisProcess).claim(path), undefined);
});

const noProc = process.platform === 'linux' ? false : 'needs /proc';
test('a process id that came into use again is told apart by its start', { skip: noProc }, async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  await writeClaim(path, { start: 'another boot/1' });
  assert.notEqual(await new Claims(thisProcess).claim(path), undefined);
});

test('the claim of a living process stays', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  await writeClaim(path, {});
  assert.equal(await new Claims(thisProcess).claim(path), undefined);
});

test('the claim of a process on another host stays, whatever its id', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  await writeClaim(path, { pid: DEAD, host: 'another-host' });
  assert.equal(await new Claims(thisProcess).claim(path), undefined);
});

test('the claim of another host is taken over when it has reached the age that was given', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  await writeClaim(path, { host: 'another-host' });
  const claims = new Claims(thisProcess, { foreignLifeMs: 60_000 });
  assert.equal(await claims.claim(path), undefined);
  await utimes(`${path}.claim`, new Date(0), new Date(0));
  assert.notEqual(await claims.claim(path), undefined);
});

test('a claim that nobody can read is taken over only when it is old', async (t) => {
  const path = join(await temporaryFolder(t), 'thing');
  await writeFile(`${path}.claim`, '');
  const recently = new Date(Date.now() - 3000);
  await utimes(`${path}.claim`, recently, recently);
  assert.equal(await new Claims(thisProcess).claim(path), undefined);
  await utimes(`${path}.claim`, new Date(0), new Date(0));
  assert.notEqual(await new Claims(thisProcess).claim(path), undefined);
});

test('a claim cannot lead to another folder by what it says', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'inside', 'thing.'), { recursive: true });
  await writeClaim(join(folder, 'inside', 'thing'), { pid: DEAD, nonce: '/../../outside' });
  assert.equal(await new Claims(thisProcess).claim(join(folder, 'inside', 'thing')), undefined);
  assert.deepEqual(await readdir(folder), ['inside']);
});
