import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { contentOf } from '../../../src/content/read.js';
import { listArtifacts } from '../../../src/operations/artifact/list.js';
import { partialName } from '../../../src/operations/artifact/partial.js';
import { pullArtifact } from '../../../src/operations/artifact/pull.js';
import { readConfig } from '../../../src/operations/look/documents.js';
import { readTree } from '../../../src/operations/look/tree.js';
import { thisMachine } from '../../../src/operations/this-machine.js';
import { copyImages } from '../../../src/operations/transfer/copy-images.js';
import { writeImage } from '../../../src/operations/transfer/write-image.js';
import { TITLE } from '../../../src/spec/artifact.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { OCI_ARTIFACT } from '../../../src/spec/media-type.js';
import { smallImage } from '../../server/registry.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage } from '../stage.js';
import { layerOf, putFiles } from './artifacts.js';

function digestsOf(text: string): Descriptor {
  return describe('text/plain', Buffer.from(text));
}

async function read(folder: string, ...names: readonly string[]): Promise<readonly string[]> {
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

test('files are pulled to their titles, once, and what is there is not fetched again', async (t) => {
  const stage = await setStage(t);
  const { digest } = await putFiles(stage, {
    'a.txt': 'one',
    'b/c/d.txt': 'two',
    'b/twin.txt': 'one',
    empty: '',
  });
  const folder = join(await temporaryFolder(t), 'new', 'folder');
  const pull = () => pullArtifact(`${stage.host}/files:1`, { ...stage, folder });
  stage.requests();
  const result = await pull();
  assert.equal(result.digest, digest);
  assert.deepEqual(
    result.files.map(({ title, path }) => [title, path]),
    ['a.txt', 'b/c/d.txt', 'b/twin.txt', 'empty'].map((title) => [title, join(folder, title)]),
  );
  assert.deepEqual(await read(folder, 'a.txt', 'b/c/d.txt', 'b/twin.txt', 'empty'), [
    'one',
    'two',
    'one',
    '',
  ]);
  assert.deepEqual((await readdir(folder)).toSorted(), ['a.txt', 'b', 'empty']);
  stage.requests();
  assert.deepEqual((await pull()).bytes, { written: 0, mounted: 0, exists: 6 });
  assert.ok(!stage.asked().some((asked) => asked.startsWith('GET blobs')));
});

test('an artifact manifest of before image-spec 1.1 is pulled, copied and looked at', async (t) => {
  const stage = await setStage(t);
  const { descriptor: about } = await smallImage('app');
  await stage.registry.push('files', 'app', await smallImage('app'));
  const file = layerOf(Buffer.from('old'), { [TITLE]: 'old.txt' });
  const { mediaType, digest, size } = about;
  const document = {
    mediaType: OCI_ARTIFACT,
    artifactType: 'example/files',
    blobs: [file.descriptor],
    subject: { mediaType, digest, size },
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const root = contentOf(describe(OCI_ARTIFACT, bytes), bytes);
  await writeImage({ root: root.descriptor, contents: [root, file] }, `${stage.host}/files:old`, stage);
  const place = `oci:${await temporaryFolder(t)}/layout:old`;
  await copyImages([`${stage.host}/files:old`], place, stage);
  for (const source of [place, `${stage.host}/files:old`]) {
    const folder = await temporaryFolder(t);
    const pulled = await pullArtifact(source, { ...stage, folder });
    assert.deepEqual([pulled.artifactType, pulled.mediaType], ['example/files', OCI_ARTIFACT]);
    assert.deepEqual(await read(folder, 'old.txt'), ['old']);
  }
  const options = { ...stage, hostPlatform: thisMachine() };
  const { root: tree } = await readTree(`${stage.host}/files:app`, options);
  assert.deepEqual(
    tree.referrers.map((node) => [node.digest, node.artifactType]),
    [[root.descriptor.digest, 'example/files']],
  );
  assert.equal(Buffer.from((await readConfig(place, options)).bytes).toString(), '{}');
});

test('a pull goes on where an earlier one broke off, and begins again where that was wrong', async (t) => {
  const stage = await setStage(t);
  const text = 'x'.repeat(1000) + 'y'.repeat(1000);
  await putFiles(stage, { 'big.txt': text });
  for (const [left, written] of [
    ['x'.repeat(1000), 1000],
    ['z'.repeat(500), 3500],
    ['x'.repeat(5000), 2000],
  ] as const) {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, partialName(digestsOf(text).digest)), left);
    const { bytes } = await pullArtifact(`${stage.host}/files:1`, { ...stage, folder });
    assert.equal(bytes.written, written);
    assert.deepEqual(await read(folder, 'big.txt'), [text]);
    assert.deepEqual(await readdir(folder), ['big.txt']);
  }
});

test('what is no file, in the place of a partial, is replaced, and what a link leads to stays', async (t) => {
  const stage = await setStage(t);
  await putFiles(stage, { 'a.txt': 'new' });
  const precious = join(await temporaryFolder(t), 'precious');
  await writeFile(precious, 'precious');
  const put: readonly ((path: string) => Promise<unknown>)[] = [
    (path) => symlink(precious, path),
    (path) => mkdir(join(path, 'below'), { recursive: true }),
  ];
  for (const inTheWay of put) {
    const folder = await temporaryFolder(t);
    await inTheWay(join(folder, partialName(digestsOf('new').digest)));
    await pullArtifact(`${stage.host}/files:1`, { ...stage, folder });
    assert.deepEqual(await read(folder, 'a.txt'), ['new']);
    assert.deepEqual(await readdir(folder), ['a.txt']);
  }
  assert.equal(await readFile(precious, 'utf8'), 'precious');
});

