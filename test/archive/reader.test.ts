import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as zlib from 'node:zlib';

import { chooseImage } from '../../src/archive/image.js';
import { openArchive, type Archive } from '../../src/archive/reader.js';
import { copy } from '../../src/content/copy.js';
import { Memory } from '../../src/content/memory.js';
import { readContent, readManifest } from '../../src/content/read.js';
import type { Source } from '../../src/content/types.js';
import { RegError } from '../../src/errors.js';
import type { Descriptor } from '../../src/spec/descriptor.js';
import { digestOf } from '../../src/spec/digest.js';
import type { ImageManifest } from '../../src/spec/manifest.js';
import { DOCKER_CONFIG, DOCKER_MANIFEST } from '../../src/spec/media-type.js';
import { writeDockerArchive, writeLayout, writeOciArchive } from '../support/image-files.js';
import {
  attestation,
  bigLayer,
  image,
  index,
  layer,
  sampleIndex,
  type TestImage,
} from '../support/images.js';
import { needs } from '../support/programs.js';
import { skopeo } from '../support/skopeo.js';
import { temporaryFolder } from '../support/temp.js';
import { failure, fileOf, tarOf, tarOfFiles } from '../tar/tars.js';

const NAME = 'example.com/app:1';

/** Opens an archive for as long as the test lasts, and looks afterwards whether anything was left behind. */
async function opened(t: TestContext, input: string | AsyncIterable<Uint8Array>): Promise<Archive> {
  const outcome: { archive?: Archive; folder?: string } = {};
  // Before the folder is made, because hooks run in order.
  t.after(async () => {
    await outcome.archive?.close();
    assert.deepEqual(await readdir(outcome.folder ?? ''), []);
  });
  outcome.folder = await temporaryFolder(t);
  outcome.archive = await openArchive(input, { temporaryFolder: outcome.folder });
  return outcome.archive;
}

async function twoLayers(): Promise<TestImage> {
  return image({ layers: [await layer({ 'etc/a': 'a' }), await layer({ 'etc/b': 'b'.repeat(9000) })] });
}

async function manifestOf(source: Source, root: Descriptor): Promise<ImageManifest> {
  const manifest = await readManifest(source, root);
  assert(manifest.kind === 'manifest');
  return manifest;
}

/** The layers of an image as tars, out of a copy, so that every digest was checked on the way. */
async function tarsOf(source: Source, root: Descriptor): Promise<readonly Buffer[]> {
  const memory = new Memory();
  await copy(source, memory, root);
  const { layers } = await manifestOf(memory, root);
  const blobs = await Promise.all(layers.map((one) => readContent(memory.get(one), { cap: one.size })));
  return blobs.map((bytes) => zlib.gunzipSync(bytes));
}

/** A zstd frame that stores its bytes as they are (RFC 8878, 3.1.1), which is all that Node 20 can make. */
function zstdFrame(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [Buffer.from('28b52ffd0070', 'hex')];
  for (let from = 0; from < bytes.length; from += 100_000) {
    const block = bytes.subarray(from, from + 100_000);
    const header = Buffer.alloc(3);
    header.writeUIntLE(block.length * 8 + (from + block.length === bytes.length ? 1 : 0), 0, 3);
    blocks.push(header, block);
  }
  return Buffer.concat(blocks);
}

