import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test, type TestContext } from 'node:test';

import { RegError } from '../../src/errors.js';
import type { RawEntry } from '../support/raw-tar.js';
import { temporaryFolder } from '../support/temp.js';
import { listFlat, listFolder, listView, unpackTo, type Layers, type Listing } from './layers.js';

const folder = (name: string): RawEntry => ({ name, flag: '5', mode: 0o755 });
const file = (name: string, content = 'new'): RawEntry => ({ name, content });
const link = (name: string, target: string): RawEntry => ({ name, flag: '2', target });
const hard = (name: string, target: string): RawEntry => ({ name, flag: '1', target });
const gone = (name: string): RawEntry => ({ name });

/** Applies layers on the disk, in memory and to a view; what is beside the root must stay as it is, and all must agree. */
async function applied(t: TestContext, layers: Layers): Promise<Listing> {
  const { outside, root } = await withOutside(t);
  await unpackTo(root, layers);
  const found = listFolder(root);
  assertUntouched(outside);
  assert.deepEqual(await listFlat(layers), found);
  const kinds = Object.entries(found).map(([path, text]) => [
    path,
    /^folder$|^> /.test(text) ? text : 'file',
  ]);
  assert.deepEqual(await listView(layers), Object.fromEntries(kinds));
  return found;
}

async function refused(t: TestContext, layers: Layers, says: string): Promise<void> {
  const { outside, root } = await withOutside(t);
  const isRefusal = (error: unknown): true => {
    assert(error instanceof RegError, String(error));
    assert.equal(error.code, 'UNSAFE_ARCHIVE', error.message);
    assert.ok(error.message.includes(says), error.message);
    return true;
  };
  await assert.rejects(unpackTo(root, layers), isRefusal);
  await assert.rejects(listFlat(layers), isRefusal);
  assertUntouched(outside);
}

interface Outside {
  readonly file: string;
  readonly mtimeMs: number;
}

async function withOutside(t: TestContext): Promise<{ readonly outside: Outside; readonly root: string }> {
  const top = await temporaryFolder(t);
  mkdirSync(join(top, 'outside'));
  const path = join(top, 'outside', 'file');
  writeFileSync(path, 'precious', { mode: 0o600 });
  return { outside: { file: path, mtimeMs: lstatSync(path).mtimeMs }, root: join(top, 'root') };
}

function assertUntouched({ file: path, mtimeMs }: Outside): void {
  assert.equal(readFileSync(path, 'utf8'), 'precious');
  const stats = lstatSync(path);
  assert.deepEqual([stats.mtimeMs, stats.nlink], [mtimeMs, 1]);
  if (platform !== 'win32') assert.equal(stats.mode & 0o777, 0o600);
}

test('123: an entry for the root is a directory or nothing', async (t) => {
  assert.deepEqual(await applied(t, [[folder('./'), file('a')], [folder('/')]]), { a: 'new' });
  await refused(t, [[link('./', '../outside')]], 'the root of the image is a symlink');
  await refused(t, [[{ name: '.', content: 'x' }]], 'the root of the image is a file');
  await refused(t, [[file('a'), hard('/', 'a')]], 'the root of the image is a hardlink');
});

test('124: what is written through a link lands inside the root, wherever the link leads', async (t) => {
  assert.deepEqual(await applied(t, [[link('a', '/outside'), file('a/file')]]), {
    a: '> /outside',
    outside: 'folder',
    'outside/file': 'new',
  });
  assert.deepEqual(await applied(t, [[link('a', '../outside')], [file('a/file')]]), {
    a: '> ../outside',
    outside: 'folder',
    'outside/file': 'new',
  });
  const deep = [folder('x'), folder('x/y'), link('x/y/a', '../../../../outside'), file('x/y/a/file')];
  assert.equal((await applied(t, [deep]))['outside/file'], 'new');
  const chain = [link('a', 'b'), link('b', 'c/..'), link('c', '../../outside'), file('a/file')];
  assert.equal((await applied(t, [chain]))['file'], 'new');
  await refused(t, [[link('a', 'b'), link('b', 'a'), file('a/file')]], 'too many links');
  await refused(t, [[link('a', 'a')], [file('a/file')]], 'too many links');
  // As many as Linux follows.
  const links = (count: number): readonly RawEntry[] =>
    Array.from({ length: count }, (_, at) => link(`a${at}`, at === 0 ? 'end' : `a${at - 1}`));
  assert.equal((await applied(t, [[...links(40), file('a39/file')]]))['end/file'], 'new');
  await refused(t, [[...links(41), file('a40/file')]], 'too many links');
});

test('125: an entry in the place of a link replaces the link', async (t) => {
  assert.deepEqual(await applied(t, [[link('a', '../outside/file')], [file('a')]]), { a: 'new' });
  assert.deepEqual(await applied(t, [[link('a', '../outside')], [folder('a'), file('a/file')]]), {
    a: 'folder',
    'a/file': 'new',
  });
});