test('wrong bytes become no file, and are not kept', async (t) => {
  const stage = await setStage(t, {
    intercept: ({ log, response }) => {
      if (log.method !== 'GET' || !log.path.includes('/blobs/')) return false;
      response.end('two');
      return true;
    },
  });
  await putFiles(stage, { 'a.txt': 'one' });
  const folder = await temporaryFolder(t);
  await assert.rejects(pullArtifact(`${stage.host}/files:1`, { ...stage, folder }), {
    code: 'DIGEST_MISMATCH',
  });
  assert.deepEqual(await readdir(folder), []);
});

test('nothing is written through links, or outside of the directory, or at all where one title is bad', async (t) => {
  const stage = await setStage(t);
  const outside = await temporaryFolder(t);
  const folder = await temporaryFolder(t);
  await putFiles(stage, { 'good.txt': 'good', 'sub/a.txt': 'evil' }, { tag: 'below' });
  await putFiles(stage, { 'good.txt': 'good', '../a.txt': 'evil' }, { tag: 'above' });
  await putFiles(stage, { 'good.txt': 'good', [`${outside}/a.txt`]: 'evil' }, { tag: 'absolute' });
  await symlink(outside, join(folder, 'sub'));
  for (const tag of ['below', 'above', 'absolute'])
    await assert.rejects(
      pullArtifact(`${stage.host}/files:${tag}`, { ...stage, folder }),
      { code: 'UNSAFE_ARCHIVE' },
      tag,
    );
  assert.deepEqual(await readdir(outside), []);
  assert.deepEqual(await readdir(folder), ['sub']);
  const options = { ...stage, folder, isWanted: (title: string) => title === 'good.txt' };
  await pullArtifact(`${stage.host}/files:above`, options);
  assert.deepEqual(await read(folder, 'good.txt'), ['good']);
});

test('a link where a file is to be is replaced, and what it leads to stays', async (t) => {
  const stage = await setStage(t);
  await putFiles(stage, { 'a.txt': 'new' });
  const folder = await temporaryFolder(t);
  const target = join(await temporaryFolder(t), 'precious');
  await writeFile(target, 'old');
  await symlink(target, join(folder, 'a.txt'));
  await pullArtifact(`${stage.host}/files:1`, { ...stage, folder });
  assert.equal(await readFile(target, 'utf8'), 'old');
  assert.ok((await lstat(join(folder, 'a.txt'))).isFile());
});

test('files that are there and differ stay where that is asked for, and none is written beside them', async (t) => {
  const stage = await setStage(t);
  await putFiles(stage, { 'a.txt': 'new', 'b.txt': 'b' });
  for (const old of ['old', 'older', 'new']) {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'a.txt'), old);
    const pull = pullArtifact(`${stage.host}/files:1`, { ...stage, folder, keepOldFiles: true });
    if (old === 'new') await pull;
    else await assert.rejects(pull, { code: 'DISK_ERROR' });
    assert.deepEqual(await read(folder, 'a.txt'), [old]);
  }
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'b.txt'));
  await assert.rejects(pullArtifact(`${stage.host}/files:1`, { ...stage, folder }), { code: 'DISK_ERROR' });
  assert.deepEqual(await readdir(folder), ['b.txt']);
});

test('what has no file is told from what does not exist', async (t) => {
  const stage = await setStage(t);
  const folder = await temporaryFolder(t);
  await putFiles(stage, {}, { tag: 'empty' });
  await putFiles(stage, { 'a.txt': 'a' }, { tag: 'a' });
  const pull = (tag: string, more = {}) =>
    pullArtifact(`${stage.host}/files:${tag}`, { ...stage, folder, ...more });
  for (const tag of ['empty', 'none']) await assert.rejects(pull(tag), { code: 'NOT_FOUND' }, tag);
  await assert.rejects(pull('a', { isWanted: () => false }), { code: 'NOT_FOUND' });
  assert.deepEqual(await readdir(folder), []);
});

test('of what is attached the newest of a type is pulled, or the artifact itself where it is of that type', async (t) => {
  const stage = await setStage(t);
  const subject = await putFiles(stage, { app: 'app' }, { tag: 'app' });
  await putFiles(
    stage,
    { 'sbom.json': 'new' },
    { tag: 'n', type: 'example/sbom', created: '2026-02-01T00:00:00Z', subject },
  );
  await putFiles(
    stage,
    { 'sbom.json': 'old' },
    { tag: 'o', type: 'example/sbom', created: '2026-01-01T00:00:00Z', subject },
  );
  await putFiles(stage, { note: 'note' }, { tag: 'x', type: 'example/note', subject });
  const folder = await temporaryFolder(t);
  const told: string[] = [];
  const pull = (artifactType: string) =>
    pullArtifact(`${stage.host}/files:app`, {
      ...stage,
      folder,
      artifactType,
      onNotice: ({ message }) => told.push(message),
    });
  await pull('example/sbom');
  await pull('example/files');
  assert.deepEqual(await read(folder, 'sbom.json', 'app'), ['new', 'app']);
  assert.equal(told.length, 1);
  await assert.rejects(pull('example/none'), { code: 'NOT_FOUND' });
  const listed = await listArtifacts(`${stage.host}/files:app`, { ...stage, hostPlatform: thisMachine() });
  assert.deepEqual(
    listed.map(({ artifactType = '' }) => artifactType).toSorted((one, other) => one.localeCompare(other)),
    ['example/note', 'example/sbom', 'example/sbom'],
  );
  const [note] = await listArtifacts(`${stage.host}/files:app`, {
    ...stage,
    hostPlatform: thisMachine(),
    artifactType: 'example/note',
  });
  assert.equal(note?.subject, subject.digest);
  await pullArtifact(note.reference, { ...stage, folder });
  assert.deepEqual(await read(folder, 'note'), ['note']);
});