async function bytesOf(content: { readonly open: () => AsyncIterable<Uint8Array> }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function expectedTars({ layers }: TestImage): Promise<readonly Buffer[]> {
  return Promise.all(layers.map(({ tar }) => bytesOf(tar)));
}

/** An archive as Docker wrote it before 25, by hand. */
function classic(made: TestImage, changes: Readonly<Record<string, unknown>> = {}): Promise<Buffer> {
  const layers = Object.fromEntries(made.layers.map((_, i) => [`${i}/layer.tar`, `layer ${i}`]));
  const list = [{ Config: 'config.json', RepoTags: [NAME], Layers: Object.keys(layers) }];
  return tarOfFiles({ 'config.json': made.config, ...layers, 'manifest.json': list, ...changes });
}

test('an OCI archive gives its images as they are', async (t) => {
  const file = join(await temporaryFolder(t), 'oci.tar');
  const [one, two] = [await twoLayers(), await sampleIndex()];
  await writeOciArchive(file, { v1: one, v2: two });
  const archive = await opened(t, file);
  assert.deepEqual(
    archive.images().map(({ names }) => names),
    [['v1'], ['v2']],
  );
  for (const [name, graph] of [['v1', one] as const, ['v2', two] as const]) {
    const root = await archive.resolve(name);
    assert.equal(root.digest, graph.descriptor.digest);
    assert.deepEqual(await archive.resolve(root.digest), root);
    assert.equal(await copy(archive, new Memory(), root), 'written');
  }
});

test('a blob of an archive opens at every offset', async (t) => {
  const file = join(await temporaryFolder(t), 'oci.tar');
  const made = await twoLayers();
  await writeOciArchive(file, { v1: made });
  const archive = await opened(t, file);
  const { config } = await manifestOf(archive, await archive.resolve('v1'));
  for (let from = 0; from <= config.size; from++) {
    const content = await archive.get(config).open({ from });
    assert.deepEqual(await bytesOf({ open: () => content }), made.config.subarray(from), `from ${from}`);
  }
});

test('what an archive does not hold is not found', async (t) => {
  const file = join(await temporaryFolder(t), 'oci.tar');
  await writeOciArchive(file, { v1: await twoLayers() });
  const archive = await opened(t, file);
  const digest = digestOf(Buffer.from('elsewhere'));
  const open = archive.get({ mediaType: 'text/plain', digest, size: 9 }).open();
  await assert.rejects(open, failure('NOT_FOUND', 'is not in'));
  await assert.rejects(archive.resolve(digest), failure('NOT_FOUND', 'is not in'));
  await assert.rejects(archive.resolve('v2'), failure('NOT_FOUND', 'holds no image named "v2", only v1'));
});

test('an archive of Docker 25 and later keeps its digests', async (t) => {
  const file = join(await temporaryFolder(t), 'docker.tar');
  const made = await twoLayers();
  await writeDockerArchive(file, { 'docker.io/library/app:1': made, 'docker.io/library/app:2': made });
  const archive = await opened(t, file);
  for (const name of ['app:1', 'docker.io/library/app:2']) {
    assert.equal((await archive.resolve(name)).digest, made.descriptor.digest, name);
  }
  assert.equal(archive.images().length, 1);
});

test('an archive of an older Docker becomes an image that a registry takes', async (t) => {
  const file = join(await temporaryFolder(t), 'docker.tar');
  const made = await twoLayers();
  await writeDockerArchive(file, { [NAME]: made }, { style: 'classic' });
  const archive = await opened(t, file);
  const root = await archive.resolve(NAME);
  const manifest = await manifestOf(archive, root);
  assert.equal(root.mediaType, DOCKER_MANIFEST);
  assert.equal(manifest.config.mediaType, DOCKER_CONFIG);
  assert.equal(manifest.config.digest, digestOf(made.config));
  assert.deepEqual(await tarsOf(archive, root), await expectedTars(made));
});

test('the same archive becomes the same image each time', async (t) => {
  const file = join(await temporaryFolder(t), 'docker.tar');
  await writeDockerArchive(file, { [NAME]: await twoLayers() }, { style: 'classic' });
  const [first, second] = [await opened(t, file), await opened(t, file)];
  assert.deepEqual(await first.resolve(NAME), await second.resolve(NAME));
});

test('images that share layers, and an image that has a layer twice, are converted', async (t) => {
  const file = join(await temporaryFolder(t), 'docker.tar');
  const [base, top] = [await layer({ base: 'base' }), await layer({ top: 'top' })];
  const images = { 'a.io/x:1': image({ layers: [base, top] }), 'a.io/x:2': image({ layers: [base, base] }) };
  await writeDockerArchive(file, images, { style: 'classic' });
  const archive = await opened(t, file);
  for (const [name, made] of Object.entries(images)) {
    assert.deepEqual(await tarsOf(archive, await archive.resolve(name)), await expectedTars(made), name);
  }
});

test('layers that are compressed already stay as they are', async (t) => {
  const made = await twoLayers();
  const blobs = await Promise.all(made.layers.map(({ blob }) => bytesOf(blob)));
  const bytes = await classic(made, { '0/layer.tar': blobs[0], '1/layer.tar': blobs[1] });
  const archive = await opened(t, await fileOf(t, bytes));
  const { layers } = await manifestOf(archive, await archive.resolve(NAME));
  assert.deepEqual(
    layers.map(({ digest }) => digest),
    made.layers.map(({ blob }) => blob.digest),
  );
});

test('an archive that is compressed with gzip is read, and one on a stream, too', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'docker.tar');
  const made = await twoLayers();
  await writeDockerArchive(file, { [NAME]: made }, { style: 'classic' });
  const bytes = await readFile(file);
  await writeFile(`${file}.gz`, zlib.gzipSync(bytes));
  for (const input of [`${file}.gz`, pieces(bytes), pieces(zlib.gzipSync(bytes))]) {
    const archive = await opened(t, input);
    assert.deepEqual(await tarsOf(archive, await archive.resolve(NAME)), await expectedTars(made));
  }
});

