import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { pack } from 'tar-stream';

import type { EntryFacts } from '../../src/tar/entry.js';
import { encodeName } from '../../src/tar/name.js';
import { readTar } from '../../src/tar/read.js';
import { base256, gnuLong, pax, rawEntry, rawTar, type RawEntry } from '../support/raw-tar.js';
import { failure } from './tars.js';

const what = '"x.tar"';

type Read = Omit<EntryFacts, 'xattrs'> & { readonly bytes: string; readonly xattrs: object };

/** All entries of a tar that comes in pieces of so many bytes. */
async function read(tar: Uint8Array, pieceSize = 700): Promise<readonly Read[]> {
  const entries: Read[] = [];
  const pieces = (async function* () {
    for (let at = 0; at < tar.length; at += pieceSize) yield tar.subarray(at, at + pieceSize);
  })();
  for await (const { content, xattrs, ...facts } of readTar(pieces, { what })) {
    const bytes = (await buffer(content)).toString('latin1');
    entries.push({ ...facts, bytes, xattrs: Object.fromEntries(xattrs) });
  }
  return entries;
}

/** As `read`, with no look at what is in the entries. */
async function passOver(tar: Uint8Array): Promise<void> {
  const pieces = (async function* () {
    yield tar;
  })();
  for await (const { size } of readTar(pieces, { what })) assert.ok(size >= 0);
}

async function refused(
  entries: readonly RawEntry[],
  says: string,
  code: Parameters<typeof failure>[0] = 'UNSAFE_ARCHIVE',
): Promise<void> {
  await assert.rejects(read(rawTar(entries)), failure(code, says));
}

test('every kind of entry is told, from every kind of tar, in pieces of any size', async () => {
  const long = `${'deep/'.repeat(40)}file`;
  const tar = rawTar([
    { name: './', flag: '5', mode: 0o755 },
    { name: 'old', flag: '\0', magic: '\0'.repeat(8), content: 'v7', mode: '0004755 ' },
    { name: 'folder/', magic: '\0'.repeat(8) },
    { name: 'name', prefix: 'pre/fix', content: 'ustar' },
    { name: 'b'.repeat(100), content: 'x'.repeat(1025), flag: '7' },
    gnuLong('L', long),
    gnuLong('K', `/${long}`),
    { name: long.slice(0, 100), flag: '2', magic: 'ustar  \0', prefix: '17000000000\x0017000000000' },
    pax({ path: 'é', mtime: '-1.5', uid: '3000000', 'SCHILY.xattr.user.a': Buffer.from([0, 255]) }),
    { name: 'e', content: 'pax', uid: 7, gid: base256(5_000_000n, 8), mtime: base256(-3n, 12) },
    { name: 'null', flag: '3', device: [1, 3] },
    { name: 'disk', flag: '4', device: [8, 0], size: 5 },
    { name: 'pipe', flag: '6' },
    { name: 'hard', flag: '1', target: 'old', size: 2 },
  ]);
  const entries = await read(tar, 1);
  assert.deepEqual(
    entries.map(({ name, type, bytes, target }) => [type, name, bytes || target]),
    [
      ['directory', './', ''],
      ['file', 'old', 'v7'],
      ['directory', 'folder/', ''],
      ['file', 'pre/fix/name', 'ustar'],
      ['file', 'b'.repeat(100), 'x'.repeat(1025)],
      ['symlink', long, `/${long}`],
      ['file', 'é', 'pax'],
      ['character', 'null', ''],
      ['block', 'disk', ''],
      ['fifo', 'pipe', ''],
      ['hardlink', 'hard', 'old'],
    ],
  );
  const { uid, gid, mtime, xattrs } = entries[6] ?? assert.fail();
  assert.deepEqual(
    [uid, gid, mtime, xattrs],
    [3_000_000, 5_000_000, -1.5, { 'user.a': Buffer.from([0, 255]) }],
  );
  assert.equal(entries[1]?.mode, 0o4755);
  assert.deepEqual(entries[8]?.device, [8, 0]);
  assert.deepEqual(await read(tar, tar.length), entries);
});

test('content that nobody reads is passed over, and what stands behind the end is read', async () => {
  const tar = Buffer.concat([
    rawTar([{ name: 'a', content: 'a'.repeat(3000) }, { name: 'b' }]),
    rawTar([{ name: 'second tar' }]),
  ]);
  let length = 0;
  const pieces = (async function* () {
    for (let at = 0; at < tar.length; at += 100) {
      yield tar.subarray(at, at + 100);
      length = at;
    }
  })();
  const names: string[] = [];
  for await (const { name } of readTar(pieces, { what })) names.push(name);
  assert.deepEqual(names, ['a', 'b']);
  assert.ok(length > tar.length - 101);
});

