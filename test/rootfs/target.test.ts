import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { pid, platform } from 'node:process';
import { test } from 'node:test';

import { openRootTarget, type RootTargetOptions } from '../../src/rootfs/target.js';
import { temporaryFolder } from '../support/temp.js';
import { failure } from '../tar/tars.js';

const facts = { pid, isRunning: (other: number) => other === pid };

/** Unpacks one file with this text into `target`. */
async function fill(target: string, text: string, options: Partial<RootTargetOptions> = {}): Promise<void> {
  const opened = await openRootTarget(target, { ...facts, ...options });
  try {
    writeFileSync(join(opened.folder, 'file'), text);
    await opened.publish();
  } finally {
    await opened.close();
  }
}

test('a directory appears when it is published, in one that is missing or empty, and was for us alone before', async (t) => {
  const top = await temporaryFolder(t);
  const target = join(top, 'deep', 'root');
  const opened = await openRootTarget(target, facts);
  if (platform !== 'win32') assert.equal(lstatSync(opened.folder).mode & 0o777, 0o700);
  assert.ok(opened.folder.startsWith(`${target}.partial-`));
  assert.ok(!existsSync(target));
  await opened.publish();
  await opened.close();
  assert.deepEqual([readdirSync(join(top, 'deep')), readdirSync(target)], [['root'], []]);
  await fill(target, 'x');
  assert.deepEqual([readdirSync(join(top, 'deep')), readdirSync(target)], [['root'], ['file']]);
});

test('145: a directory with something in it, a link, a file and the directory that we are in are refused', async (t) => {
  const top = await temporaryFolder(t);
  mkdirSync(join(top, 'full'));
  writeFileSync(join(top, 'full', 'precious'), 'precious');
  mkdirSync(join(top, 'empty'));
  symlinkSync('empty', join(top, 'link'), 'junction');
  symlinkSync('missing', join(top, 'dangling'), 'junction');
  const cases: readonly (readonly [string, string])[] = [
    [join(top, 'full'), 'there is something in it'],
    [join(top, 'link'), 'it is a symbolic link'],
    [join(top, 'dangling'), 'it is a symbolic link'],
    [join(top, 'full', 'precious'), 'it is not a directory'],
    ['.', 'it is the directory that you are in'],
    ['..', 'it is the directory that you are in'],
    ['/', 'it is the directory that you are in'],
  ];
  for (const [target, says] of cases)
    await assert.rejects(openRootTarget(target, facts), failure('INVALID_ARGUMENT', says));
  await assert.rejects(
    openRootTarget(join(top, 'link'), { ...facts, force: true }),
    failure('INVALID_ARGUMENT', 'it is a symbolic link'),
  );
  assert.deepEqual(readdirSync(top).sort(), ['dangling', 'empty', 'full', 'link']);
});

test('145: with force a directory is replaced as a whole, whatever modes it has, and not before all is there', async (t) => {
  const top = await temporaryFolder(t);
  const target = join(top, 'root');
  await fill(target, 'old');
  mkdirSync(join(target, 'closed'));
  writeFileSync(join(target, 'closed', 'x'), 'x');
  chmodSync(join(target, 'closed'), 0o555);
  const opened = await openRootTarget(target, { ...facts, force: true });
  await opened.close();
  assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'old');
  await fill(target, 'new', { force: true });
  assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'new');
  assert.deepEqual([readdirSync(top), readdirSync(target)], [['root'], ['file']]);
});

test('145: what comes to be there meanwhile is not replaced', async (t) => {
  const top = await temporaryFolder(t);
  const target = join(top, 'root');
  const opened = await openRootTarget(target, facts);
  mkdirSync(target);
  writeFileSync(join(target, 'precious'), 'precious');
  await assert.rejects(opened.publish(), failure('INVALID_ARGUMENT', 'there is something in it'));
  await opened.close();
  assert.deepEqual([readdirSync(top), readdirSync(target)], [['root'], ['precious']]);
});

test('145: with force the old directory is back where the new one can not take its place', async (t) => {
  const top = await temporaryFolder(t);
  const target = join(top, 'root');
  await fill(target, 'old');
  const opened = await openRootTarget(target, { ...facts, force: true });
  rmSync(opened.folder, { recursive: true });
  await assert.rejects(opened.publish(), failure('DISK_ERROR', 'cannot write'));
  await opened.close();
  assert.deepEqual([readdirSync(top), readFileSync(join(target, 'file'), 'utf8')], [['root'], 'old']);
});

test('146: what a killed process left is removed by the next one, and only then', async (t) => {
  const top = await temporaryFolder(t);
  const target = join(top, 'root');
  const killed = await openRootTarget(target, { pid: 77_777_777, isRunning: () => true });
  mkdirSync(join(killed.folder, 'half'));
  chmodSync(join(killed.folder, 'half'), 0o500);
  assert.ok(readdirSync(top).every((name) => name.startsWith('root.partial-')));
  await assert.rejects(
    openRootTarget(target, { ...facts, isRunning: () => true }),
    failure('STORE_LOCKED', 'another process is doing it'),
  );
  await fill(target, 'new');
  assert.deepEqual([readdirSync(top), readdirSync(target)], [['root'], ['file']]);
});

test('146: a kill while a directory is replaced loses neither the old one nor the new one', async (t) => {
  const top = await temporaryFolder(t);
  const target = join(top, 'root');
  await fill(target, 'old');
  renameSync(target, `${target}.partial-old`);
  const opened = await openRootTarget(target, { ...facts, force: true });
  assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'old');
  await opened.close();
  mkdirSync(`${target}.partial-old`);
  await fill(target, 'new', { force: true });
  assert.deepEqual([readdirSync(top), readFileSync(join(target, 'file'), 'utf8')], [['root'], 'new']);
});

test(
  '146: a link in the place of what was left is removed, and not followed',
  { skip: platform === 'win32' },
  async (t) => {
    const top = await temporaryFolder(t);
    mkdirSync(join(top, 'outside'));
    writeFileSync(join(top, 'outside', 'precious'), 'precious');
    for (const name of ['new', 'old']) symlinkSync('outside', join(top, `root.partial-${name}`));
    mkdirSync(join(top, 'root'));
    await fill(join(top, 'root'), 'new');
    assert.deepEqual(readdirSync(top).sort(), ['outside', 'root']);
    assert.deepEqual(readdirSync(join(top, 'outside')), ['precious']);
  },
);
