import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';

import { contentOf } from '../../src/content/read.js';
import type { Content, OpenOptions } from '../../src/content/types.js';
import { Holder } from '../../src/disk/holder.js';
import { RegError, type ErrorCode } from '../../src/errors.js';
import { openTable } from '../../src/seekable/open.js';
import { readChunks } from '../../src/seekable/read.js';
import { parseTable } from '../../src/seekable/table.js';
import { describe } from '../../src/spec/descriptor.js';
import { OCI_LAYER } from '../../src/spec/media-type.js';
import { Quota } from '../../src/tar/quota.js';
import { collect, failsWith } from '../support/scripted-setup.js';
import {
  estargzLayer,
  zstdChunkedLayer,
  type EstargzOptions,
  type SeekableFile,
  type SeekableLayer,
  type TocRecord,
} from '../support/seekable-layers.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

const BIG = randomBytes(1_000_000);
const FILES: readonly SeekableFile[] = [
  { name: 'etc/', type: 'directory' },
  { name: 'etc/hosts', content: 'localhost\n', mode: 0o640, uid: 7, mtime: new Date(86_400_000) },
  { name: 'etc/alias', type: 'symlink', linkname: 'hosts' },
  { name: 'etc/empty' },
  { name: 'big', content: BIG },
  { name: 'last', content: 'behind it\n' },
];

const MAKERS: readonly (readonly [
  name: string,
  make: (files: readonly SeekableFile[], options?: EstargzOptions) => Promise<SeekableLayer>,
])[] = [
  ['eStargz', estargzLayer],
  ['stargz with digests', (files, options) => estargzLayer(files, { ...options, isLegacy: true })],
  ['zstd:chunked', zstdChunkedLayer],
  [
    'zstd:chunked of older programs',
    (files, options) => zstdChunkedLayer(files, { ...options, prefix: 'io.containers.zstd-chunked' }),
  ],
];

/** The layer as a content, and the ranges that are asked of it. `asMade` are its bytes, altered where a test wants that. */
async function contentOfLayer(layer: SeekableLayer, asMade?: Buffer) {
  const bytes = await collect(Promise.resolve(layer.blob.open()));
  const descriptor = { ...describe(OCI_LAYER, bytes), annotations: layer.annotations };
  const whole = contentOf(descriptor, asMade ?? bytes);
  const asked: (readonly [from: number, to: number])[] = [];
  const open = (options: OpenOptions = {}): Promise<AsyncIterable<Uint8Array>> => {
    asked.push([options.from ?? 0, options.to ?? bytes.length]);
    return whole.open(options);
  };
  return { bytes, asked, content: { descriptor, open } satisfies Content };
}

async function readFile(
  scope: Scope,
  content: Content,
  path: string,
  quota: Quota = new Quota(),
): Promise<Buffer> {
  const holder = new Holder(await temporaryFolder(scope));
  scope.after(() => holder.close());
  const table = await openTable(content);
  const entry = table?.entries.findLast((each) => each.path === path);
  assert(table !== undefined && entry !== undefined, `${path} is not in the table`);
  const chunks = readChunks(content, entry.chunks, { compression: table.compression, holder, quota });
  return collect(Promise.resolve(chunks));
}

