import assert from 'node:assert/strict';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { contentOfFile } from '../../../src/operations/artifact/contents.js';
import { pullArtifact } from '../../../src/operations/artifact/pull.js';
import { unpackFolder } from '../../../src/operations/artifact/unpack-folder.js';
import { hasCode } from '../../../src/errors.js';
import { Scratch } from '../../../src/disk/scratch.js';
import { TITLE, UNPACK, UNPACKED_DIGEST } from '../../../src/spec/artifact.js';
import { digestOf } from '../../../src/spec/digest.js';
import { temporaryFolder, type Scope } from '../../support/temp.js';
import { tarOf, type TarEntry } from '../../tar/tars.js';
import { setStage, type Stage } from '../stage.js';
import { layerOf, putLayers } from './artifacts.js';

/** What oras-go 3.0 made of a folder `site` with `index.html`, `sub/run.sh` and a link `sub/l` to `../index.html`. */
const BY_ORAS =
  'H4sIAAAAAAAA/+yWwQqDMAyGe95TOHZvf1vbPs9kQgubB6uwxx8WvHSwsY0ow3yXeDIxH0lMcewEMQDgrc0RQBmfn2vAa1FZ6sJmpjSeBwH8+p7y4/6E2b' +
  '+K/aW7yzDeriQ55n64pnnh3xT+dW28qFZp4s79h3jYugRmQ/L8p6mlzPHF/nfO8P5fg8W/oln9mezf+w/8G6OtqLSU1KeJ/S/+h6mXKZDkeDv/tS7v' +
  'P7zj+78Gp6NqY69S4N8AhmGYXfEIAAD///ljeD4AEgAA';

interface Folder {
  readonly title?: string;
  readonly unpackedDigest?: string;
}

async function putFolder(
  stage: Stage,
  entries: readonly TarEntry[],
  { title = 'site', unpackedDigest }: Folder = {},
): Promise<void> {
  const tar = await tarOf(entries);
  const annotations = {
    [TITLE]: title,
    [UNPACK]: 'true',
    [UNPACKED_DIGEST]: unpackedDigest ?? digestOf(tar),
  };
  await putLayers(stage, [layerOf(gzipSync(tar), annotations)]);
}

function pull(stage: Stage, folder: string, more = {}) {
  return pullArtifact(`${stage.host}/files:1`, { ...stage, folder, ...more });
}

/** Every path below a folder, with what is there. */
async function treeOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const described = names.map(async (name) => {
    const path = join(folder, name);
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return `${name} -> ${await readlink(path)}`;
    return stats.isDirectory() ? `${name}/` : `${name}: ${await readFile(path, 'utf8')}`;
  });
  return (await Promise.all(described)).toSorted((one, other) => (one < other ? -1 : 1));
}

async function sampleFolder(scope: Scope): Promise<string> {
  const folder = join(await temporaryFolder(scope), 'site');
  await mkdir(join(folder, 'sub', 'empty'), { recursive: true });
  await writeFile(join(folder, 'index.html'), 'hi');
  await writeFile(join(folder, 'sub', 'run.sh'), '#!/bin/sh');
  await chmod(join(folder, 'sub', 'run.sh'), 0o700);
  await symlink('../index.html', join(folder, 'sub', 'l'));
  return folder;
}

