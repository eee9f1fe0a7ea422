import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid, platform } from 'node:process';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';

import { openFileTarget, streamTarget } from '../../src/tar/target.js';
import { mountDisk, needsDisk } from '../support/small-disk.js';
import { temporaryFolder } from '../support/temp.js';
import { failure } from './tars.js';

const facts = { pid, isRunning: () => true };

test('a file keeps what it held until all that is new is there', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'image.tar');
  await writeFile(file, 'old');
  const target = await openFileTarget(file, facts);
  await target.write(Buffer.from('ne'));
  await target.write(Buffer.from('w'));
  assert.equal(await readFile(file, 'utf8'), 'old');
  await target.finish();
  assert.equal(await readFile(file, 'utf8'), 'new');
  await target.discard();
  assert.deepEqual(await readdir(folder), ['image.tar']);
});

test('what is discarded leaves nothing behind', async (t) => {
  const folder = await temporaryFolder(t);
  const target = await openFileTarget(join(folder, 'image.tar'), facts);
  await target.write(Buffer.alloc(3_000_000));
  await target.discard();
  assert.deepEqual(await readdir(folder), []);
});

test('a file that another process writes is left to it, and taken over when that has ended', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'image.tar');
  const killed = await openFileTarget(file, { pid: 77_777_777, isRunning: () => true });
  await killed.write(Buffer.alloc(2_000_000));
  await assert.rejects(openFileTarget(file, facts), failure('STORE_LOCKED', 'another process is writing it'));
  const target = await openFileTarget(file, { pid, isRunning: (other) => other === pid });
  await target.write(Buffer.from('new'));
  await target.finish();
  assert.equal(await readFile(file, 'utf8'), 'new');
  assert.deepEqual(await readdir(folder), ['image.tar']);
});

test(
  'what is in the way of the partial file is replaced, and a link there is not followed',
  { skip: platform === 'win32' },
  async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'image.tar');
    await writeFile(join(folder, 'precious'), 'precious');
    await symlink('precious', join(folder, '.image.tar.reg-partial'));
    const target = await openFileTarget(file, facts);
    await target.write(Buffer.from('new'));
    await target.finish();
    assert.equal(await readFile(join(folder, 'precious'), 'utf8'), 'precious');
    assert.equal(await readFile(file, 'utf8'), 'new');
  },
);

test('a file that can not get its name leaves nothing behind', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'image.tar');
  const target = await openFileTarget(file, facts);
  await target.write(Buffer.from('new'));
  await mkdir(file);
  await assert.rejects(target.finish(), failure('DISK_ERROR', 'cannot write'));
  await target.discard();
  assert.deepEqual(await readdir(folder), ['image.tar']);
});

test('through a symbolic link the file behind it is written', { skip: platform === 'win32' }, async (t) => {
  const folder = await temporaryFolder(t);
  const [file, link] = [join(folder, 'image.tar'), join(folder, 'latest.tar')];
  await writeFile(file, 'old');
  await symlink('image.tar', link);
  const target = await openFileTarget(link, facts);
  await target.write(Buffer.from('new'));
  await target.finish();
  assert.equal(await readFile(file, 'utf8'), 'new');
  assert.equal(await readlink(link), 'image.tar');
});

test('a device is written to and stays a device', { skip: platform === 'win32' }, async () => {
  const target = await openFileTarget('/dev/null', facts);
  await target.write(Buffer.from('new'));
  await target.finish();
  assert.ok((await lstat('/dev/null')).isCharacterDevice());
});

test('a directory, and a file in no directory, are refused with the reason', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'images'));
  await assert.rejects(
    openFileTarget(join(folder, 'images'), facts),
    failure('INVALID_ARGUMENT', 'it is a directory'),
  );
  await assert.rejects(
    openFileTarget(join(folder, 'nowhere', 'image.tar'), facts),
    failure('DISK_ERROR', 'no such file or directory'),
  );
});

test('149: on a full disk the partial file is removed', needsDisk(), async (t) => {
  const { folder } = await mountDisk(t, 2);
  const target = await openFileTarget(join(folder, 'image.tar'), facts);
  const fill = async (): Promise<void> => {
    for (let written = 0; written < 8; written++) await target.write(Buffer.alloc(1_000_000));
    await target.finish();
  };
  await assert.rejects(fill(), failure('DISK_FULL', 'no space is left on the disk'));
  await target.discard();
  assert.deepEqual(await readdir(folder), []);
});

test('a stream gets its bytes and stays open', async () => {
  const stream = new PassThrough();
  const target = streamTarget(stream);
  await target.write(Buffer.from('new'));
  await target.finish();
  assert.equal(stream.read()?.toString(), 'new');
  assert.equal(stream.writable, true);
});

test('148: a stream that nobody reads any more ends the writing', async () => {
  const broken = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  broken.on('error', () => {});
  await assert.rejects(
    streamTarget(broken).write(Buffer.from('new')),
    failure('ABORTED', 'nobody reads the archive any more'),
  );
});

test('a terminal is no place for an archive', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  assert.throws(
    () => streamTarget(terminal),
    failure('INVALID_ARGUMENT', 'cannot write an archive to a terminal'),
  );
});