for (const [name, make] of MAKERS) {
  suite(`a layer of ${name}`, () => {
    test('is listed by its table, and each file read by its own bytes', async (t) => {
      const { content, asked } = await contentOfLayer(await make(FILES));
      const table = await openTable(content);
      const seen = table?.entries.map(({ path, type, mode, uid, mtime, size, target }) =>
        [path, type, mode.toString(8), uid, mtime, size, target].join(' '),
      );
      assert.deepEqual(seen?.slice(0, 6), [
        'etc directory 755 0 0 0 ',
        'etc/hosts file 640 7 86400 10 ',
        'etc/alias symlink 644 0 0 0 hosts',
        'etc/empty file 644 0 0 0 ',
        'big file 644 0 0 1000000 ',
        'last file 644 0 0 10 ',
      ]);
      assert.equal((await readFile(t, content, 'etc/hosts')).toString(), 'localhost\n');
      assert.equal((await readFile(t, content, 'last')).toString(), 'behind it\n');
      assert.equal((await readFile(t, content, 'etc/empty')).length, 0);
      const fetched = asked.reduce((sum, [from, to]) => sum + to - from, 0);
      assert.ok(fetched < 300_000, `${fetched} bytes of a million`);
      assert.deepEqual(await readFile(t, content, 'big'), BIG);
    });

    test('may have its files in parts, which are fetched at once', async (t) => {
      const { content, asked } = await contentOfLayer(await make(FILES, { chunkSize: 70_000 }));
      assert.deepEqual(await readFile(t, content, 'big'), BIG);
      assert.equal(asked.length, 2, 'one range for the table, one for the file');
    });

    test('is not asked for its last byte, so that who sends no parts need not send all of it', async () => {
      const { content, asked, bytes } = await contentOfLayer(await make(FILES));
      await openTable(content);
      assert.ok(asked.every(([from, to]) => from > 0 && to < bytes.length));
    });

    test('gives no byte of a part that was altered', async (t) => {
      const layer = await make(FILES, { chunkSize: 70_000 });
      const { bytes } = await contentOfLayer(layer);
      const altered = Buffer.from(bytes);
      // Somewhere in the middle of the big file, which can't be compressed.
      const at = 500_000;
      altered[at] = (altered[at] ?? 0) ^ 1;
      const { content } = await contentOfLayer(layer, altered);
      const seen: Uint8Array[] = [];
      await assert.rejects(
        async () => {
          const table = await openTable(content);
          const holder = new Holder(await temporaryFolder(t));
          const chunks = table?.entries.find(({ path }) => path === 'big')?.chunks ?? [];
          const options = { compression: table?.compression ?? 'gzip', holder, quota: new Quota() };
          for await (const chunk of readChunks(content, chunks, options)) seen.push(chunk);
        },
        isWrong('DIGEST_MISMATCH', 'UNSAFE_ARCHIVE', 'SIZE_MISMATCH'),
      );
      const read = Buffer.concat(seen);
      assert.ok(read.length > 0 && read.length < at);
      assert.deepEqual(read, BIG.subarray(0, read.length));
    });

    test('is refused where its table is not the one that the manifest names', async () => {
      const layer = await make(FILES);
      const other = await make([...FILES, { name: 'evil', content: 'x' }]);
      const { bytes } = await contentOfLayer(other);
      const { content } = await contentOfLayer(layer, bytes);
      await assert.rejects(openTable(content), isWrong('DIGEST_MISMATCH', 'UNSAFE_ARCHIVE'));
    });
  });
}

const LIES: readonly (readonly [what: string, edit: (records: TocRecord[]) => unknown])[] = [
  ['an offset behind the end', (records) => change(records, 'etc/hosts', { offset: 1e9 })],
  ['an offset that is negative', (records) => change(records, 'etc/hosts', { offset: -1 })],
  ['no offset', (records) => change(records, 'etc/hosts', { offset: undefined })],
  ['a size under that of its parts', (records) => change(records, 'big', { size: 500_000 })],
  ['a size that is no whole number', (records) => change(records, 'big', { size: 0.5 })],
  ['a size beyond all numbers', (records) => change(records, 'big', { size: 2 ** 60 })],
  ['a first part of no length', (records) => change(records, 'big', { chunkSize: 0 })],
  ['parts that overlap', (records) => records.forEach(shiftChunk(-1))],
  ['parts that leave gaps', (records) => records.forEach(shiftChunk(1))],
  ['parts in another order', (records) => records.splice(5, 2, ...records.slice(5, 7).toReversed())],
  ['a part of no file', (records) => records.unshift({ type: 'chunk', offset: 9, chunkSize: 5 })],
  ['a part without a digest', (records) => records.forEach((each) => delete each['chunkDigest'])],
  ['a digest that is none', (records) => change(records, 'last', { chunkDigest: 'sha256:../../x' })],
  ['a name that leads out', (records) => change(records, 'last', { name: 'a/../../last' })],
  ['no name', (records) => change(records, 'last', { name: '' })],
  ['a name with a zero byte', (records) => change(records, 'last', { name: 'a\0b' })],
  ['a whiteout of a directory above', (records) => change(records, 'last', { name: '.wh...' })],
  ['a link out of the image', (records) => records.push({ type: 'hardlink', name: 'x', linkName: '../y' })],
  ['a time that is none', (records) => change(records, 'last', { modtime: 'yesterday' })],
  ['an unknown type', (records) => change(records, 'last', { type: 'socket' })],
];