test('an archive that is compressed with zstd is read, and one that is cut off is damaged', async (t) => {
  const file = join(await temporaryFolder(t), 'oci.tar');
  await writeOciArchive(file, { v1: await twoLayers() });
  const compressed = zstdFrame(await readFile(file));
  const archive = await opened(t, pieces(compressed));
  assert.equal(archive.images().length, 1);
  await writeFile(file, compressed.subarray(0, -1000));
  const folder = await temporaryFolder(t);
  await assert.rejects(
    openArchive(file, { temporaryFolder: folder }),
    failure('UNSAFE_ARCHIVE', 'the compressed bytes of'),
  );
});

test('nothing is left when an archive is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await assert.rejects(openArchive(pieces(Buffer.alloc(5000, 'x')), { temporaryFolder: folder }), RegError);
  assert.deepEqual(await readdir(folder), []);
});

test(
  'what is kept aside has no name on the disk, so a killed process leaves nothing',
  { skip: process.platform === 'win32' && 'Windows keeps the name of an open file' },
  async (t) => {
    const folder = await temporaryFolder(t);
    const bytes = await classic(await twoLayers(), { 'manifest.json': [] });
    const archive = await openArchive(pieces(bytes), { temporaryFolder: folder });
    assert.deepEqual(await readdir(folder), []);
    await archive.close();
  },
);

test('reading a stream on which nothing comes can be called off', async (t) => {
  const folder = await temporaryFolder(t);
  const abort = new AbortController();
  const stalled = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(4096);
    abort.abort();
    await new Promise(() => {});
  };
  const opening = openArchive(stalled(), { temporaryFolder: folder, signal: abort.signal });
  await assert.rejects(opening, failure('ABORTED', 'interrupted'));
  assert.deepEqual(await readdir(folder), []);
});

test('a conversion can be called off', async (t) => {
  const file = join(await temporaryFolder(t), 'docker.tar');
  await writeDockerArchive(file, { [NAME]: await twoLayers() }, { style: 'classic' });
  const archive = await opened(t, file);
  const signal = AbortSignal.abort(new RegError('ABORTED', 'enough'));
  await assert.rejects(archive.resolve(NAME, { signal }), failure('ABORTED', 'enough'));
  assert.equal((await archive.resolve(NAME)).mediaType, DOCKER_MANIFEST);
});

