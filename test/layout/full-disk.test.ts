import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid, platform } from 'node:process';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { hasCode } from '../../src/errors.js';
import { pruneLayout, verifyLayout } from '../../src/layout/maintain.js';
import type { Scope } from '../support/temp.js';
import { blob, image, openStore } from './stores.js';

const NAME = 'docker.io/library/app:1';

function run(...[program, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Whether a small disk can be mounted here. */
function whyNoDisk(): string | false {
  if (platform !== 'linux' || getuid?.() !== 0) return 'only root on Linux can mount a small disk';
  const folder = '/tmp';
  return run('unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', folder)
    ? false
    : 'mounting is not allowed here';
}

const options = { skip: whyNoDisk() };

async function smallDisk(scope: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reg-test-'));
  assert(run('mount', '-t', 'tmpfs', '-o', 'size=4m,mode=755', 'none', folder));
  scope.after(async () => {
    run('umount', '--lazy', folder);
    await rmdir(folder);
  });
  return folder;
}

test('a disk that gets full: the bytes needed are told, the store stays whole', options, async (t) => {
  const folder = await smallDisk(t);
  const store = await openStore(t, folder);
  const small = image('small', ['fits']);
  await copy(small.source, store, small.root, { tag: NAME });
  const large = image('large', [Buffer.alloc(6 * 1024 * 1024, 'large')]);
  await assert.rejects(
    copy(large.source, store, large.root, { tag: 'docker.io/library/large:1' }),
    (error) => hasCode(error, 'DISK_FULL') && /\d+ more bytes are needed/.test(error.message),
  );
  assert.deepEqual((await verifyLayout(store)).problems, []);
  await store.close();
  assert.deepEqual(
    (await readdir(`${folder}/.partial`)).filter((name) => !name.startsWith('sha256-')),
    [],
  );
  assert.equal((await pruneLayout(store)).partials, 1);
  await copy(small.source, store, small.root, { tag: 'docker.io/library/second:1' });
  assert.equal((await store.images()).length, 2);
});

test('a disk that is full already: an error, and nothing is lost', options, async (t) => {
  const folder = await smallDisk(t);
  const store = await openStore(t, folder);
  const small = image('small', ['fits']);
  await copy(small.source, store, small.root, { tag: NAME });
  run('dd', 'if=/dev/zero', `of=${folder}/fill`, 'bs=4k');
  for (const put of [
    () => copy(image('more').source, store, image('more').root, { tag: 'docker.io/library/more:1' }),
    () => store.put(small.source.get(small.root), { tag: 'docker.io/library/second:1' }),
    () => store.remove([NAME]),
  ]) {
    await assert.rejects(put(), (error) => hasCode(error, 'DISK_FULL'));
  }
  assert.deepEqual(
    (await store.images()).map(({ name }) => name),
    [NAME],
  );
  assert.deepEqual((await verifyLayout(store)).problems, []);
});

test('a store on a read-only disk can be read but not written', options, async (t) => {
  const folder = await smallDisk(t);
  const store = await openStore(t, folder);
  const small = image('small', ['fits']);
  await copy(small.source, store, small.root, { tag: NAME });
  await store.close();
  assert(run('mount', '-o', 'remount,ro', folder));
  const reader = await openStore(t, folder);
  assert.deepEqual((await verifyLayout(reader)).problems, []);
  assert.equal((await reader.resolve(NAME)).digest, small.root.digest);
  for (const put of [
    () => reader.put(blob('more')),
    () => reader.remove([NAME]),
    () => pruneLayout(reader),
  ]) {
    await assert.rejects(
      put(),
      (error) =>
        hasCode(error, 'DISK_ERROR') && error.message.includes('read-only') && error.message.includes(folder),
    );
  }
});
