import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { contentOf } from '../../src/content/read.js';
import { fill } from '../../src/disk/fill.js';
import { hashBeside, type Hashing } from '../../src/disk/hash-thread.js';
import { hasCode } from '../../src/errors.js';
import { digestOf } from '../../src/spec/digest.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

const SIZE = 33 * 1024 * 1024 + 5;
const BYTES = Buffer.alloc(SIZE, 'some bytes that differ from place to place');
const options = { skip: availableParallelism() === 1 && 'no thread' };

async function openFile(t: Scope, bytes: Uint8Array, flags = constants.O_RDWR): Promise<FileHandle> {
  const path = join(await temporaryFolder(t), 'file');
  await writeFile(path, bytes);
  const handle = await open(path, flags);
  t.after(() => handle.close());
  return handle;
}

function hashing({ fd }: FileHandle, algorithm: 'sha256' | 'sha512' = 'sha256'): Hashing {
  const result = hashBeside({ fd, algorithm, size: SIZE });
  assert(result !== undefined);
  return result;
}

test('a small file is not hashed beside', async (t) => {
  const { fd } = await openFile(t, Buffer.alloc(0));
  assert.equal(hashBeside({ fd, algorithm: 'sha256', size: 1_000_000 }), undefined);
});

test('files that grow are hashed beside, several at once', options, async (t) => {
  const handles = await Promise.all([1, 2, 3].map(() => openFile(t, Buffer.alloc(0))));
  const digests = handles.map(async (handle, index) => {
    const algorithm = index === 1 ? 'sha512' : 'sha256';
    const hashed = hashing(handle, algorithm);
    for (let at = 0; at < SIZE; at += 7_000_000) {
      const { bytesWritten } = await handle.write(BYTES.subarray(at, at + 7_000_000), 0, undefined, at);
      hashed.grow(at + bytesWritten);
    }
    assert.equal(await hashed.digest, digestOf(BYTES, algorithm));
    await hashed.end();
  });
  await Promise.all(digests);
});

test('what is given up, ends before its time, or cannot be read has no digest', options, async (t) => {
  const givenUp = hashing(await openFile(t, BYTES));
  givenUp.grow(1000);
  await givenUp.end();
  assert.equal(await givenUp.digest, undefined);
  const short = hashing(await openFile(t, BYTES.subarray(1)));
  short.grow(SIZE);
  assert.equal(await short.digest, undefined);
  const unreadable = hashing(await openFile(t, BYTES, constants.O_WRONLY));
  unreadable.grow(SIZE);
  assert.equal(await unreadable.digest, undefined);
});

test('a large file is completed and verified, what it holds included', async (t) => {
  const content = contentOf({ mediaType: '', digest: digestOf(BYTES), size: SIZE }, BYTES);
  const handle = await openFile(t, BYTES.subarray(0, 10_000_000));
  await fill(content, { handle, path: 'file' });
  assert((await handle.readFile()).equals(BYTES));
  const other = await openFile(t, Buffer.alloc(10_000_000));
  await assert.rejects(fill(content, { handle: other, path: 'file' }), (error) =>
    hasCode(error, 'DIGEST_MISMATCH'),
  );
});
