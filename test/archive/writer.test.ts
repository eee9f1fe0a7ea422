import assert from 'node:assert/strict';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { test, type TestContext } from 'node:test';
import { extract, type Header } from 'tar-stream';

import { openArchive } from '../../src/archive/reader.js';
import { TarWriter } from '../../src/tar/writer.js';
import { indexTar } from '../../src/tar/tar-index.js';
import { openFileTarget } from '../../src/tar/target.js';
import { ArchiveWriter } from '../../src/archive/writer.js';
import { copy } from '../../src/content/copy.js';
import { Memory } from '../../src/content/memory.js';
import type { Content, Source } from '../../src/content/types.js';
import { RegError } from '../../src/errors.js';
import { parseDescriptor } from '../../src/spec/descriptor.js';
import { openLayout } from '../../src/layout/layout.js';
import { systemClock } from '../../src/content/system-clock.js';
import type { Platform } from '../../src/spec/platform.js';
import { writeLayout } from '../support/image-files.js';
import { image, index, layer, sampleIndex, type TestGraph } from '../support/images.js';
import { needs } from '../support/programs.js';
import { skopeo } from '../support/skopeo.js';
import { succeeded } from '../support/person.js';
import { temporaryFolder } from '../support/temp.js';
import { failure, regionOf } from '../tar/tars.js';

const facts = { pid, isRunning: () => true };
const NAME = 'docker.io/library/app:v1';

/** A graph as a source, by way of a layout on disk. */
async function sourceOf(t: TestContext, graph: TestGraph): Promise<Source> {
  const folder = await temporaryFolder(t);
  await writeLayout(folder, { v1: graph });
  return openLayout(folder, { ...facts, clock: systemClock, isReadOnly: true });
}

interface Written {
  readonly file: string;
  readonly graph: TestGraph;
}

/** Writes an archive of each graph under its name. */
async function written(
  t: TestContext,
  graphs: Readonly<Record<string, TestGraph>>,
  platform?: Platform,
): Promise<string> {
  const file = join(await temporaryFolder(t), 'image.tar');
  const writer = new ArchiveWriter(await openFileTarget(file, facts), { platform });
  for (const [tag, graph] of Object.entries(graphs)) {
    const root = parseDescriptor(graph.descriptor, 'root');
    await copy(await sourceOf(t, graph), writer, root, { tag, concurrency: 1 });
  }
  await writer.finish();
  return file;
}

async function anImage(t: TestContext): Promise<Written> {
  const graph = image({ layers: [await layer({ a: 'one' }), await layer({ b: 'two'.repeat(9000) })] });
  return { graph, file: await written(t, { [NAME]: graph }) };
}

async function entriesOf(file: string): Promise<ReadonlyMap<string, { header: Header; text: string }>> {
  const parser = extract();
  const entries = new Map<string, { header: Header; text: string }>();
  parser.end(await readFile(file));
  for await (const entry of parser) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.set(entry.header.name, { header: entry.header, text: Buffer.concat(chunks).toString() });
  }
  return entries;
}

async function jsonIn(file: string, name: string): Promise<unknown> {
  const text = (await entriesOf(file)).get(name)?.text;
  return text === undefined ? undefined : JSON.parse(text);
}

test('an archive has the same bytes whenever it is written', async (t) => {
  const graph = await sampleIndex();
  const [one, two] = [await written(t, { [NAME]: graph }), await written(t, { [NAME]: graph })];
  assert.deepEqual(await readFile(one), await readFile(two));
});

test('148: what is in an archive is named by its digest, with fixed times and modes', async (t) => {
  const { file, graph } = await anImage(t);
  const entries = await entriesOf(file);
  const blobs = [...graph.blobs.keys(), ...graph.manifests.keys()].map(
    (digest) => `blobs/${digest.replace(':', '/')}`,
  );
  assert.deepEqual(
    [...entries.keys()].sort(),
    [...blobs, 'index.json', 'manifest.json', 'oci-layout'].sort(),
  );
  assert.equal([...entries.keys()][0], 'oci-layout');
  for (const { header } of entries.values()) {
    const { mode, uid, gid, mtime, type } = header;
    assert.deepEqual(
      { mode, uid, gid, mtime, type },
      { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'file' },
    );
  }
});

