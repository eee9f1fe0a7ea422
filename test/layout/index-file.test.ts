import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { hasCode, type ErrorCode } from '../../src/errors.js';
import type { Layout } from '../../src/layout/layout.js';
import { temporaryFolder } from '../support/temp.js';
import { blob, emptyStore, image, openStore } from './stores.js';

const NAME = 'docker.io/library/app:1.0';

async function withImage(store: Layout, name = NAME): Promise<void> {
  const { source, root } = image(name);
  await copy(source, store, root, { tag: name });
}

async function readIndex(store: Layout): Promise<{ manifests: Record<string, unknown>[] }> {
  return JSON.parse(await readFile(join(store.folder, 'index.json'), 'utf8'));
}

test('a store that is not there is empty, and looking at it does not make it', async (t) => {
  const folder = join(await temporaryFolder(t), 'not', 'there');
  const store = await openStore(t, folder);
  assert.deepEqual(await store.images(), []);
  await assert.rejects(store.resolve(NAME), (error) => hasCode(error, 'NOT_FOUND'));
  await assert.rejects(readdir(folder));
});

test('a store is an OCI image layout whose entries bear full names', async (t) => {
  const store = await emptyStore(t);
  await withImage(store);
  const marker = await readFile(join(store.folder, 'oci-layout'), 'utf8');
  assert.deepEqual(JSON.parse(marker), { imageLayoutVersion: '1.0.0' });
  const { root } = image(NAME);
  const annotations = { 'org.opencontainers.image.ref.name': NAME };
  assert.deepEqual((await readIndex(store)).manifests, [{ ...root, annotations }]);
  assert.deepEqual(await store.images(), [{ name: NAME, descriptor: root }]);
});