suite('a table is refused for', () => {
  for (const [what, edit] of LIES) {
    test(what, async () => {
      for (const make of [estargzLayer, zstdChunkedLayer]) {
        const { content } = await contentOfLayer(await make(FILES, { chunkSize: 70_000, edit }));
        await assert.rejects(openTable(content), failsWith('UNSAFE_ARCHIVE'));
      }
    });
  }
});

test('a last part that is shorter than the table says is an error behind what was verified', async (t) => {
  const edit = (records: TocRecord[]): void => change(records, 'big', { size: 2_000_000 });
  for (const make of [estargzLayer, zstdChunkedLayer]) {
    const { content } = await contentOfLayer(await make(FILES, { chunkSize: 70_000, edit }));
    await assert.rejects(readFile(t, content, 'big'), failsWith('SIZE_MISMATCH'));
  }
});

test('files of eStargz may be compressed together', async (t) => {
  const { content } = await contentOfLayer(
    await estargzLayer(FILES, { isTogether: true, chunkSize: 70_000 }),
  );
  assert.equal((await readFile(t, content, 'last')).toString(), 'behind it\n');
  assert.deepEqual(await readFile(t, content, 'big'), BIG);
});

test('the table of eStargz is itself a file of the layer', async (t) => {
  const layer = await estargzLayer(FILES);
  const { content } = await contentOfLayer(layer);
  assert.deepEqual(await readFile(t, content, 'stargz.index.json'), layer.json);
});

test('a footer may lead nowhere, and to no table', async () => {
  for (const tocOffset of [0, 7, 99_999_999, 2 ** 52]) {
    const { content } = await contentOfLayer(await estargzLayer(FILES, { tocOffset }));
    await assert.rejects(openTable(content), failsWith('UNSAFE_ARCHIVE'), `${tocOffset}`);
  }
});

test('a position in the manifest may be nonsense, and too large', async () => {
  const layer = await zstdChunkedLayer(FILES);
  const wrong: readonly (readonly [position: string, code: ErrorCode])[] = [
    ['', 'UNSAFE_ARCHIVE'],
    ['1:2:3:2', 'UNSAFE_ARCHIVE'],
    ['-1:2:3:1', 'UNSAFE_ARCHIVE'],
    ['0:10:10:1', 'UNSAFE_ARCHIVE'],
    ['10:99999999999:10:1', 'UNSAFE_ARCHIVE'],
    ['10:10:99999999999:1', 'TOO_LARGE'],
    ['10:10:10:1', 'DIGEST_MISMATCH'],
  ];
  for (const [position, code] of wrong) {
    const annotations = {
      ...layer.annotations,
      'io.github.containers.zstd-chunked.manifest-position': position,
    };
    const { content } = await contentOfLayer({ ...layer, annotations });
    await assert.rejects(openTable(content), failsWith(code), position);
  }
});

test('a table is bounded in what it makes of few bytes, and of none', async (t) => {
  const files = [{ name: 'zeros', content: Buffer.alloc(2_000_000) }];
  const edit = (records: TocRecord[]): void =>
    records.forEach((record) => Object.assign(record, { chunkType: 'zeros' }));
  for (const layer of [
    await zstdChunkedLayer(files),
    await estargzLayer(files),
    await zstdChunkedLayer(files, { edit }),
  ]) {
    const { content } = await contentOfLayer(layer);
    const quota = new Quota({ maxBytes: 1_000_000 });
    await assert.rejects(readFile(t, content, 'zeros', quota), failsWith('TOO_LARGE'));
  }
});