test('an image is listed for OCI and for Docker under its name', async (t) => {
  const { file, graph } = await anImage(t);
  const { mediaType, digest, size } = graph.descriptor;
  assert.deepEqual(await jsonIn(file, 'index.json'), {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType,
        digest,
        size,
        platform: { os: 'linux', architecture: 'amd64' },
        annotations: { 'io.containerd.image.name': NAME, 'org.opencontainers.image.ref.name': NAME },
      },
    ],
  });
  const [config, ...layers] = [...graph.blobs.keys()].map((one) => `blobs/${one.replace(':', '/')}`);
  assert.deepEqual(await jsonIn(file, 'manifest.json'), [
    { Config: config, RepoTags: ['app:v1'], Layers: layers },
  ]);
});

test('an image with two names, and two images that share a layer, are written once', async (t) => {
  const base = await layer({ base: 'base' });
  const [one, two] = [image({ layers: [base] }), image({ layers: [base, await layer({ more: 'more' })] })];
  const file = await written(t, {
    [NAME]: one,
    'localhost:5000/app:v2': two,
    'docker.io/library/app:latest': one,
  });
  const names = [...(await entriesOf(file)).keys()];
  assert.equal(new Set(names).size, names.length);
  const list = (await jsonIn(file, 'manifest.json')) as readonly { readonly RepoTags: readonly string[] }[];
  assert.deepEqual(
    list.map(({ RepoTags }) => RepoTags),
    [['app:v1', 'app:latest'], ['localhost:5000/app:v2']],
  );
  const archive = await openArchive(file, { temporaryFolder: await temporaryFolder(t) });
  t.after(() => archive.close());
  for (const [name, { descriptor }] of [
    ['app', one],
    ['localhost:5000/app:v2', two],
  ] as const)
    assert.equal((await archive.resolve(name)).digest, descriptor.digest);
});

test('of an index Docker is told the image for the platform asked for, else the first', async (t) => {
  const images = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture) =>
      image({ layers: [await layer({ architecture })], platform: { os: 'linux', architecture } }),
    ),
  );
  const graph = index(images);
  const configOf = async (platform?: Platform): Promise<string> => {
    const list = (await jsonIn(await written(t, { [NAME]: graph }, platform), 'manifest.json')) as {
      Config: string;
    }[];
    return list[0]?.Config.split('/').at(-1) ?? '';
  };
  const [amd64 = '', arm64 = ''] = images.map(({ blobs }) => [...blobs.keys()][0]?.split(':')[1]);
  assert.equal(await configOf({ os: 'linux', architecture: 'arm64' }), arm64);
  assert.equal(await configOf({ os: 'linux', architecture: 's390x' }), amd64);
  assert.equal(await configOf(), amd64);
});

test('a plain tag is a name for OCI only: Docker could take it for a repository', async (t) => {
  const graph = image({ layers: [await layer({ a: 'one' })] });
  const file = await written(t, { v1: graph });
  const list = (await jsonIn(file, 'manifest.json')) as readonly { readonly RepoTags: readonly string[] }[];
  assert.deepEqual(
    list.map(({ RepoTags }) => RepoTags),
    [[]],
  );
  assert.match(JSON.stringify(await jsonIn(file, 'index.json')), /"org.opencontainers.image.ref.name":"v1"/);
});

