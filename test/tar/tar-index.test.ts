import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';

import { indexTar } from '../../src/tar/tar-index.js';
import { RegError } from '../../src/errors.js';
import { failure, fileOf, regionOf, tarOf, type TarEntry } from './tars.js';
import { temporaryFolder } from '../support/temp.js';

const what = '"test.tar"';

/** What the index says of a tar: contents by name. */
async function contentsOf(t: TestContext, bytes: Uint8Array): Promise<Record<string, string>> {
  const index = await indexTar(await regionOf(t, await fileOf(t, bytes)), { what });
  const contents: Record<string, string> = {};
  for (const [name, file] of index)
    contents[name] = Buffer.from(await file.read(0, file.size)).toString('latin1');
  return contents;
}

test('every regular file of a tar is found with its bytes', async (t) => {
  const deep = `${'deep/'.repeat(60)}file`;
  const contents = await contentsOf(
    t,
    await tarOf([
      { name: 'empty' },
      { name: 'folder/', type: 'directory' },
      { name: 'folder/one', content: '1' },
      { name: 'block', content: 'b'.repeat(512) },
      { name: 'more', content: 'm'.repeat(1025) },
      { name: deep, content: 'far down' },
      { name: 'pipe', type: 'fifo' },
    ]),
  );
  assert.deepEqual(contents, {
    empty: '',
    'folder/one': '1',
    block: 'b'.repeat(512),
    more: 'm'.repeat(1025),
    [deep]: 'far down',
  });
});

test('names are the same with and without ./ before them', async (t) => {
  const contents = await contentsOf(t, await tarOf([{ name: './blobs//x', content: 'x' }]));
  assert.deepEqual(contents, { 'blobs/x': 'x' });
});

test('of two entries with one name the last counts, whatever they are', async (t) => {
  const contents = await contentsOf(
    t,
    await tarOf([
      { name: 'a', content: 'first' },
      { name: './a', content: 'second' },
      { name: 'b', content: 'file' },
      { name: 'b', type: 'symlink', linkname: 'a' },
      { name: 'c', type: 'symlink', linkname: 'a' },
      { name: 'c', content: 'file again' },
      { name: 'd', content: 'gone' },
      { name: 'd', type: 'directory' },
    ]),
  );
  assert.deepEqual(contents, { a: 'second', b: 'second', c: 'file again' });
});

test('a link counts as the file in the archive that it names, but never as another link or anything outside', async (t) => {
  const contents = await contentsOf(
    t,
    await tarOf([
      { name: 'ids/a/layer.tar', content: 'layer' },
      { name: 'ids/b/layer.tar', type: 'symlink', linkname: '../a/layer.tar' },
      { name: 'hard', type: 'link', linkname: './ids/a/layer.tar' },
      { name: 'second', type: 'symlink', linkname: 'hard' },
      { name: 'loop', type: 'symlink', linkname: 'pool' },
      { name: 'pool', type: 'symlink', linkname: 'loop' },
      { name: 'self', type: 'symlink', linkname: 'self' },
      { name: 'outside', type: 'symlink', linkname: '../../../../etc/hostname' },
      { name: 'absolute', type: 'symlink', linkname: '/etc/hostname' },
      { name: 'nowhere', type: 'link', linkname: 'nothing' },
    ]),
  );
  assert.deepEqual(contents, { 'ids/a/layer.tar': 'layer', 'ids/b/layer.tar': 'layer', hard: 'layer' });
});

test('what stands behind the end mark is not looked at', async (t) => {
  const bytes = Buffer.concat([await tarOf([{ name: 'a', content: 'a' }]), Buffer.alloc(700, 'junk')]);
  assert.deepEqual(await contentsOf(t, bytes), { a: 'a' });
});

test('a tar without an end mark is read to its end', async (t) => {
  const bytes = await tarOf([{ name: 'a', content: 'a' }]);
  assert.deepEqual(await contentsOf(t, bytes.subarray(0, 1024)), { a: 'a' });
  assert.deepEqual(await contentsOf(t, bytes.subarray(0, 513)), { a: 'a' });
});

