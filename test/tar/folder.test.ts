import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';

import { tarFolder } from '../../src/tar/folder.js';
import { encodeName } from '../../src/tar/name.js';
import { readTar } from '../../src/tar/read.js';
import { temporaryFolder } from '../support/temp.js';
import { failure } from './tars.js';

async function namesIn(folder: string, prefix: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of readTar(tarFolder(folder, { prefix }), { what: 'the tar' })) names.push(name);
  return names;
}

test('a directory is written in the order of the bytes of its names, however long they are', async (t) => {
  const folder = await temporaryFolder(t);
  const long = 'long'.repeat(50);
  for (const name of ['b', 'B', 'a-', 'é', '\u{1f600}', '\uff5e', long])
    await writeFile(join(folder, name), name);
  await mkdir(join(folder, 'a'));
  const sorted = ['B', 'a/', 'a-', 'b', long, 'é', '\uff5e', '\u{1f600}'];
  assert.deepEqual(await namesIn(folder, 'x/y'), ['x/y/', ...sorted.map((name) => `x/y/${name}`)]);
  assert.deepEqual(await namesIn(folder, '.'), ['./', ...sorted]);
});

test(
  'what is no file, directory or link is not left out in silence',
  { skip: platform === 'win32' },
  async (t) => {
    const folder = await temporaryFolder(t);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
    t.after(() => server.close());
    await assert.rejects(namesIn(folder, 'x'), failure('UNSUPPORTED', 'is a socket'));
    await assert.rejects(namesIn(join(folder, 'none'), 'x'), failure('DISK_ERROR', 'no such file'));
  },
);

test('a link keeps the bytes of where it leads', { skip: platform !== 'linux' }, async (t) => {
  const folder = await temporaryFolder(t);
  const target = Buffer.from('caf\xe9', 'latin1');
  await symlink(target, join(folder, 'l'));
  const found: Buffer[] = [];
  for await (const entry of readTar(tarFolder(folder, { prefix: '.' }), { what: 'the tar' }))
    if (entry.type === 'symlink') found.push(encodeName(entry.target));
  assert.deepEqual(found, [target]);
});

test('who stops reading early stops the writing', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'big'), Buffer.alloc(8 * 1024 * 1024));
  for await (const chunk of tarFolder(folder, { prefix: 'x' })) {
    assert.ok(chunk.byteLength > 0);
    break;
  }
});