test('a blob of more than 8 GiB is announced so that tar programs understand it', async (t) => {
  const size = 9 * 1024 ** 3 + 5;
  const file = join(await temporaryFolder(t), 'big.tar');
  const handle = await open(file, 'w');
  let position = 0;
  const piece = Buffer.alloc(64 * 1024 * 1024);
  const tar = new TarWriter({
    // Zeros become a hole, so that nobody needs the room.
    async write(bytes) {
      if (!piece.subarray(0, bytes.byteLength).equals(bytes))
        await handle.write(bytes, 0, bytes.byteLength, position);
      position += bytes.byteLength;
    },
  });
  async function* zeros(): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; left -= piece.byteLength)
      yield piece.subarray(0, Math.min(left, piece.byteLength));
  }
  await tar.add({ name: 'big', size }, zeros());
  await tar.add(
    { name: 'small', size: 1 },
    (async function* () {
      yield Buffer.from('x');
    })(),
  );
  await tar.end();
  await handle.truncate(position);
  await handle.close();
  const files = await indexTar(await regionOf(t, file), { what: 'big.tar' });
  assert.deepEqual(
    [...files].map(([name, region]) => [name, region.size]),
    [
      ['big', size],
      ['small', 1],
    ],
  );
});

test('a layer that turns out wrong ends the archive, and no file appears', async (t) => {
  const { graph } = await anImage(t);
  const source = await sourceOf(t, graph);
  const lying: Source = {
    resolve: (name) => source.resolve(name),
    get: (descriptor) =>
      descriptor.mediaType.includes('layer') ? broken(source.get(descriptor)) : source.get(descriptor),
  };
  const file = join(await temporaryFolder(t), 'image.tar');
  const writer = new ArchiveWriter(await openFileTarget(file, facts));
  const wrong = failure('DIGEST_MISMATCH', 'hash to');
  await assert.rejects(
    copy(lying, writer, parseDescriptor(graph.descriptor, 'root'), { concurrency: 1 }),
    wrong,
  );
  await assert.rejects(writer.finish(), wrong);
  await writer.discard();
  await assert.rejects(readFile(file), { code: 'ENOENT' });
});

function broken(content: Content): Content {
  return {
    ...content,
    open: async (options) => {
      const chunks = await content.open(options);
      return (async function* () {
        for await (const chunk of chunks) yield Buffer.from(chunk).fill('x', 0, 1);
      })();
    },
  };
}

test('a target that fails is what the writing fails of', async (t) => {
  const { graph } = await anImage(t);
  let room = 2000;
  const writer = new ArchiveWriter({
    async write(bytes) {
      room -= bytes.byteLength;
      if (room < 0) throw new RegError('DISK_FULL', 'the tape has ended');
    },
    finish: async () => {},
    discard: async () => {},
  });
  const copying = copy(await sourceOf(t, graph), writer, parseDescriptor(graph.descriptor, 'root'));
  await assert.rejects(copying, failure('DISK_FULL', 'the tape has ended'));
  await assert.rejects(writer.finish(), failure('DISK_FULL', 'the tape has ended'));
});

test('what was written comes back with all its digests', async (t) => {
  const graph = await sampleIndex();
  const archive = await openArchive(await written(t, { [NAME]: graph }), {
    temporaryFolder: await temporaryFolder(t),
  });
  t.after(() => archive.close());
  const root = await archive.resolve(NAME);
  assert.equal(root.digest, graph.descriptor.digest);
  const memory = new Memory();
  await copy(archive, memory, root);
  for (const digest of graph.blobs.keys())
    assert.equal(await memory.has(parseDescriptor({ mediaType: 'a/b', digest, size: 0 }, 'blob')), true);
});

test(
  'skopeo reads an archive as OCI and as Docker, and finds the same digests',
  needs('skopeo'),
  async (t) => {
    const { file, graph } = await anImage(t);
    for (const place of [`oci-archive:${file}:${NAME}`, `oci-archive:${file}`]) {
      const { stdout } = succeeded(await skopeo(t, ['inspect', '--format', '{{.Digest}}', place]));
      assert.equal(stdout.trim(), graph.descriptor.digest);
    }
    const config = [...graph.blobs.values()][0]?.digest;
    for (const place of [`docker-archive:${file}:app:v1`, `docker-archive:${file}`]) {
      const { stdout } = succeeded(await skopeo(t, ['inspect', '--raw', place]));
      assert.equal((JSON.parse(stdout) as { config: { digest: string } }).config.digest, config);
    }
    const folder = await temporaryFolder(t);
    succeeded(await skopeo(t, ['copy', `oci-archive:${file}`, `dir:${folder}`]));
  },
);