test('a file of many gigabytes is passed over unread', async (t) => {
  const size = 6 * 1024 ** 3 + 7;
  const padded = size + 512 - (size % 512);
  const header = (await tarOf([{ name: 'huge', content: 'x' }])).subarray(0, 512);
  const tail = await tarOf([{ name: 'behind', content: 'it' }]);
  // Eleven octal digits hold just under 8 GiB.
  header.write(size.toString(8).padStart(11, '0'), 124);
  header.fill(' ', 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const file = join(await temporaryFolder(t), 'huge.tar');
  const handle = await open(file, 'w');
  await handle.write(header, 0, 512, 0);
  await handle.write(Buffer.from('!'), 0, 1, 512 + size - 1);
  await handle.write(tail, 0, tail.length, 512 + padded);
  await handle.close();
  const index = await indexTar(await regionOf(t, file), { what });
  assert.equal(index.get('huge')?.size, size);
  assert.equal(Buffer.from((await index.get('huge')?.read(size - 1, 1)) ?? []).toString(), '!');
  assert.equal(Buffer.from((await index.get('behind')?.read(0, 2)) ?? []).toString(), 'it');
});

const HOSTILE: readonly {
  readonly name: string;
  readonly make: () => Promise<Uint8Array>;
  readonly says: string;
}[] = [
  { name: 'no tar', make: async () => Buffer.from('hello '.repeat(1000)), says: 'it is not a tar archive' },
  { name: 'less than a block', make: async () => Buffer.from('hello'), says: 'it is not a tar archive' },
  {
    name: 'a tar cut off in a file',
    make: async () => (await tarOf([{ name: 'a', content: 'a'.repeat(5000) }])).subarray(0, 4000),
    says: 'entry 1: it is cut off',
  },
  {
    name: 'a tar cut off in a header',
    make: async () => (await tarOf([{ name: 'a' }, { name: 'b' }])).subarray(0, 700),
    says: 'entry 2: it is cut off',
  },
  {
    name: 'a header with a wrong checksum',
    make: async () => flip(await tarOf([{ name: 'a' }, { name: 'b' }]), 512 + 3),
    says: 'entry 2: its header is damaged',
  },
  {
    name: 'a size beyond all disks',
    make: () => tarOf([{ name: 'a', pax: { size: '4503599627370496' } }]),
    says: 'entry 1: it is cut off',
  },
  {
    name: 'a negative size',
    make: () => tarOf([{ name: 'a', pax: { size: '-1' } }]),
    says: 'entry 1: its size is not a number',
  },
];

for (const { name, make, says } of HOSTILE) {
  test(`${name} is refused in a line that says why`, async (t) => {
    const region = await regionOf(t, await fileOf(t, await make()));
    await assert.rejects(indexTar(region, { what }), failure('UNSAFE_ARCHIVE', says));
  });
}

test('extended headers of more than a megabyte are refused', async (t) => {
  const bytes = await tarOf([{ name: 'a', pax: { comment: 'x'.repeat(2 * 1024 * 1024) } }]);
  const region = await regionOf(t, await fileOf(t, bytes));
  await assert.rejects(indexTar(region, { what }), failure('TOO_LARGE', 'more than 1048576 bytes'));
});

test('an index that is called off ends with ABORTED', async (t) => {
  const region = await regionOf(t, await fileOf(t, await tarOf([{ name: 'a' }])));
  await assert.rejects(
    indexTar(region, { what, signal: AbortSignal.abort() }),
    failure('ABORTED', 'interrupted'),
  );
});

test('the index of random files says what was written', async (t) => {
  const entry = fc.record({
    name: fc.stringMatching(/^[a-zé]{1,3}(\/[a-z]{1,120}){0,3}$/),
    content: fc.uint8Array({ maxLength: 1600 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (entries: readonly TarEntry[]) => {
      const expected: Record<string, string> = {};
      for (const { name, content = '' } of entries) expected[name] = Buffer.from(content).toString('latin1');
      assert.deepEqual(await contentsOf(t, await tarOf(entries)), expected);
    }),
    { numRuns: 60 },
  );
});

test('a tar with random damage is read or refused, and nothing else', async (t) => {
  const bytes = await tarOf([
    { name: 'a', content: 'a'.repeat(600) },
    { name: 'é'.repeat(80), content: 'long' },
    { name: 'b', type: 'symlink', linkname: 'a' },
    { name: 'c', pax: { comment: 'words' }, content: 'c' },
  ]);
  const place = fc.nat({ max: bytes.length - 1 });
  const damage = fc.record({
    at: place,
    by: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    length: fc.nat(bytes.length),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      let damaged = Buffer.from(bytes);
      for (const { at, by, length } of damages) {
        damaged.set(
          by.subarray(0, damaged.length - Math.min(at, damaged.length)),
          Math.min(at, damaged.length),
        );
        if (length > 0 && length % 3 === 0) damaged = damaged.subarray(0, length);
      }
      try {
        await contentsOf(t, damaged);
      } catch (error) {
        assert(error instanceof RegError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

test('random bytes with a right checksum are read or refused, and nothing else', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 512, maxLength: 512 }), { maxLength: 4 }),
      async (blocks) => {
        try {
          await contentsOf(t, Buffer.concat(blocks.map(signed)));
        } catch (error) {
          assert(error instanceof RegError, String(error));
        }
      },
    ),
    { numRuns: 200 },
  );
});

/** Random bytes that pass for a header. */
function signed(bytes: Uint8Array): Uint8Array {
  const block = Buffer.from(bytes);
  block.write('ustar\u000000', 257);
  block[156] = '0125xgLKS'.charCodeAt((bytes[156] ?? 0) % 9);
  block.fill(' ', 148, 156);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}
