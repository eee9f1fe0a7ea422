import assert from 'node:assert/strict';
import { stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';

import { makeFolder } from '../../src/disk/make-folder.js';
import { temporaryFolder } from '../support/temp.js';

test('makes a directory with all above it, and is content with one that is there', async (t) => {
  const root = await temporaryFolder(t);
  const folder = join(root, 'a', 'b', 'c');
  makeFolder(folder);
  assert.ok((await stat(folder)).isDirectory());
  makeFolder(folder);
  makeFolder('/');
});

test('makes all of them with the mode', { skip: platform === 'win32' }, async (t) => {
  const root = await temporaryFolder(t);
  makeFolder(join(root, 'a', 'b'), 0o700);
  for (const path of ['a', join('a', 'b')]) assert.equal((await stat(join(root, path))).mode & 0o777, 0o700);
});

test('a file in the way, or a link to nothing, is no directory', async (t) => {
  const root = await temporaryFolder(t);
  await writeFile(join(root, 'file'), '');
  assert.throws(() => makeFolder(join(root, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(root, 'file', 'below')), { code: 'ENOTDIR' });
  await symlink(join(root, 'nothing'), join(root, 'link'));
  assert.throws(() => makeFolder(join(root, 'link')), { code: 'EEXIST' });
});

test('comes to an end where nothing can be made', { skip: platform !== 'linux' }, () => {
  assert.throws(() => makeFolder('/proc/reg/store'), { code: 'ENOENT' });
});