test('a directory comes back as it was, and is packed the same whenever it is', async (t) => {
  const stage = await setStage(t);
  const folder = await sampleFolder(t);
  const scratch = new Scratch(await temporaryFolder(t));
  t.after(() => scratch.close());
  const pack = () =>
    contentOfFile(
      { path: folder, title: 'a/site', mediaType: undefined, annotations: {} },
      { scratch, stdin: undefined },
    );
  const first = await pack();
  await utimes(join(folder, 'index.html'), 1000, 1000);
  const second = await pack();
  assert.deepEqual(second.descriptor, first.descriptor);
  assert.equal(first.descriptor.mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
  await putLayers(stage, [first]);
  const target = await temporaryFolder(t);
  const { files } = await pull(stage, target);
  assert.deepEqual(
    files.map(({ path }) => path),
    [join(target, 'a', 'site')],
  );
  assert.deepEqual(await treeOf(join(target, 'a', 'site')), await treeOf(folder));
  assert.deepEqual(await readdir(target), ['a']);
  if (platform !== 'win32') {
    const modes = ['index.html', 'sub', join('sub', 'run.sh')].map((name) =>
      lstat(join(target, 'a', 'site', name)),
    );
    assert.deepEqual(
      (await Promise.all(modes)).map(({ mode }) => mode & 0o777),
      [0o644, 0o755, 0o755],
    );
  }
});

test('a directory that oras packed is unpacked', async (t) => {
  const stage = await setStage(t);
  const annotations = {
    [TITLE]: 'site',
    [UNPACK]: 'true',
    [UNPACKED_DIGEST]: 'sha256:4418de34e40a31b876a37d49de854904e0f2d4764b90b606a1b26844d9596d89',
  };
  await putLayers(stage, [layerOf(Buffer.from(BY_ORAS, 'base64'), annotations)]);
  const target = await temporaryFolder(t);
  await pull(stage, target);
  assert.deepEqual(
    await treeOf(join(target, 'site')),
    ['index.html: hi\n', 'sub/', 'sub/l -> ../index.html', 'sub/run.sh: #!/bin/sh\n'].map((line) =>
      line.replace(/^sub\/(?=.)/, join('sub', '/')),
    ),
  );
});

test('the directory that is pulled to may be the one that is unpacked, and keeps what else is in it', async (t) => {
  const stage = await setStage(t);
  await putFolder(
    stage,
    [
      { name: 'a/b.txt', content: 'new' },
      { name: '.wh.c', content: '' },
    ],
    { title: '.' },
  );
  const target = await temporaryFolder(t);
  await mkdir(join(target, 'a'));
  await writeFile(join(target, 'a', 'b.txt'), 'old');
  await writeFile(join(target, 'c'), 'c');
  await assert.rejects(pull(stage, target, { keepOldFiles: true }), { code: 'DISK_ERROR' });
  await pull(stage, target);
  assert.deepEqual(
    await treeOf(target),
    ['.wh.c: ', `${join('a', 'b.txt')}: new`, 'a/', 'c: c'].toSorted((one, other) => (one < other ? -1 : 1)),
  );
  await pull(stage, target, { keepOldFiles: true });
});

test('nothing of a directory is there where something in it leads out, or its bytes are wrong', async (t) => {
  const stage = await setStage(t);
  const dir = { type: 'directory' } as const;
  const bad: readonly (readonly [readonly TarEntry[], Folder?])[] = [
    [
      [
        { name: 'site', ...dir },
        { name: 'other/x', content: 'x' },
      ],
    ],
    [[{ name: 'site/../../x', content: 'x' }]],
    [[{ name: 'sitemap', content: 'x' }]],
    [[{ name: 'site/l', type: 'symlink', linkname: '/etc' }]],
    [[{ name: 'site/l', type: 'symlink', linkname: '../..' }]],
    [
      [
        { name: 'site/l', type: 'symlink', linkname: '..' },
        { name: 'site/l/x', content: 'x' },
      ],
    ],
    [
      [
        { name: 'site/a/b/l', type: 'symlink', linkname: '../../x' },
        { name: 'site/h', type: 'link', linkname: 'site/a/b/l' },
      ],
    ],
    [
      [
        { name: 'site/here', type: 'symlink', linkname: '.' },
        { name: 'site/here/here/l', type: 'symlink', linkname: '../../x' },
      ],
    ],
    [
      [
        { name: 'site/a/up', type: 'symlink', linkname: '..' },
        { name: 'site/l', type: 'symlink', linkname: 'a/up/../x' },
      ],
    ],
    [[{ name: 'site/h', type: 'link', linkname: 'etc/passwd' }]],
    [[{ name: 'site/x', content: 'x' }], { unpackedDigest: digestOf(Buffer.from('other')) }],
    [
      [
        { name: 'x', content: 'x' },
        { name: 'l', type: 'symlink', linkname: '../x' },
      ],
      { title: '.' },
    ],
  ];
  for (const [entries, folder] of bad) {
    await putFolder(stage, entries, folder);
    const target = await temporaryFolder(t);
    const what = JSON.stringify(entries);
    await assert.rejects(
      pull(stage, target),
      ({ code }: { code: string }) => ['UNSAFE_ARCHIVE', 'DIGEST_MISMATCH'].includes(code),
      what,
    );
    const left = (await readdir(target)).filter((name) => !name.endsWith('.partial'));
    assert.deepEqual(left, [], what);
  }
});

test('links that lead out on Windows alone are refused there', async (t) => {
  for (const linkname of ['..\\..\\x', 'C:/x', 'a\\..\\..']) {
    const tar = await tarOf([{ name: 'site/l', type: 'symlink', linkname }]);
    const content = layerOf(tar, {});
    const file = { title: 'site', parts: ['site'], descriptor: content.descriptor, isFolder: true };
    const folder = await temporaryFolder(t);
    const paths = { work: join(folder, 'work'), path: join(folder, 'site') };
    const unpacked = unpackFolder(content, { file, ...paths, keepOldFiles: false, system: 'win32' });
    await assert.rejects(unpacked, { code: 'UNSAFE_ARCHIVE' }, linkname);
    assert.deepEqual(await readdir(folder), []);
  }
});

test('a directory is not unpacked through a link, and what no file is is left out of it', async (t) => {
  const stage = await setStage(t);
  await putFolder(stage, [
    { name: 'site/x', content: 'x' },
    { name: 'site/pipe', type: 'fifo' },
    { name: 'site/null', type: 'character-device', devmajor: 1, devminor: 3 },
    { name: 'site/hard', type: 'link', linkname: 'site/x' },
  ]);
  const target = await temporaryFolder(t);
  const outside = await temporaryFolder(t);
  await symlink(outside, join(target, 'site'));
  await assert.rejects(pull(stage, target), { code: 'DISK_ERROR' });
  assert.deepEqual(await readdir(outside), []);
  const other = await temporaryFolder(t);
  await pull(stage, other);
  assert.deepEqual(await treeOf(join(other, 'site')), ['hard: x', 'x: x']);
});

test('a directory unpacks to no more than is allowed', async (t) => {
  const stage = await setStage(t);
  await putFolder(stage, [{ name: 'site/zeros', content: Buffer.alloc(100_000) }]);
  await assert.rejects(pull(stage, await temporaryFolder(t), { maxBytes: 50_000 }), (error) =>
    hasCode(error, 'TOO_LARGE'),
  );
  await pull(stage, await temporaryFolder(t), { maxBytes: 200_000 });
});
