import assert from 'node:assert/strict';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Extents } from '../../src/content/extents.js';
import { receiverInto } from '../../src/disk/partial-file.js';
import { temporaryFolder } from '../support/temp.js';

test('no byte is taken from two stretches, not even while one of them is written', async (t) => {
  const path = join(await temporaryFolder(t), 'partial');
  await writeFile(path, '----------BB--------');
  const handle = await open(path, 'r+');
  t.after(() => handle.close());
  const taken = Buffer.alloc(20, '?');
  taken.write('BB', 10);
  const receiver = receiverInto({
    handle,
    path,
    size: 20,
    held: new Extents([{ from: 10, to: 12 }]),
    note: undefined,
    isFollowed: false,
    onBytes(at, bytes) {
      assert.ok(
        taken.subarray(at, at + bytes.length).every((byte) => byte === 0x3f),
        'taken twice',
      );
      taken.set(bytes, at);
    },
    onWritten() {},
    onFront() {},
  });
  const [one, other] = [receiver.begin(0), receiver.begin(12)];
  // A host that goes on past the end of what it was asked for, with other bytes.
  await Promise.all([one.add(Buffer.alloc(20, 'a')), other.add(Buffer.alloc(8, 'b'))]);
  await other.end();
  await one.end();
  assert.equal(await readFile(path, 'latin1'), taken.toString('latin1'));
});
