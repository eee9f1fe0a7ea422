import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { readAnnotations } from '../../../src/operations/artifact/annotations.js';
import { describeFiles } from '../../../src/operations/artifact/describe-files.js';
import { parseFileArgument } from '../../../src/operations/artifact/file-argument.js';
import { partialName } from '../../../src/operations/artifact/partial.js';
import { splitTags } from '../../../src/operations/artifact/push.js';
import { parseTitle, titleOf } from '../../../src/operations/artifact/title.js';
import { chooseFiles } from '../../../src/operations/artifact/wanted.js';
import { EMPTY_DESCRIPTOR, TITLE, UNPACK } from '../../../src/spec/artifact.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { digestOf } from '../../../src/spec/digest.js';
import type { ImageManifest } from '../../../src/spec/manifest.js';
import { OCI_MANIFEST } from '../../../src/spec/media-type.js';
import { temporaryFolder } from '../../support/temp.js';

const on = (system: string) => ({ system, isFolder: false });

test('what stands behind the last colon is a type only where it looks like one', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['hi.txt', 'hi.txt', undefined],
    ['hi.txt:application/vnd.me.hi', 'hi.txt', 'application/vnd.me.hi'],
    ['hi:txt', 'hi:txt', undefined],
    ['hi:txt:', 'hi:txt', undefined],
    ['a:b/c:', 'a:b/c', undefined],
    ['C:\\notes.txt', 'C:\\notes.txt', undefined],
    ['C:/notes.txt:text/plain', 'C:/notes.txt', 'text/plain'],
    ['sbom.json:application/spdx+json', 'sbom.json', 'application/spdx+json'],
  ];
  for (const [text, path, mediaType] of cases)
    assert.deepEqual(parseFileArgument(text), { path, mediaType }, text);
  for (const text of ['', ':', ':text/plain'])
    assert.throws(() => parseFileArgument(text), { code: 'INVALID_ARGUMENT' }, text);
});

test('titles are plain paths below the current directory', () => {
  assert.equal(titleOf('./a//b/./c.txt'), 'a/b/c.txt');
  assert.equal(titleOf('site/'), 'site');
  assert.equal(titleOf('./'), '.');
  assert.equal(titleOf('../../out/report.pdf', { stripDirs: true }), 'report.pdf');
  assert.equal(titleOf('/etc/hosts', { stripDirs: true }), 'hosts');
  for (const path of ['/etc/hosts', '../x', 'a/../../x', '..'])
    assert.throws(() => titleOf(path), { code: 'INVALID_ARGUMENT' }, path);
  assert.throws(() => titleOf('a/..', { stripDirs: true }), { code: 'INVALID_ARGUMENT' });
});

test('a title that leads anywhere else, or means something else, is refused', () => {
  assert.deepEqual(parseTitle('./a//b.txt', on('linux')), ['a', 'b.txt']);
  const bad = [
    'a/'.repeat(2048) + 'a',
    '/etc/passwd',
    '../x',
    'a/../../x',
    'a/..',
    '..',
    '.',
    './',
    'C:/x',
    'c:x',
    '..\\x',
    'a\\b',
    'a\0b',
    'a\nb',
    'a\u001b[2Jb',
    'a\u009bb',
    partialName(digestOf(Buffer.from('x'))),
  ];
  for (const title of bad)
    assert.throws(() => parseTitle(title, on('linux')), { code: 'UNSAFE_ARCHIVE' }, JSON.stringify(title));
  const badOnWindows = ['con', 'a/NUL.txt', 'com1', 'lpt¹', 'ab:c', 'a ', 'a.', 'a/b?', 'x|y', 'conin$'];
  for (const title of badOnWindows) {
    assert.throws(() => parseTitle(title, on('win32')), { code: 'UNSAFE_ARCHIVE' }, title);
    assert.doesNotThrow(() => parseTitle(title, on('linux')), title);
  }
});

function layer(
  title: string | undefined,
  text = title ?? '',
  more: Readonly<Record<string, string>> = {},
): Descriptor {
  const annotations = { ...(title === undefined ? {} : { [TITLE]: title }), ...more };
  return { ...describe('text/plain', Buffer.from(text)), annotations };
}

function manifestOf(layers: readonly Descriptor[], config = EMPTY_DESCRIPTOR): ImageManifest {
  return { kind: 'manifest', mediaType: OCI_MANIFEST, config, layers };
}

test('two files are not to be written to one path, nor one into another', () => {
  const choose = (layers: readonly Descriptor[], system = 'linux') =>
    chooseFiles(manifestOf(layers), { system }).files.map(({ title }) => title);
  assert.deepEqual(choose([layer('a', 'same'), layer('./a', 'same'), layer('b', 'same')]), ['a', 'b']);
  assert.deepEqual(choose([layer('A'), layer('a')]), ['A', 'a']);
  const clashes: readonly (readonly [readonly Descriptor[], string])[] = [
    [[layer('a', '1'), layer('a', '2')], 'linux'],
    [[layer('a', '1'), layer('./a', '2')], 'linux'],
    [[layer('A'), layer('a')], 'darwin'],
    [[layer('A'), layer('a')], 'win32'],
    [[layer('caf\u00e9', '1'), layer('cafe\u0301', '2')], 'darwin'],
    [[layer('a'), layer('a/b')], 'linux'],
    [[layer('a/b/c'), layer('A')], 'darwin'],
    [[layer('d', 'tar', { [UNPACK]: 'true' }), layer('d/x')], 'linux'],
    [[layer('.', 'tar', { [UNPACK]: 'true' }), layer('x')], 'linux'],
    [[layer('d', 'tar', { [UNPACK]: 'true' }), layer('d', 'tar')], 'linux'],
  ];
  for (const [layers, system] of clashes)
    assert.throws(
      () => choose(layers, system),
      { code: 'UNSAFE_ARCHIVE' },
      `${system}: ${layers.map((one) => one.annotations?.[TITLE]).join(' ')}`,
    );
});

