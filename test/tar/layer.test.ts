import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { contentOf } from '../../src/content/read.js';
import { describe } from '../../src/spec/descriptor.js';
import { digestOf, type Digest } from '../../src/spec/digest.js';
import { OCI_LAYER } from '../../src/spec/media-type.js';
import { layerEntries, type LayerOptions } from '../../src/tar/layer.js';
import { Quota } from '../../src/tar/quota.js';
import { pax, rawTar, type RawEntry } from '../support/raw-tar.js';
import { failure } from './tars.js';

/** Paths of a layer, with what they hide or what they hold. */
async function read(bytes: Uint8Array, options: LayerOptions & { digest?: Digest } = {}): Promise<object> {
  const descriptor = describe(OCI_LAYER, bytes);
  const content = contentOf({ ...descriptor, digest: options.digest ?? descriptor.digest }, bytes);
  const found: Record<string, string> = {};
  for await (const entry of layerEntries(content, options)) {
    const { path, type, target, whiteout } = entry;
    let text = whiteout === undefined ? `${type} ${target}`.trim() : `${whiteout.kind} ${whiteout.path}`;
    if (type === 'file') for await (const chunk of entry.content) text += ` ${Buffer.from(chunk).toString()}`;
    found[path] = text;
  }
  return found;
}

const HELLO = rawTar([{ name: 'hello', content: 'world' }]);
const IS_HELLO = { hello: 'file world' };

function refused(entry: RawEntry, says: string): Promise<void> {
  return assert.rejects(read(rawTar([entry])), failure('UNSAFE_ARCHIVE', says));
}

/** A frame whose blocks are stored as they are (RFC 8878, 3.1.1). */
function zstdFrame(bytes: Buffer): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE((bytes.length << 3) | 1, 0, 3);
  return Buffer.concat([head, block, bytes]);
}

const SKIPPABLE = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]);

test('paths are plain, wherever they begin', async () => {
  const tar = rawTar([
    { name: './', flag: '5' },
    { name: './usr//./bin/', flag: '5' },
    { name: '/opt/app', content: 'a' },
    { name: 'opt/same', flag: '1', target: '/opt/./app' },
    { name: 'opt/link', flag: '2', target: '../../../etc/passwd' },
  ]);
  assert.deepEqual(await read(tar), {
    '': 'directory',
    'usr/bin': 'directory',
    'opt/app': 'file a',
    'opt/same': 'hardlink opt/app',
    'opt/link': 'symlink ../../../etc/passwd',
  });
});

test('122: names that lead out, and names of nothing, are refused', async () => {
  for (const name of ['../a', 'a/../../b', '..', '/..', 'a/..', './../a'])
    await refused({ name }, 'leads out of its directory');
  await refused({ name: 'etc/passwd', prefix: '..' }, 'leads out of its directory');
  await refused({ name: '' }, 'it has no name');
  const pathIn = (path: string): Promise<object> => read(rawTar([pax({ path }), { name: 'a' }]));
  for (const path of ['../a', '/a/../../b', 'a/..'])
    await assert.rejects(pathIn(path), failure('UNSAFE_ARCHIVE', 'leads out of its directory'));
  await refused({ name: 'a', flag: '1', target: '../a' }, 'leads out of its directory');
  await refused({ name: 'a', flag: '2' }, 'a symbolic link to nowhere');
  const long = rawTar([pax({ path: 'a/'.repeat(2100) }), { name: 'a' }]);
  await assert.rejects(read(long), failure('UNSAFE_ARCHIVE', 'its name is longer than 4096 bytes'));
});

test('139: whiteouts say what they hide', async () => {
  const tar = rawTar([
    { name: 'etc/.wh.passwd' },
    { name: '.wh.tmp', flag: '1', target: '.wh.other' },
    { name: 'opt/.wh..wh..opq' },
    { name: '.wh..wh..opq' },
    { name: '.wh..wh.plnk/12.34', content: 'of AUFS' },
    { name: 'var/.wh..wh.aufs' },
    { name: 'etc/a.wh.b' },
  ]);
  assert.deepEqual(await read(tar), {
    'etc/.wh.passwd': 'path etc/passwd',
    '.wh.tmp': 'path tmp',
    'opt/.wh..wh..opq': 'opaque opt',
    '.wh..wh..opq': 'opaque ',
    '.wh..wh.plnk/12.34': 'none .wh..wh.plnk/12.34 of AUFS',
    'var/.wh..wh.aufs': 'none var/.wh..wh.aufs',
    'etc/a.wh.b': 'file',
  });
});

test('140: whiteouts of nothing, of other directories, and such as are no files are refused', async () => {
  for (const name of ['.wh.', '.wh..', '.wh...', 'a/.wh..']) await refused({ name }, 'whiteout of no file');
  await refused({ name: 'a/../.wh.b' }, 'leads out of its directory');
  for (const name of ['.wh.a', '.wh..wh..opq']) {
    await refused({ name, flag: '2', target: '/etc' }, 'but not a file');
    await refused({ name, flag: '5' }, 'but not a file');
  }
});

test('143: how a layer is compressed is told by its bytes', async () => {
  const half = HELLO.subarray(0, 700);
  const rest = HELLO.subarray(700);
  const ways = [
    HELLO,
    gzipSync(HELLO),
    Buffer.concat([gzipSync(half), gzipSync(rest)]),
    zstdFrame(HELLO),
    Buffer.concat([SKIPPABLE, zstdFrame(half), SKIPPABLE, zstdFrame(rest), SKIPPABLE]),
  ];
  for (const bytes of ways) assert.deepEqual(await read(bytes), IS_HELLO);
  await assert.rejects(read(Buffer.from('BZh91AY&SY')), failure('UNSUPPORTED', 'compressed with bzip2'));
});

