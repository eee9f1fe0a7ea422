import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';

import { digestFile, readFrom } from '../../src/disk/read-file.js';
import { bytesOf } from '../../src/disk/region.js';
import { temporaryFolder } from '../support/temp.js';

test('small files that are read one after the other leave signals and timers their turn', async (t) => {
  const path = join(await temporaryFolder(t), 'small');
  await writeFile(path, 'small');
  let turns = 0;
  const count = (): void => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  for (let reads = 0; reads < 300; reads++) await digestFile(path, 'sha256');
  clearImmediate(immediate);
  assert.ok(turns >= 3, `${turns}`);
});

test(
  'a link is not followed, whoever put it there and whenever',
  { skip: platform === 'win32' },
  async (t) => {
    const folder = await temporaryFolder(t);
    const [target, link] = [join(folder, 'target'), join(folder, 'link')];
    await writeFile(target, 'not for everybody');
    await symlink(target, link);
    await assert.rejects(digestFile(link, 'sha256'), { code: 'ELOOP' });
    await assert.rejects(readFrom(link, { check: () => true }).next(), { code: 'DISK_ERROR' });
  },
);

test('the pieces of a file share memory only where it is borrowed, and are right either way', async (t) => {
  const path = join(await temporaryFolder(t), 'large');
  const bytes = Buffer.concat([1, 2, 3, 4, 5].map((n) => Buffer.alloc(1_000_000, n)));
  await writeFile(path, bytes);
  const readings = [true, false].flatMap((borrows) => [
    { borrows, reading: readFrom(path, { borrows, check: () => true }) },
    { borrows, reading: bytesOf(path, { borrows }) },
  ]);
  for (const { borrows, reading } of readings) {
    const pieces: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    for await (const piece of reading) {
      pieces.push(piece);
      copies.push(Buffer.from(piece));
    }
    assert.ok(bytes.equals(Buffer.concat(copies)));
    const memories = new Set(pieces.map(({ buffer }) => buffer)).size;
    assert.equal(memories, borrows ? 2 : pieces.length);
  }
});