test('a tar that nobody reads to its end is let go of', async () => {
  let isClosed = false;
  const pieces = (async function* () {
    try {
      for (;;) yield rawEntry({ name: 'again' });
    } finally {
      isClosed = true;
    }
  })();
  for await (const { name } of readTar(pieces, { what })) if (name === 'again') break;
  assert.ok(isClosed);
});

test('133: sizes that are negative, no numbers, or beyond all disks are refused', async () => {
  const sizes: readonly (readonly [RawEntry['size'], string])[] = [
    [base256(-1n, 12), 'its size -1 is out of range'],
    [base256(2n ** 70n, 12), 'its size is not a number'],
    [base256(2n ** 53n, 12), 'its size is not a number'],
    [Buffer.alloc(12, 0xff), 'its size -1 is out of range'],
    ['12345678z\0', 'its size is not a number'],
    ['-1\0', 'its size is not a number'],
    ['0x10\0', 'its size is not a number'],
    [8 * 1024 ** 3 - 1, 'entry 1: it is cut off'],
    [base256(2n ** 52n, 12), 'entry 1: it is cut off'],
  ];
  for (const [size = 0, says] of sizes) await refused([{ name: 'a', size, content: 'x' }], says);
  for (const size of ['-1', '1e3', 'x', '99999999999999999999'])
    await refused([pax({ size }), { name: 'a' }], 'its size is not a number');
  // Also of what has no content, where no program should look at it.
  await refused([{ name: 'a', flag: '5', size: base256(-512n, 12) }], 'its size -512 is out of range');
});

test('134: sparse files, old and new, are refused', async () => {
  const says = 'it is a sparse file';
  await refused([{ name: 'a', flag: 'S', content: 'x' }], says, 'UNSUPPORTED');
  for (const key of ['GNU.sparse.major', 'GNU.sparse.map', 'GNU.sparse.realsize'])
    await refused([pax({ [key]: '1' }), { name: 'a', content: 'x' }], says, 'UNSUPPORTED');
});

test('135: a size in an extended header counts for the next file alone, and not against its own header', async () => {
  const hidden = rawTar([{ name: 'hidden', content: 'evil' }]);
  await refused(
    [pax({ size: `${hidden.length}` }), { name: 'a', content: 'x' }],
    'it has two sizes, 1 and 2048',
  );
  await refused([pax({ size: '1' }), { name: 'a', content: hidden }], 'it has two sizes, 2048 and 1');
  for (const flag of ['0', '\0', '7'])
    await refused([{ name: 'a/', flag, content: hidden }], 'it is a directory with content');
  const tar = rawTar([
    pax({ size: '3' }),
    // Its own size counts for the long name, whatever stands before it.
    gnuLong('L', 'long name'),
    { name: 'a', size: 0, content: 'abc' },
    { name: 'b', content: 'b' },
  ]);
  assert.deepEqual(
    (await read(tar)).map(({ name, bytes }) => [name, bytes]),
    [
      ['long name', 'abc'],
      ['b', 'b'],
    ],
  );
});

test('135: extended headers that are damaged, too large, doubled, without an entry or for all entries are refused', async () => {
  const damaged: readonly string[] = [
    'no number\n',
    '99 a=b\n',
    '4 a=\n',
    '5 =b\n',
    '3 a\n',
    '0 a=b\n',
    '6 a=b',
    '00000006 a=b\n',
    '6 a=bx',
  ];
  for (const content of damaged)
    await refused([{ flag: 'x', content }, { name: 'a' }], 'entry 1: its extended header is damaged');
  await refused(
    [pax({ comment: 'x'.repeat(2 ** 20) }), { name: 'a' }],
    'more than 1048576 bytes',
    'TOO_LARGE',
  );
  await refused([gnuLong('L', 'x'.repeat(2 ** 20)), { name: 'a' }], 'more than 1048576 bytes', 'TOO_LARGE');
  const many = Array.from({ length: 2000 }, () => pax({ comment: 'x' }, 'g'));
  await refused([...many, { name: 'a' }], 'more than 1048576 bytes', 'TOO_LARGE');
  await refused([{ flag: 'x', size: 64 * 2 ** 20 }], 'more than 1048576 bytes', 'TOO_LARGE');
  await refused([pax({ path: 'a' }), pax({ path: 'b' }), { name: 'c' }], 'two headers of one kind');
  await refused([pax({ path: 'a' })], 'it is cut off');
  for (const key of ['path', 'size', 'linkpath', 'GNU.sparse.name'])
    await refused([pax({ [key]: '1' }, 'g'), { name: 'a' }], `sets "${key}" for all entries`);
  const tar = rawTar([pax({ comment: 'of git', mtime: '7' }, 'g'), { name: 'a' }]);
  assert.deepEqual(
    (await read(tar)).map(({ name, mtime }) => [name, mtime]),
    [['a', 0]],
  );
});