test('what has no title is told apart from what is not wanted, and from nothing at all', () => {
  const config = layer(undefined, 'config');
  const foreign = {
    ...layer('windows.json'),
    mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
    urls: ['https://elsewhere.example/layer'],
  };
  const layers = [
    layer('a.json'),
    layer('b.txt'),
    layer(undefined, 'c'),
    layer('', 'd'),
    EMPTY_DESCRIPTOR,
    foreign,
  ];
  const isWanted = (title: string): boolean => title.endsWith('.json');
  const found = chooseFiles(manifestOf(layers, config), { system: 'linux', isWanted });
  assert.deepEqual(
    found.files.map(({ title }) => title),
    ['a.json'],
  );
  assert.deepEqual(
    found.skipped.map(({ descriptor, reason }) => [descriptor, reason]),
    [
      [layers[2], 'has no title'],
      [layers[3], 'has no title'],
      [foreign, 'is kept elsewhere'],
    ],
  );
  const titled = chooseFiles(manifestOf([], config), { system: 'linux', config: 'config.json' });
  assert.deepEqual(
    titled.files.map(({ parts, descriptor }) => [parts, descriptor.digest]),
    [[['config.json'], config.digest]],
  );
});

test('files get titles, types and annotations as they are given', () => {
  const annotations = new Map([['a/b.txt', { [TITLE]: 'renamed.txt', by: 'alice' }]]);
  const describeAll = (files: readonly string[], more = {}) => describeFiles(files, { annotations, ...more });
  assert.deepEqual(
    describeAll(['a/b.txt:text/plain', '/tmp/c', '-'], {
      stripDirs: true,
      stdinTitle: 'd.tar:application/x-tar',
    }),
    [
      {
        path: 'a/b.txt',
        mediaType: 'text/plain',
        title: 'renamed.txt',
        annotations: { [TITLE]: 'renamed.txt', by: 'alice' },
      },
      { path: '/tmp/c', mediaType: undefined, title: 'c', annotations: {} },
      { path: '-', mediaType: 'application/x-tar', title: 'd.tar', annotations: {} },
    ],
  );
  const wrong: readonly (readonly [readonly string[], object])[] = [
    [['a', './a'], {}],
    [['x/a', 'y/a'], { stripDirs: true }],
    [['-'], {}],
    [['-'], { stdinTitle: '../x' }],
    [['x'], { annotations: new Map([['x', { [TITLE]: '/etc/passwd' }]]) }],
  ];
  for (const [files, more] of wrong)
    assert.throws(() => describeAll(files, more), { code: 'INVALID_ARGUMENT' }, files.join(' '));
});

test('annotations come from the command line and from a file as oras has it', async (t) => {
  const file = join(await temporaryFolder(t), 'annotations.json');
  await writeFile(file, '{"$manifest": {"a": "1", "b": "2"}, "$config": {"c": "3"}, "hi.txt": {"d": "4"}}');
  assert.deepEqual(await readAnnotations({ pairs: ['b=3', 'url=a=b', 'none='], file }), {
    manifest: { a: '1', b: '3', url: 'a=b', none: '' },
    config: { c: '3' },
    files: new Map([['hi.txt', { d: '4' }]]),
  });
  for (const pair of ['', 'a', '=b'])
    await assert.rejects(readAnnotations({ pairs: [pair] }), { code: 'INVALID_ARGUMENT' });
  for (const text of ['', '[]', '{"$manifest": "a"}', '{"x": {"a": 1}}', '{"x": {}, "x": {}}']) {
    await writeFile(file, text);
    await assert.rejects(readAnnotations({ file }), { code: 'INVALID_ARGUMENT' }, text);
  }
  await assert.rejects(readAnnotations({ file: resolve('/no/such/file') }), { code: 'NOT_FOUND' });
});

test('several tags stand behind commas', () => {
  assert.deepEqual(splitTags('ghcr.io/a/b:1,2,latest'), [
    'ghcr.io/a/b:1',
    'ghcr.io/a/b:2',
    'ghcr.io/a/b:latest',
  ]);
  assert.deepEqual(splitTags('oci:/tmp/a,b:1,2'), ['oci:/tmp/a,b:1', 'oci:/tmp/a,b:2']);
  for (const text of ['a', 'a:1', 'a:5000/b', 'oci:/tmp/a,b', 'a:1,'])
    assert.deepEqual(splitTags(text), [text]);
});
