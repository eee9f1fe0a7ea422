import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { copy } from '../../../src/content/copy.js';
import { Memory } from '../../../src/content/memory.js';
import { RegError, type ErrorCode } from '../../../src/errors.js';
import type { Ends } from '../../../src/operations/places/open-source.js';
import { openPlace } from '../../../src/operations/places/source-place.js';
import { writeDockerArchive, writeLayout, writeOciArchive } from '../../support/image-files.js';
import { image, layer, type TestImage } from '../../support/images.js';
import { temporaryFolder } from '../../support/temp.js';

interface Places {
  readonly folder: string;
  readonly one: TestImage;
  readonly two: TestImage;
}

/** `layout`, `oci.tar` and `docker.tar`, each with two images; `single.tar` with the first alone. */
async function makePlaces(t: TestContext): Promise<Places> {
  const folder = await temporaryFolder(t);
  const [one, two] = [
    image({ layers: [await layer({ file: 'one' })] }),
    image({ layers: [await layer({ file: 'two' })] }),
  ];
  const names = { 'docker.io/library/app:v1': one, 'localhost:5000/app:v2': two };
  await writeLayout(join(folder, 'layout'), { v1: one, v2: two });
  await writeOciArchive(join(folder, 'oci.tar'), { v1: one, v2: two });
  await writeDockerArchive(join(folder, 'docker.tar'), names);
  await writeDockerArchive(join(folder, 'single.tar'), { 'app:v1': one });
  return { folder, one, two };
}

/** Copies what is found at a place, and answers its digest. */
async function digestAt(text: string, options?: Ends): Promise<string> {
  const place = await openPlace(text, options);
  try {
    await copy(place.source, new Memory(), place.root);
    return place.root.digest;
  } finally {
    await place.close();
  }
}

async function assertRefused(text: string, code: ErrorCode, says: string, options?: Ends): Promise<void> {
  await assert.rejects(openPlace(text, options), (error) => {
    assert(error instanceof RegError, String(error));
    assert.equal(error.code, code, error.message);
    assert.ok(error.message.includes(says), error.message);
    return true;
  });
}

test('every kind of place gives the image that was asked for', async (t) => {
  const { folder, one, two } = await makePlaces(t);
  const wanted: readonly (readonly [string, TestImage])[] = [
    [`oci:${folder}/layout:v1`, one],
    [`oci:${folder}/layout:v2`, two],
    [`${folder}/layout:v2`, two],
    [`oci-archive:${folder}/oci.tar:v2`, two],
    [`${folder}/oci.tar:v1`, one],
    [`docker-archive:${folder}/docker.tar:app:v1`, one],
    [`docker-archive:${folder}/docker.tar:docker.io/library/app:v1`, one],
    [`docker-archive:${folder}/docker.tar:localhost:5000/app:v2`, two],
    [`${folder}/docker.tar:v2`, two],
    [`docker-archive:${folder}/single.tar`, one],
    [`${folder}/single.tar`, one],
  ];
  for (const [text, { descriptor }] of wanted) assert.equal(await digestAt(text), descriptor.digest, text);
});

test(
  'a path with colons is found before a name is looked for',
  { skip: process.platform === 'win32' },
  async (t) => {
    const { folder, one, two } = await makePlaces(t);
    await rename(join(folder, 'single.tar'), join(folder, 'oci.tar:v2'));
    assert.equal(await digestAt(`${folder}/oci.tar:v2`), one.descriptor.digest);
    assert.equal(await digestAt(`${folder}/oci.tar:v2:app:v1`), one.descriptor.digest);
    assert.equal(await digestAt(`docker-archive:${folder}/docker.tar:v2`), two.descriptor.digest);
  },
);

test('an archive comes over the standard input, and nothing of it is left', async (t) => {
  const { folder, one, two } = await makePlaces(t);
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  for (const [text, file, { descriptor }] of [
    ['-', 'single.tar', one],
    ['-:v2', 'oci.tar', two],
    ['docker-archive:-:app:v1', 'docker.tar', one],
  ] as const) {
    const stdin = pieces(await readFile(join(folder, file)));
    assert.equal(await digestAt(text, { stdin, temporaryFolder: temporary }), descriptor.digest, text);
  }
  const stdin = pieces(Buffer.alloc(5000, 'no tar'));
  await assertRefused('-', 'UNSAFE_ARCHIVE', 'the standard input', { stdin, temporaryFolder: temporary });
  assert.deepEqual(await readdir(temporary), []);
});