test('Docker saves an index with one of its platforms: that one is taken', async (t) => {
  const [arm, amd] = await Promise.all(
    ['arm64', 'amd64'].map(async (architecture) =>
      image({ layers: [await layer({ arch: architecture })], platform: { os: 'linux', architecture } }),
    ),
  );
  assert(arm !== undefined && amd !== undefined);
  const whole = index([arm, amd, attestation(arm), attestation(amd)]);
  const folder = await temporaryFolder(t);
  await writeLayout(folder, { v1: { ...whole, blobs: new Map([...amd.blobs, ...attestation(amd).blobs]) } });
  const archive = await opened(t, await fileOf(t, await tarOfFolder(folder)));
  assert.equal((await archive.resolve('v1')).digest, amd.descriptor.digest);
});

test('an OCI archive without one of its layers is refused', async (t) => {
  const made = await twoLayers();
  const folder = await temporaryFolder(t);
  await writeLayout(folder, { v1: { ...made, blobs: new Map([...made.blobs].slice(0, 2)) } });
  const archive = await opened(t, await fileOf(t, await tarOfFolder(folder)));
  await assert.rejects(archive.resolve('v1'), failure('UNSAFE_ARCHIVE', 'is incomplete'));
});

test('an archive whose OCI half is incomplete is read as of an older Docker', async (t) => {
  const made = await twoLayers();
  const folder = await temporaryFolder(t);
  await writeLayout(folder, { v1: { ...made, blobs: new Map() } });
  const tars = await expectedTars(made);
  const list = [{ Config: 'c.json', RepoTags: [NAME], Layers: ['0', '1'] }];
  const half = { 'c.json': made.config, '0': tars[0], '1': tars[1], 'manifest.json': list };
  const bytes = Buffer.concat([(await tarOfFolder(folder)).subarray(0, -1024), await tarOfFiles(half)]);
  const archive = await opened(t, await fileOf(t, bytes));
  assert.deepEqual(await tarsOf(archive, await archive.resolve(NAME)), tars);
});

test('what skopeo writes is read', needs('skopeo'), async (t) => {
  const folder = await temporaryFolder(t);
  const made = await twoLayers();
  await writeLayout(join(folder, 'in'), { v1: made });
  for (const kind of ['oci-archive', 'docker-archive']) {
    const file = join(folder, `${kind}.tar`);
    const copied = await skopeo(t, ['copy', `oci:${folder}/in:v1`, `${kind}:${file}:${NAME}`]);
    assert.equal(copied.code, 0, copied.stderr);
    const archive = await opened(t, file);
    const root = await archive.resolve(NAME);
    assert.deepEqual(await tarsOf(archive, root), await expectedTars(made), kind);
    const { config } = await manifestOf(archive, root);
    assert.equal(config.digest, digestOf(made.config));
  }
});

test('a large layer is converted without being in memory', async (t) => {
  const file = join(await temporaryFolder(t), 'docker.tar');
  const made = image({ layers: [await bigLayer(128 * 1024 * 1024, 3)] });
  await writeDockerArchive(file, { [NAME]: made }, { style: 'classic' });
  const before = process.memoryUsage.rss();
  const archive = await opened(t, file);
  await archive.resolve(NAME);
  const grown = (process.memoryUsage.rss() - before) / 1024 / 1024;
  assert.ok(grown < 80, `${Math.round(grown)} MiB more`);
});