test('the index is written with an entry a line, and what else it holds is kept', async (t) => {
  const store = await emptyStore(t);
  await withImage(store);
  const file = join(store.folder, 'index.json');
  await writeFile(file, JSON.stringify({ ...(await readIndex(store)), annotations: { by: 'another' } }));
  await withImage(store, 'docker.io/library/other:1');
  const lines = (await readFile(file, 'utf8')).split('\n');
  assert.equal(lines.length, 5);
  assert.match(lines[0] ?? '', /"annotations":{"by":"another"}.*"manifests":\[$/);
  assert.deepEqual(lines.slice(3), [']}', '']);
});

test('to name what has that name already, with all its parts, writes nothing', async (t) => {
  const store = await emptyStore(t);
  await withImage(store);
  await store.close();
  const work = join(store.folder, '.partial');
  await rm(work, { recursive: true });
  const { source, root } = image(NAME);
  assert.equal(await store.put(source.get(root), { tag: NAME }), 'exists');
  await assert.rejects(readdir(work), { code: 'ENOENT' });
});

test('only the names that are wanted are looked at', async (t) => {
  const store = await emptyStore(t);
  await withImage(store, 'docker.io/library/one:1');
  await withImage(store, 'docker.io/library/two:1');
  const images = await store.images((name) => name.endsWith('two:1'));
  assert.deepEqual(
    images.map(({ name }) => name),
    ['docker.io/library/two:1'],
  );
});

test('annotations and platform of a descriptor are kept with its name', async (t) => {
  const store = await emptyStore(t);
  const { source, root } = image('annotated');
  const annotated = {
    ...root,
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    annotations: { 'sh.reg.index.digest': 'sha256:some' },
  };
  await copy(source, store, annotated, { tag: NAME });
  const again = await openStore(t, store.folder);
  const resolved = await again.resolve(NAME);
  assert.deepEqual({ ...resolved, annotations: { ...resolved.annotations } }, annotated);
});

test('what another process writes is seen at the next look', async (t) => {
  const store = await emptyStore(t);
  const other = await openStore(t, store.folder);
  await withImage(store, 'docker.io/library/one:1');
  assert.equal((await other.images()).length, 1);
  await withImage(store, 'docker.io/library/two:2');
  assert.equal((await other.images()).length, 2);
});

test('many who name images at once lose none', async (t) => {
  const store = await emptyStore(t);
  const names = Array.from({ length: 30 }, (_, n) => `docker.io/library/app:${n}`);
  await Promise.all(names.map(async (name) => withImage(await openStore(t, store.folder), name)));
  assert.equal((await store.images()).length, names.length);
});

test('entries and keys of other tools stay as they are', async (t) => {
  const store = await emptyStore(t);
  await withImage(store);
  const index = await readIndex(store);
  const { root } = image('other');
  const foreign = [
    { ...root, annotations: { 'org.opencontainers.image.ref.name': 'v1', other: 'kept' }, unknown: [1] },
    { ...root, size: 7, platform: { os: 'linux', architecture: 'arm64', new: 'thing' } },
  ];
  const written = {
    ...index,
    manifests: [...foreign, ...index.manifests],
    annotations: { a: 'b' },
    more: {},
  };
  await writeFile(join(store.folder, 'index.json'), JSON.stringify(written));
  assert.deepEqual(
    (await store.images()).map(({ name }) => name),
    [NAME],
  );
  assert.equal((await store.resolve('v1')).digest, root.digest);
  await withImage(store, 'docker.io/library/second:2');
  await store.remove([NAME]);
  const after = await readIndex(store);
  assert.deepEqual(after.manifests.slice(0, 2), foreign);
  assert.equal(after.manifests.length, 3);
  assert.deepEqual({ ...after, manifests: [] }, { ...written, manifests: [] });
});

test('removing names: all of them or none', async (t) => {
  const store = await emptyStore(t);
  await withImage(store);
  await assert.rejects(store.remove([NAME, 'docker.io/library/x:1']), (error) => hasCode(error, 'NOT_FOUND'));
  assert.equal((await store.images()).length, 1);
  await store.remove([NAME]);
  assert.deepEqual(await store.images(), []);
});

interface Broken {
  readonly what: string;
  readonly break: (folder: string) => Promise<unknown>;
  readonly code?: ErrorCode;
}

const broken: readonly Broken[] = [
  ...['', '{', '[]', 'null', '{"schemaVersion":2}', '{"schemaVersion":2,"manifests":{}}', '\u0000'].map(
    (text) => ({
      what: `index.json is ${JSON.stringify(text)}`,
      break: (folder: string) => writeFile(join(folder, 'index.json'), text),
    }),
  ),
  ...['null', '{}', '{"mediaType":"a/b","digest":"sha256:../../x","size":1}'].map((entry) => ({
    what: `an entry is ${entry}`,
    break: (folder: string) =>
      writeFile(join(folder, 'index.json'), `{"schemaVersion":2,"manifests":[${entry}]}`),
  })),
  {
    what: 'index.json has 50 MiB',
    break: (folder) => truncate(join(folder, 'index.json'), 50 * 1024 * 1024),
  },
  { what: 'index.json is missing', break: (folder) => rm(join(folder, 'index.json')) },
  {
    what: 'index.json is a symbolic link',
    break: async (folder) => {
      await rename(join(folder, 'index.json'), join(folder, 'other.json'));
      await symlink('other.json', join(folder, 'index.json'));
    },
  },
  {
    what: 'index.json is a directory',
    break: async (folder) => {
      await rm(join(folder, 'index.json'));
      await mkdir(join(folder, 'index.json'));
    },
  },
  { what: 'oci-layout is missing', break: (folder) => rm(join(folder, 'oci-layout')) },
  {
    what: 'oci-layout has another version',
    break: (folder) => writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
  },
  { what: 'oci-layout is no JSON', break: (folder) => writeFile(join(folder, 'oci-layout'), 'yes') },
  {
    what: 'the directory holds something else',
    code: 'INVALID_ARGUMENT',
    break: async (folder) => {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
      await writeFile(join(folder, 'thesis.tex'), 'precious');
    },
  },
];

suite('a broken store is an error that names it, and is not touched', () => {
  for (const { what, break: doBreak, code = 'STORE_CORRUPT' } of broken) {
    test(what, async (t) => {
      const store = await emptyStore(t);
      await withImage(store);
      await store.close();
      await doBreak(store.folder);
      const before = await readdir(store.folder);
      const isNamed = (error: unknown): boolean =>
        hasCode(error, code) && error.message.includes(store.folder);
      await assert.rejects(openStore(t, store.folder), isNamed);
      await assert.rejects(store.put(blob('more')), isNamed);
      await assert.rejects(store.images(), isNamed);
      assert.deepEqual(await readdir(store.folder), before);
    });
  }
});

test('a file in the place of the store is an error of the disk', async (t) => {
  const path = join(await temporaryFolder(t), 'file');
  await writeFile(path, '');
  await assert.rejects(openStore(t, path), (error) => hasCode(error, 'DISK_ERROR'));
  await assert.rejects(openStore(t, join(path, 'below')), (error) => hasCode(error, 'DISK_ERROR'));
});

test('a path that is too long is an error in one line', async (t) => {
  const path = join(await temporaryFolder(t), 'long/'.repeat(900));
  await assert.rejects(
    openStore(t, path),
    (error) => hasCode(error, 'DISK_ERROR') && error.message.length < 300 && /too long/.test(error.message),
  );
});

test('a process that died before the first blob leaves a directory that can be used', async (t) => {
  const store = await emptyStore(t);
  await mkdir(join(store.folder, '.partial'));
  await writeFile(join(store.folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await withImage(store);
  assert.equal((await store.images()).length, 1);
});
