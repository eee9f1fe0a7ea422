import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { test } from 'node:test';

import { RegError, type ErrorCode } from '../../../src/errors.js';
import { keptAt, parsePlace, preferPath } from '../../../src/operations/places/place.js';
import { needs, programPath } from '../../support/programs.js';
import { temporaryFolder } from '../../support/temp.js';

const nginx = { domain: 'docker.io', path: 'library/nginx', tag: 'latest' };

test('a bare reference is a registry, and store: is the local store', async () => {
  assert.deepEqual(await parsePlace('nginx'), {
    kind: 'registry',
    text: 'nginx',
    repository: 'nginx',
    reference: nginx,
  });
  assert.deepEqual(await parsePlace('store:nginx'), {
    kind: 'store',
    text: 'store:nginx',
    repository: 'nginx',
    reference: nginx,
  });
  for (const text of ['localhost:5000/app:1', 'image.tar', 'oci', 'a/b/c'])
    assert.equal((await parsePlace(text)).kind, 'registry', text);
});

test('of what has arrived the next try finds every byte, what was complete, or nothing, by the place', async () => {
  const cases = {
    bytes: ['store:nginx', 'oci:folder'],
    blobs: ['nginx'],
    nothing: ['oci-archive:a.tar', 'docker-archive:a.tar', '-', 'docker-daemon:nginx'],
  };
  for (const [kept, texts] of Object.entries(cases))
    for (const text of texts) assert.equal(keptAt(await parsePlace(text)), kept, text);
});

test('directories and tars have skopeo’s names, and a name of the image behind the path', async (t) => {
  const folder = await temporaryFolder(t);
  const cases: readonly (readonly [string, string, string | undefined, string | undefined, boolean?])[] = [
    [`oci:${folder}/new`, 'layout', `${folder}/new`, undefined],
    [`oci:${folder}/new:v1`, 'layout', `${folder}/new`, 'v1'],
    ['oci:new:localhost:5000/app:v1', 'layout', 'new', 'localhost:5000/app:v1'],
    ['oci-archive:new.tar:v1', 'archive', 'new.tar', 'v1'],
    ['docker-archive:new.tar:app:v1', 'archive', 'new.tar', 'app:v1', true],
    ['oci-archive:C:\\images\\new.tar:v1', 'archive', 'C:\\images\\new.tar', 'v1'],
    ['-', 'archive', undefined, undefined],
    ['-:app:v1', 'archive', undefined, 'app:v1'],
    ['docker-archive:-:app:v1', 'archive', undefined, 'app:v1', true],
    ['./new.tar', 'archive', './new.tar', undefined],
    ['../new.tar:v1', 'archive', '../new.tar', 'v1'],
    ['./new/', 'layout', './new/', undefined],
    [`${folder}:v1`, 'layout', folder, 'v1'],
  ];
  for (const [text, kind, path, name, isForDocker = false] of cases)
    assert.deepEqual(await parsePlace(text), { kind, text, path, name, isForDocker }, text);
});

test(
  'the longest path that is there is the one that is meant',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'a.tar'), '');
    await writeFile(join(folder, 'a.tar:v1'), '');
    await mkdir(join(folder, 'b:c'));
    const partsOf = async (text: string): Promise<readonly unknown[]> => {
      const place = await parsePlace(text);
      return 'path' in place ? [place.kind, place.path, place.name] : [];
    };
    assert.deepEqual(await partsOf(`${folder}/a.tar:v1`), ['archive', `${folder}/a.tar:v1`, undefined]);
    assert.deepEqual(await partsOf(`${folder}/a.tar:v1:v2`), ['archive', `${folder}/a.tar:v1`, 'v2']);
    assert.deepEqual(await partsOf(`${folder}/a.tar:v2`), ['archive', `${folder}/a.tar`, 'v2']);
    assert.deepEqual(await partsOf(`oci:${folder}/b:c`), ['layout', `${folder}/b:c`, undefined]);
  },
);

test('what is no place is refused, with a list of those that are', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.tar'), '');
  const cases: readonly (readonly [string, ErrorCode, string])[] = [
    ['', 'INVALID_ARGUMENT', 'it is empty'],
    ['oci:', 'INVALID_ARGUMENT', 'it names no path'],
    ['docker-archive:', 'INVALID_ARGUMENT', 'it names no path'],
    [`oci:${folder}/a.tar`, 'INVALID_ARGUMENT', 'it is not a directory'],
    [`oci-archive:${folder}`, 'INVALID_ARGUMENT', 'it is a directory'],
    ['docker://nginx', 'INVALID_REFERENCE', 'a reference has no scheme'],
    ['dir:/tmp/x', 'INVALID_REFERENCE', 'invalid reference "dir:/tmp/x"'],
    ['a\u0000b', 'INVALID_REFERENCE', 'invalid reference'],
  ];
  for (const [text, code, says] of cases) {
    await assert.rejects(parsePlace(text), (error) => {
      assert(error instanceof RegError, String(error));
      assert.equal(error.code, code, error.message);
      assert.ok(error.message.includes(says), error.message);
      for (const word of ['store:NAME', 'oci:DIR[:TAG]', 'oci-archive:', 'docker-archive:', 'standard input'])
        assert.ok(error.context.hint?.includes(word), error.context.hint);
      return true;
    });
  }
});

test(
  'a pipe or a device is no place: it would be waited for, or written over',
  needs('mkfifo'),
  async (t) => {
    const pipe = join(await temporaryFolder(t), 'pipe');
    execFileSync(programPath('mkfifo'), [pipe]);
    for (const text of [
      pipe,
      `oci-archive:${pipe}`,
      `docker-archive:${pipe}:app:1`,
      '/dev/null',
      'oci:/dev/null',
    ])
      await assert.rejects(parsePlace(text), {
        code: 'INVALID_ARGUMENT',
        message: /neither a file nor a directory/,
      });
  },
);

test('after push --from a path needs no "../" before it, when it is there or the name of a tar', async (t) => {
  const folder = await temporaryFolder(t);
  const before = cwd();
  t.after(() => chdir(before));
  chdir(folder);
  await mkdir('images');
  await writeFile('app', '');
  for (const [text, meant] of [
    ['images', './images'],
    ['images:1', './images:1'],
    ['app', './app'],
    ['missing.tar', './missing.tar'],
    ['missing.tar.gz:app:1', './missing.tar.gz:app:1'],
    ['nginx', 'nginx'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['oci:images', 'oci:images'],
    ['-:app:1', '-:app:1'],
    ['/images', '/images'],
  ] as const) {
    assert.equal(await preferPath(text), meant);
  }
});