test('126, 138: directories, files and links take each other’s places, and the last one counts', async (t) => {
  assert.deepEqual(
    await applied(t, [
      [folder('a'), file('a/old'), file('b', 'a long text that was there'), folder('c'), file('c/x')],
      [link('a', '../outside'), file('a/file'), file('b', 'short'), file('c'), file('d'), folder('d')],
      [file('b', '1'), file('b', '2'), file('d/in')],
    ]),
    {
      a: '> ../outside',
      outside: 'folder',
      'outside/file': 'new',
      b: '2',
      c: 'new',
      d: 'folder',
      'd/in': 'new',
    },
  );
  await refused(t, [[file('a'), file('a/b')]], '"a", which is not a directory');
  await refused(t, [[file('x'), link('a', 'x')], [file('a/b')]], '"x", which is not a directory');
});

test('128: links as images have them stay as they are', async (t) => {
  const tree = await applied(t, [
    [
      folder('usr'),
      folder('usr/bin'),
      link('bin', 'usr/bin'),
      folder('var'),
      link('var/run', '/run'),
      link('nowhere', '/a/b/c'),
    ],
    [file('bin/sh'), file('var/run/pid')],
  ]);
  assert.deepEqual(tree, {
    usr: 'folder',
    'usr/bin': 'folder',
    'usr/bin/sh': 'new',
    bin: '> usr/bin',
    var: 'folder',
    'var/run': '> /run',
    run: 'folder',
    'run/pid': 'new',
    nowhere: '> /a/b/c',
  });
});

test('129: hard links share a file of the image, through links inside the root and across layers', async (t) => {
  const tree = await applied(t, [
    [folder('usr'), link('bin', 'usr'), file('usr/a', 'A'), link('soft', 'usr/a'), hard('b', 'usr/a')],
    [hard('c', '/bin/a'), hard('d', 'soft'), file('usr/a', 'changed'), hard('e', './b')],
  ]);
  assert.deepEqual(tree, {
    usr: 'folder',
    bin: '> usr',
    soft: '> usr/a',
    'usr/a': 'changed',
    b: 'A',
    c: 'A',
    d: '> usr/a',
    e: 'A',
  });
});

test('129: hard links to what is outside, missing, itself, a directory, or still to come are refused', async (t) => {
  await refused(t, [[link('l', '../outside'), hard('a', 'l/file')]], 'which is not there');
  await refused(t, [[hard('a', 'outside/file')]], 'which is not there');
  await refused(t, [[hard('a', '/etc/hostname')]], 'which is not there');
  // There is one where the tests are run.
  await refused(t, [[hard('a', 'package.json')]], 'which is not there');
  await refused(t, [[hard('a', 'b'), file('b')]], 'which is not there');
  await refused(t, [[file('a'), hard('a', 'a')]], 'which is itself');
  await refused(t, [[folder('b'), hard('a', 'b')]], 'which is a directory');
  await refused(t, [[hard('a', '/')]], 'which is not there');
  await refused(t, [[folder('a'), file('a/b'), hard('a', 'a/b')]], 'which lies in what it replaces');
  await refused(t, [[file('a')], [gone('.wh.a'), hard('b', 'a')]], 'which is not there');
});

test('139: whiteouts hide what lower layers have, and nothing of their own layer, wherever they stand', async (t) => {
  const lower = [
    folder('a'),
    file('a/1', 'old'),
    file('a/2', 'old'),
    folder('a/b'),
    file('a/b/3', 'old'),
    file('f', 'old'),
    file('g', 'old'),
  ];
  const own = [file('a/2'), folder('a/b'), file('a/b/4'), file('f')];
  const hidden = { a: 'folder', 'a/2': 'new', 'a/b': 'folder', 'a/b/4': 'new', f: 'new', g: 'old' };
  const opaque = [gone('a/.wh..wh..opq'), gone('.wh.f')];
  assert.deepEqual(await applied(t, [lower, [...opaque, ...own]]), hidden);
  assert.deepEqual(await applied(t, [lower, [...own, ...opaque]]), hidden);
  assert.deepEqual(await applied(t, [lower, [...own, gone('.wh.a'), gone('.wh.f')]]), hidden);
  assert.deepEqual(await applied(t, [lower, [gone('.wh.a'), gone('.wh.f'), gone('.wh.g')]]), {});
  assert.deepEqual(await applied(t, [lower, [gone('.wh..wh..opq'), file('f')]]), { f: 'new' });
  assert.deepEqual(
    await applied(t, [[gone('.wh.a'), gone('x/y/.wh.z'), gone('b/.wh..wh..opq'), file('f')]]),
    {
      f: 'new',
    },
  );
  assert.deepEqual(await applied(t, [[file('a', '1')], [gone('.wh.a')], [file('a', '3')]]), { a: '3' });
});

test('140: a whiteout hides the link, not where it leads, and hides nothing outside through one', async (t) => {
  assert.deepEqual(await applied(t, [[link('a', '../outside/file')], [gone('.wh.a')]]), {});
  assert.deepEqual(
    await applied(t, [[link('a', '../outside')], [gone('a/.wh.file'), gone('a/.wh..wh..opq')]]),
    {
      a: '> ../outside',
    },
  );
  assert.deepEqual(
    await applied(t, [
      [folder('usr'), file('usr/x'), file('usr/y'), link('bin', 'usr')],
      [gone('bin/.wh.x'), file('z')],
    ]),
    { usr: 'folder', 'usr/y': 'new', bin: '> usr', z: 'new' },
  );
  assert.deepEqual(await applied(t, [[file('a')], [gone('a/.wh.b')]]), { a: 'new' });
});