test('136: a wrong checksum, garbage, a lone empty block and a tar that is cut off are refused', async () => {
  const good: RawEntry = { name: 'good', content: 'x'.repeat(600) };
  await refused([{ name: 'a', checksum: '000000\0 ' }], `cannot read ${what}: it is not a tar archive`);
  await refused([good, { name: 'a', checksum: '000000\0 ' }], 'entry 2: its header is damaged');
  const tar = rawTar([good, good]);
  const garbage = Buffer.concat([rawEntry(good), Buffer.alloc(512, 'garbage')]);
  await assert.rejects(read(garbage), failure('UNSAFE_ARCHIVE', 'entry 2: its header is damaged'));
  const lone = Buffer.concat([rawEntry(good), Buffer.alloc(512), rawEntry(good)]);
  await assert.rejects(read(lone), failure('UNSAFE_ARCHIVE', 'entry 2: an empty block stands before it'));
  for (const [length, says] of [
    [100, 'it is not a tar archive'],
    [700, 'entry 1: it is cut off'],
    [1100, 'entry 1: it is cut off'],
    [1700, 'entry 2: it is cut off'],
  ] as const)
    await assert.rejects(read(tar.subarray(0, length)), failure('UNSAFE_ARCHIVE', says));
  await assert.rejects(
    passOver(tar.subarray(0, 1100)),
    failure('UNSAFE_ARCHIVE', 'entry 1: it is cut off'),
    'what nobody reads counts, too',
  );
  // As Go has it, and so Docker: the end of the bytes is an end, too.
  for (const length of [1536 * 2, 1536 + 1112]) assert.equal((await read(tar.subarray(0, length))).length, 2);
  assert.equal((await read(Buffer.alloc(0))).length, 0);
});

test('132: owners and times that nobody can have are refused', async () => {
  const says = 'out of range';
  await refused([{ name: 'a', uid: base256(2n ** 52n, 8) }], says);
  await refused([{ name: 'a', uid: base256(-1n, 8) }], says);
  await refused([{ name: 'a', gid: base256(0xffff_ffffn, 8) }], says);
  await refused([pax({ uid: '4611686018427387904' }), { name: 'a' }], 'its owner is not a number');
  await refused([pax({ gid: '-1' }), { name: 'a' }], 'its owner is not a number');
  await refused([{ name: 'a', mtime: base256(2n ** 52n, 12) }], says);
  await refused([pax({ mtime: '99999999999999999999' }), { name: 'a' }], says);
  await refused([pax({ mtime: 'NaN' }), { name: 'a' }], 'its time is not a number');
});

test('130: kinds of entries that nobody knows are refused', async () => {
  await refused([{ name: 'a', flag: 'Z' }], 'it is of a kind unknown here, "Z"', 'UNSUPPORTED');
  await refused([{ name: 'a', flag: '\u001b' }], 'it is of a kind unknown here', 'UNSUPPORTED');
});

test('137: names are bytes, and two that differ stay two', async () => {
  const names = [
    Buffer.from('caf\u00e9'),
    Buffer.from('cafe9'.replace('e9', '\xe9'), 'latin1'),
    Buffer.from([0xff]),
    Buffer.from([0xfe]),
    // A surrogate in UTF-8 is no UTF-8.
    Buffer.from([0xed, 0xb3, 0xbf]),
    Buffer.from([0xf0, 0x9f, 0x92, 0xa9, 0xf0, 0x9f]),
    Buffer.from('line\nbreak\u001b[2J\u202e'),
  ];
  const entries = await read(rawTar(names.map((name) => ({ name }))));
  assert.deepEqual(
    entries.map(({ name }) => encodeName(name)),
    names,
  );
  assert.equal(new Set(entries.map(({ name }) => name)).size, names.length);
  assert.equal(entries[0]?.name, 'café');
  const [long] = await read(rawTar([pax({ path: Buffer.from([0x61, 0xff]) }), { name: 'x' }]));
  assert.deepEqual(encodeName(long?.name ?? ''), Buffer.from([0x61, 0xff]));
});

test('122: a zero byte in a name is refused', async () => {
  await refused([pax({ path: 'a\0b' }), { name: 'x' }], 'its name has a zero byte');
  await refused([pax({ linkpath: 'a\0b' }), { name: 'x', flag: '2' }], 'its name has a zero byte');
});

test('what tar-stream writes is read as it was written', async () => {
  const archive = pack();
  const mtime = new Date(1_700_000_000_000);
  archive.entry({ name: 'ü'.repeat(120), mtime, mode: 0o600, uid: 12, gid: 34 }, 'content');
  archive.entry({ name: 'link', type: 'symlink', linkname: 't'.repeat(150), mtime });
  archive.finalize();
  const [file, link] = await read(await buffer(archive));
  assert.deepEqual(
    [file?.name, file?.mtime, file?.mode, file?.uid, file?.gid, file?.bytes],
    ['ü'.repeat(120), 1_700_000_000, 0o600, 12, 34, 'content'],
  );
  assert.equal(link?.target, 't'.repeat(150));
});