test('142: gzip that is cut off, altered, followed by anything, or in itself is refused', async () => {
  const packed = gzipSync(HELLO);
  const altered = Buffer.from(packed);
  altered.writeUInt32LE(1, packed.length - 8);
  const says = 'are damaged';
  for (const bytes of [packed.subarray(0, 60), packed.subarray(0, -8), packed.subarray(0, -1), altered])
    await assert.rejects(read(bytes), failure('UNSAFE_ARCHIVE', says));
  await assert.rejects(read(Buffer.concat([packed, Buffer.from('junk')])), failure('UNSAFE_ARCHIVE', says));
  for (const junk of [Buffer.alloc(3), Buffer.concat([Buffer.alloc(1), packed])])
    await assert.rejects(
      read(Buffer.concat([packed, junk])),
      failure('UNSAFE_ARCHIVE', 'something behind its compressed bytes'),
    );
  await assert.rejects(read(gzipSync(packed)), failure('UNSAFE_ARCHIVE', 'it is not a tar archive'));
});

test('142: gzip with a name, a comment and more in its header, an empty layer, and a second tar behind the first', async () => {
  const packed = gzipSync(HELLO);
  const extras = Buffer.from(packed.subarray(0, 10));
  extras[3] = 0x1c;
  const header = Buffer.concat([extras, Buffer.from([2, 0, 1, 2]), Buffer.from('name\0comment\0')]);
  assert.deepEqual(await read(Buffer.concat([header, packed.subarray(10)])), IS_HELLO);
  for (const bytes of [Buffer.alloc(0), gzipSync(Buffer.alloc(0)), gzipSync(Buffer.alloc(1024))])
    assert.deepEqual(await read(bytes), {});
  const second = rawTar([{ name: 'second', content: 'tar' }]);
  const both = Buffer.concat([HELLO, second]);
  assert.deepEqual(await read(gzipSync(both), { diffId: digestOf(both) }), IS_HELLO);
});

test('141: what unpacks to far more than it is, is refused, wherever it stands', async () => {
  const zeros = 32 * 1024 * 1024;
  const file = rawTar([{ name: 'zeros', content: Buffer.alloc(zeros) }]);
  const behind = Buffer.concat([HELLO, Buffer.alloc(zeros)]);
  const repeated = Buffer.from([(0x20000 << 3) | 2, 0, 0x10, 0]);
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38]);
  const zstd = Buffer.concat([zstdFrame(HELLO), frame, ...Array.from({ length: 200 }, () => repeated)]);
  for (const bytes of [gzipSync(file), gzipSync(behind), zstd])
    await assert.rejects(
      read(bytes, { quota: new Quota({ maxBytes: 1_000_000 }) }),
      failure('TOO_LARGE', 'unpacks to more than the 1000000 bytes'),
    );
});

test('141: without a bound of its own an image may unpack to 200 times its size, and in any case to a gigabyte', () => {
  const quota = new Quota();
  quota.addPacked(10_000_000);
  quota.addBytes(1_999_999_999, 'layer x');
  assert.throws(
    () => quota.addBytes(2, 'layer x'),
    failure('TOO_LARGE', 'layer x unpacks to more than 200 times'),
  );
  new Quota().addBytes(1024 ** 3, 'layer x');
  assert.throws(() => new Quota().addBytes(1024 ** 3 + 1, 'layer x'), failure('TOO_LARGE', '200 times'));
  new Quota({ maxBytes: 1024 ** 4 }).addBytes(1024 ** 4, 'layer x');
});

test('141: names and attributes are bounded, which are kept in memory', async (t) => {
  const counted = t.mock.method(Quota.prototype, 'addEntry');
  const attribute = { 'SCHILY.xattr.user.a': Buffer.alloc(100_000) };
  await read(rawTar([pax(attribute), { name: 'name', flag: '2', target: 'target' }]));
  assert.deepEqual(counted.mock.calls[0]?.arguments.slice(1), [100_000 + 'user.anametarget'.length]);
  const quota = new Quota();
  quota.addEntry('layer x', 512 * 1024 * 1024);
  assert.throws(
    () => quota.addEntry('layer y', 1),
    failure('TOO_LARGE', 'layer y brings names and attributes'),
  );
  counted.mock.restore();
  const many = new Quota();
  for (let count = 0; count < 10_000_000; count++) many.addEntry('layer x', 0);
  assert.throws(
    () => many.addEntry('layer y', 0),
    failure('TOO_LARGE', 'layer y brings the image to more than 10000000 entries'),
  );
});

test('a layer that is not what its digest says, or the config, is found out at its end', async () => {
  const other = digestOf(Buffer.from('other'));
  for (const bytes of [HELLO, gzipSync(HELLO), zstdFrame(HELLO)])
    await assert.rejects(read(bytes, { digest: other }), failure('DIGEST_MISMATCH', 'hash to'));
  assert.deepEqual(await read(gzipSync(HELLO), { diffId: digestOf(HELLO) }), IS_HELLO);
  await assert.rejects(
    read(gzipSync(HELLO), { diffId: other }),
    failure('DIGEST_MISMATCH', 'the config of its image says sha256:'),
  );
});