test('holes of zstd:chunked are not fetched, and nothing else passes for one', async (t) => {
  const content = Buffer.concat([BIG.subarray(0, 70_000), Buffer.alloc(140_000), BIG.subarray(0, 9)]);
  const files = [{ name: 'holes', content }];
  for (const isTrue of [true, false]) {
    const edit = (records: TocRecord[]): void =>
      records.slice(isTrue ? 1 : 0, 3).forEach((record) => Object.assign(record, { chunkType: 'zeros' }));
    const layer = await zstdChunkedLayer(files, { chunkSize: 70_000, edit });
    const { content: made, asked } = await contentOfLayer(layer);
    if (!isTrue) await assert.rejects(readFile(t, made, 'holes'), failsWith('DIGEST_MISMATCH'));
    else assert.deepEqual(await readFile(t, made, 'holes'), content);
    if (isTrue) assert.ok(asked.reduce((sum, [from, to]) => sum + to - from, 0) < 75_000);
  }
});

test('a table is not unpacked beyond what may be held in memory', async () => {
  const layer = await zstdChunkedLayer(FILES);
  const bytes = await collect(Promise.resolve(layer.blob.open()));
  const [from = 0, length = 0] = Object.values(layer.annotations)[0]?.split(':').map(Number) ?? [];
  const annotations = {
    ...layer.annotations,
    'io.github.containers.zstd-chunked.manifest-position': `${from}:${length}:100:1`,
  };
  const { content } = await contentOfLayer({ ...layer, annotations });
  await assert.rejects(openTable(content), failsWith('TOO_LARGE', /has more than 100 bytes$/));
  // A footer that claims all of a layer of 10 GB for the table.
  const footer = await collect(Promise.resolve((await estargzLayer(FILES, { tocOffset: 1 })).blob.open()));
  const size = 10 * 1024 ** 3;
  const estargz = {
    descriptor: {
      ...describe(OCI_LAYER, bytes),
      size,
      annotations: { 'containerd.io/snapshot/stargz/toc.digest': `sha256:${'0'.repeat(64)}` },
    },
    open: (options: OpenOptions = {}) => {
      assert.equal(options.to, size - 1);
      return contentOf(describe(OCI_LAYER, footer), Buffer.concat([Buffer.alloc(65_536), footer])).open({
        from: footer.length,
      });
    },
  };
  await assert.rejects(openTable(estargz), failsWith('TOO_LARGE'));
});

test('a table of too many records is refused before they are in memory', (t) => {
  const parse = t.mock.method(JSON, 'parse');
  for (const [text, count] of [
    ['{},', 3_000_001],
    ['[],', 3_000_001],
    ['0,', 32_000_001],
  ] as const) {
    const json = Buffer.from(`{"version":1,"entries":[${text.repeat(count)}0]}`);
    assert.throws(() => parseTable(json, { what: 'x', end: 1 }), failsWith('TOO_LARGE', /more than 1000000/));
  }
  assert.equal(parse.mock.callCount(), 0);
});

test('a layer that names no digest of a table has none', async () => {
  for (const layer of [await estargzLayer(FILES), await zstdChunkedLayer(FILES)]) {
    const { content } = await contentOfLayer({ ...layer, annotations: {} });
    assert.equal(await openTable(content), undefined);
  }
});

/** Whichever of these the damage is noticed by. */
function isWrong(...codes: readonly ErrorCode[]): (error: unknown) => boolean {
  return (error) => error instanceof RegError && codes.includes(error.code);
}

function change(records: readonly TocRecord[], name: string, fields: TocRecord): void {
  const record = records.find((each) => each['name'] === name);
  assert(record !== undefined);
  Object.assign(record, fields);
}

/** Moves the second part of a file. */
function shiftChunk(by: number): (record: TocRecord) => void {
  return (record) => {
    if (record['chunkOffset'] === 70_000) record['chunkOffset'] = 70_000 + by;
  };
}