test('a layout is not changed by a push from it', async (t) => {
  const { folder } = await makePlaces(t);
  const before = await readdir(join(folder, 'layout'), { recursive: true });
  await digestAt(`oci:${folder}/layout:v1`);
  assert.deepEqual(await readdir(join(folder, 'layout'), { recursive: true }), before);
});

test('a layer of a layout that is not what its name says is found out', async (t) => {
  const { folder, one } = await makePlaces(t);
  const { digest } = one.layers[0]?.blob ?? assert.fail();
  const path = join(folder, 'layout', 'blobs', ...digest.split(':'));
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill('x', 20, 30));
  await assert.rejects(digestAt(`oci:${folder}/layout:v1`), RegError);
});

test('a place where several images could be meant lists them', async (t) => {
  const { folder } = await makePlaces(t);
  await assertRefused(`oci:${folder}/layout`, 'INVALID_ARGUMENT', 'holds 2 images: v1, v2');
  await assertRefused(`${folder}/oci.tar`, 'INVALID_ARGUMENT', 'holds 2 images: v1, v2');
  await assertRefused(
    `${folder}/docker.tar`,
    'INVALID_ARGUMENT',
    'docker.io/library/app:v1, localhost:5000/app:v2',
  );
  await assertRefused(`${folder}/oci.tar:v3`, 'NOT_FOUND', 'no image named "v3", only v1, v2');
});

test('one image under two tags of a layout is one image', async (t) => {
  const folder = await temporaryFolder(t);
  const made = image({ layers: [] });
  await writeLayout(folder, { v1: made, latest: made });
  assert.equal(await digestAt(folder), made.descriptor.digest);
});

test('what is no place to read from is refused with the reason', async (t) => {
  const { folder } = await makePlaces(t);
  const cases: readonly (readonly [string, ErrorCode, string])[] = [
    ['nginx', 'INVALID_ARGUMENT', 'there is no client for registries'],
    ['store:nginx', 'INVALID_ARGUMENT', 'there is no local store'],
    ['-', 'INVALID_ARGUMENT', 'no standard input'],
    [join(folder, 'nothing'), 'NOT_FOUND', 'no such file or directory'],
    ['C:\\nothing.tar', 'NOT_FOUND', 'no such file or directory'],
    [`oci:${folder}/nothing:v1`, 'NOT_FOUND', 'no such file or directory'],
    [folder, 'INVALID_ARGUMENT', 'not an OCI image layout'],
    [`${folder}/layout/index.json`, 'UNSAFE_ARCHIVE', 'it is not a tar archive'],
  ];
  for (const [text, code, says] of cases) await assertRefused(text, code, says);
});

test('an image is known by its whole name where it has one, else by its tag', async (t) => {
  const { folder } = await makePlaces(t);
  const nameAt = async (text: string): Promise<string | undefined> => {
    const place = await openPlace(text);
    await place.close();
    return place.name;
  };
  assert.equal(await nameAt(`oci:${folder}/layout:v2`), 'v2');
  assert.equal(await nameAt(`docker-archive:${folder}/docker.tar:app:v1`), 'docker.io/library/app:v1');
  assert.equal(await nameAt(`${folder}/single.tar`), 'docker.io/library/app:v1');
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 1000) yield bytes.subarray(from, from + 1000);
}

test('whoever waits for a large tar on the standard input is told how much has come', async () => {
  const messages: string[] = [];
  const stdin = (async function* () {
    for (let sent = 0; sent < 200; sent++) yield new Uint8Array(1_000_000);
  })();
  const onNotice: Ends['onNotice'] = ({ message }) => void messages.push(message);
  await assertRefused('-', 'UNSAFE_ARCHIVE', 'is not an archive of images', { stdin, onNotice });
  assert.deepEqual(messages, ['64 MB of the archive have arrived', '128 MB of the archive have arrived']);
});