test('every hostile archive is refused in a line that says why, and leaves nothing behind', async (t) => {
  const made = await twoLayers();
  const layers = await expectedTars(made);
  const good = { '0/layer.tar': layers[0], '1/layer.tar': layers[1] };
  const list = (changes: object): object[] => [
    { Config: 'config.json', RepoTags: [NAME], Layers: ['0/layer.tar', '1/layer.tar'], ...changes },
  ];
  const withList = (changes: object): Promise<Buffer> =>
    classic(made, { ...good, 'manifest.json': list(changes) });
  const withConfig = (config: unknown): Promise<Buffer> => classic(made, { ...good, 'config.json': config });
  const gz = zlib.gzipSync(layers[0] ?? '');
  const links = (files: readonly string[][]): Promise<Buffer> =>
    tarOf(files.map(([name = '', linkname = '']) => ({ name, type: 'symlink', linkname })));
  const cases: readonly (readonly [string, () => Promise<Uint8Array>, Parameters<typeof failure>])[] = [
    ['empty', async () => Buffer.alloc(0), ['UNSAFE_ARCHIVE', 'is not an archive of images']],
    [
      'another tar',
      () => tarOfFiles({ 'README.md': 'hello' }),
      ['UNSAFE_ARCHIVE', 'is not an archive of images'],
    ],
    ['xz', async () => Buffer.from('fd377a585a0000', 'hex'), ['UNSUPPORTED', 'compressed with xz']],
    ['bzip2', async () => Buffer.from('BZh91AY'), ['UNSUPPORTED', 'compressed with bzip2']],
    [
      'cut gzip',
      async () => zlib.gzipSync(await withList({})).subarray(0, 300),
      ['UNSAFE_ARCHIVE', 'damaged'],
    ],
    ['broken gzip', async () => Buffer.from('1f8b0800aaaaaaaaaa', 'hex'), ['UNSAFE_ARCHIVE', 'damaged']],
    ['no JSON', () => classic(made, { 'manifest.json': '[{' }), ['INVALID_MANIFEST', 'is not JSON']],
    ['no list', () => classic(made, { 'manifest.json': { a: 1 } }), ['INVALID_MANIFEST', 'is not a list']],
    ['no images', () => classic(made, { 'manifest.json': [] }), ['NOT_FOUND', 'holds no image']],
    [
      'entry no object',
      () => classic(made, { 'manifest.json': ['x'] }),
      ['INVALID_MANIFEST', 'not an object'],
    ],
    ['no Config', () => withList({ Config: null }), ['INVALID_MANIFEST', 'has no "Config"']],
    ['twin keys', () => withList({ layers: [] }), ['INVALID_MANIFEST', '"Layers" is meant']],
    ['Layers text', () => withList({ Layers: 'x' }), ['INVALID_MANIFEST', '"Layers" is not a list']],
    ['RepoTags number', () => withList({ RepoTags: [1] }), ['INVALID_MANIFEST', '"RepoTags" is not a list']],
    [
      'huge manifest.json',
      () => classic(made, { 'manifest.json': Buffer.alloc(9 * 1024 * 1024, ' ') }),
      ['TOO_LARGE', 'at most 8388608'],
    ],
    ['huge config', () => withConfig(Buffer.alloc(9 * 1024 * 1024, ' ')), ['TOO_LARGE', 'at most 8388608']],
    [
      'outside config',
      () => withList({ Config: '../../../etc/passwd' }),
      ['UNSAFE_ARCHIVE', '"../../../etc/passwd" is missing'],
    ],
    [
      'absolute layer',
      () => withList({ Layers: ['/etc/hostname', '1/layer.tar'] }),
      ['UNSAFE_ARCHIVE', '"/etc/hostname" is missing'],
    ],
    [
      'layer missing',
      () => withList({ Layers: ['0/layer.tar', '2/layer.tar'] }),
      ['UNSAFE_ARCHIVE', '"2/layer.tar" is missing'],
    ],
    ['config no JSON', () => withConfig('hello'), ['INVALID_MANIFEST', 'is not JSON']],
    ['config no object', () => withConfig([]), ['INVALID_MANIFEST', 'is not a JSON object']],
    ['config without rootfs', () => withConfig({}), ['INVALID_MANIFEST', 'rootfs.diff_ids']],
    [
      'diff ID short',
      () => withConfig({ rootfs: { diff_ids: ['sha256:1', 'x'] } }),
      ['INVALID_MANIFEST', 'diff_ids'],
    ],
    ['too few layers', () => withList({ Layers: ['0/layer.tar'] }), ['INVALID_MANIFEST', 'lists 1 layers']],
    [
      'layers swapped',
      () => withList({ Layers: ['1/layer.tar', '0/layer.tar'] }),
      ['DIGEST_MISMATCH', 'the layer "1/layer.tar"'],
    ],
    [
      'one layer for two',
      () => withList({ Layers: ['0/layer.tar', '0/layer.tar'] }),
      ['DIGEST_MISMATCH', 'its config says'],
    ],
    [
      'cut layer',
      () => classic(made, { ...good, '0/layer.tar': gz.subarray(0, 60) }),
      ['UNSAFE_ARCHIVE', 'damaged'],
    ],
    [
      'garbage behind a layer',
      () => classic(made, { ...good, '0/layer.tar': Buffer.concat([gz, Buffer.alloc(3_000_000, 'x')]) }),
      ['UNSAFE_ARCHIVE', 'damaged'],
    ],
    [
      'zeros behind a layer',
      () => classic(made, { ...good, '0/layer.tar': Buffer.concat([gz, Buffer.alloc(3_000_000)]) }),
      ['UNSAFE_ARCHIVE', 'something behind its compressed bytes'],
    ],
    [
      'config named by another digest',
      async () => {
        const name = `${'ab'.repeat(32)}.json`;
        return classic(made, { ...good, [name]: made.config, 'manifest.json': list({ Config: name }) });
      },
      ['DIGEST_MISMATCH', 'is not what its name says'],
    ],
    [
      'config a link to the list',
      async () =>
        Buffer.concat([
          (await tarOfFiles({ ...good, 'manifest.json': list({}) })).subarray(0, -1024),
          await links([['config.json', 'manifest.json']]),
        ]),
      ['INVALID_MANIFEST', 'is not a JSON object'],
    ],
    [
      'links in a ring',
      () =>
        links([
          ['manifest.json', 'config.json'],
          ['config.json', 'manifest.json'],
        ]),
      ['UNSAFE_ARCHIVE', 'is not an archive of images'],
    ],
    [
      'another version',
      () => tarOfFiles({ 'oci-layout': { imageLayoutVersion: '2\u001b[31m' }, 'index.json': {} }),
      ['UNSUPPORTED', 'has the version "2[31m"'],
    ],
    [
      'index no index',
      () => tarOfFiles({ 'oci-layout': { imageLayoutVersion: '1.0.0' }, 'index.json': { schemaVersion: 2 } }),
      ['INVALID_MANIFEST', 'has no list "manifests"'],
    ],
    [
      'names with escapes',
      () =>
        classic(made, {
          'manifest.json': ['\u001b[2Ja', 'b\r\nreg: all is well', 'c'.repeat(3000)].flatMap((name) =>
            list({ RepoTags: [name] }),
          ),
        }),
      ['INVALID_ARGUMENT', 'holds 3 images: [2Ja, b reg: all is well, ccc'],
    ],
  ];
  for (const [name, make, [code, text]] of cases) {
    await t.test(name, async (t) => {
      const folder = await temporaryFolder(t);
      const file = await fileOf(t, await make());
      await assert.rejects(takeOnly(file, folder), failure(code, text));
      assert.deepEqual(await readdir(folder), []);
    });
  }
});

test(
  'a pipe is refused at once, with the way that works',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = await temporaryFolder(t);
    await assert.rejects(
      openArchive('/dev/null', { temporaryFolder: folder }),
      failure('INVALID_ARGUMENT', 'regular file'),
    );
    await assert.rejects(
      openArchive(join(folder, 'nothing'), { temporaryFolder: folder }),
      failure('DISK_ERROR', 'no such file'),
    );
  },
);

async function takeOnly(file: string, temporaryFolder: string): Promise<void> {
  const archive = await openArchive(file, { temporaryFolder });
  try {
    await chooseImage(archive.images(), { what: '"test.tar"' }).root();
  } finally {
    await archive.close();
  }
}

async function tarOfFolder(folder: string): Promise<Buffer> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return tarOf(
    await Promise.all(
      files.map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const name = path.slice(folder.length + 1).replaceAll('\\', '/');
        return { name: `./${name}`, content: await readFile(path) };
      }),
    ),
  );
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 1000) yield bytes.subarray(from, from + 1000);
}
