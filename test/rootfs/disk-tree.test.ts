import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getuid, platform, umask } from 'node:process';
import { test } from 'node:test';

import { makeNode } from '../../src/operations/unpack/make-node.js';
import { foldingFolder } from '../support/folding-disk.js';
import { base256, pax, type RawEntry } from '../support/raw-tar.js';
import { temporaryFolder } from '../support/temp.js';
import { failure } from '../tar/tars.js';
import { ME, unpackTo } from './layers.js';

const POSIX = { skip: platform === 'win32' ? 'Windows has no modes and owners' : false };
const ROOT = { skip: getuid?.() === 0 ? false : 'only root can give files away' };

const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);

test(
  'modes and times are those of the image, whatever the umask, directories that nobody may write to included',
  POSIX,
  async (t) => {
    const root = join(await temporaryFolder(t), 'root');
    const before = umask(0o077);
    try {
      const time = 1_600_000_000;
      await unpackTo(root, [
        [
          { name: 'closed', flag: '5', mode: 0o555, mtime: time },
          { name: 'closed/inner', flag: '5', mode: 0o1777, mtime: time + 1 },
          pax({ mtime: '1600000002.25' }),
          { name: 'closed/inner/file', mode: 0o666, content: 'x' },
          { name: 'link', flag: '2', target: 'closed', mtime: time + 3 },
          { name: 'old', mtime: base256(-5n, 12) },
          { name: 'untold/file' },
        ],
        [{ name: 'closed/later', content: 'y' }],
      ]);
      const times = ['closed', 'closed/inner', 'closed/inner/file', 'link', 'old', 'untold'].map(
        (path) => lstatSync(join(root, path)).mtimeMs / 1000 - time,
      );
      assert.deepEqual(times, [0, 1, 2.25, 3, -5 - time, -time]);
      const modes = ['', 'closed', 'closed/inner', 'closed/inner/file', 'untold'].map((path) =>
        modeOf(join(root, path)),
      );
      assert.deepEqual(modes, ['755', '555', '1777', '666', '755']);
    } finally {
      umask(before);
    }
  },
);

test(
  '131: setuid and setgid are kept for the right owner only, and what is lost is counted',
  POSIX,
  async (t) => {
    const root = join(await temporaryFolder(t), 'root');
    const own = { uid: ME?.uid ?? 0, gid: ME?.gid ?? 0 };
    // Somebody who may not give files away.
    const user = { uid: own.uid === 0 ? 12_345 : own.uid, gid: own.gid };
    const losses = await unpackTo(
      root,
      [
        [
          { name: 'theirs', mode: 0o6755, uid: 4242, gid: 4242 },
          { name: 'plain', mode: 0o755, uid: 4242 },
          { name: 'folder', flag: '5', mode: 0o2755, uid: 4242 },
          { name: 'ours', mode: 0o4755, ...user },
        ],
      ],
      { user },
    );
    assert.deepEqual(
      ['theirs', 'plain', 'folder', 'ours'].map((name) => modeOf(join(root, name))),
      ['755', '755', '755', '4755'],
    );
    assert.deepEqual([losses.owners, losses.setIds], [3, 2]);
  },
);

test(
  'as root, owners are those of the image, setuid stays, and links are given away, not where they lead',
  ROOT,
  async (t) => {
    const top = await temporaryFolder(t);
    writeFileSync(join(top, 'outside'), 'x');
    const root = join(top, 'root');
    const owner = { uid: 1234, gid: 5678 };
    const losses = await unpackTo(root, [
      [
        { name: 'file', mode: 0o6755, ...owner },
        { name: 'folder', flag: '5', mode: 0o2755, ...owner },
        { name: 'link', flag: '2', target: '../outside', mtime: 7, ...owner },
      ],
    ]);
    for (const [name, mode] of [
      ['file', '6755'],
      ['folder', '2755'],
      ['link', undefined],
    ] as const) {
      const { uid, gid } = lstatSync(join(root, name));
      assert.deepEqual({ uid, gid }, owner);
      if (mode !== undefined) assert.equal(modeOf(join(root, name)), mode);
    }
    assert.equal(lstatSync(join(top, 'outside')).uid, 0);
    assert.equal(losses.owners, 0);
  },
);

test(
  '127: a directory that became a link keeps its mode and time to itself, and so does what was below it',
  POSIX,
  async (t) => {
    const top = await temporaryFolder(t);
    const outside = join(top, 'outside');
    await unpackTo(outside, [[{ name: 'b', flag: '5', mode: 0o700, mtime: 1000 }]]);
    const before = ['', 'b'].map((path) => lstatSync(join(outside, path)).mode);
    await unpackTo(join(top, 'root'), [
      [
        { name: 'a', flag: '5', mode: 0o777, mtime: 5 },
        { name: 'a/b', flag: '5', mode: 0o777, mtime: 5 },
      ],
      [{ name: 'a', flag: '2', target: '../outside' }],
    ]);
    assert.deepEqual(
      ['', 'b'].map((path) => lstatSync(join(outside, path)).mode),
      before,
    );
    assert.equal(lstatSync(join(outside, 'b')).mtimeMs, 1_000_000);
  },
);

test('130: devices and pipes are made by those who may, left out and told by others', POSIX, async (t) => {
  const top = await temporaryFolder(t);
  const layers: readonly (readonly RawEntry[])[] = [
    [
      { name: 'pipe', flag: '6', mode: 0o622, mtime: 9 },
      { name: 'null', flag: '3', device: [1, 3], mode: 0o666 },
      { name: 'disk', flag: '4', device: [7, 0] },
    ],
  ];
  const some = await unpackTo(join(top, 'some'), layers, { user: { uid: 4242, gid: 4242 }, makeNode });
  assert.deepEqual(some.devices, ['null', 'disk']);
  const pipe = lstatSync(join(top, 'some', 'pipe'));
  assert.deepEqual([pipe.isFIFO(), pipe.mtimeMs, modeOf(join(top, 'some', 'pipe'))], [true, 9000, '622']);
  const none = await unpackTo(join(top, 'none'), layers, { makeNode: async () => false });
  assert.deepEqual([none.devices, readdirSync(join(top, 'none'))], [['pipe', 'null', 'disk'], []]);
  if (getuid?.() !== 0) return;
  const all = await unpackTo(join(top, 'all'), layers, { makeNode });
  const device = lstatSync(join(top, 'all', 'null'));
  assert.deepEqual([all.devices, device.isCharacterDevice(), device.rdev], [[], true, 0x103]);
  assert.ok(lstatSync(join(top, 'all', 'disk')).isBlockDevice());
});

test('a hard link to what was left out is left out as well, and told', POSIX, async (t) => {
  const root = join(await temporaryFolder(t), 'root');
  const layers: readonly (readonly RawEntry[])[] = [
    [
      { name: 'null', flag: '3', device: [1, 3] },
      { name: 'void', flag: '1', target: 'null' },
      { name: 'gone', flag: '1', target: 'void' },
    ],
    [{ name: 'gone', content: 'a file' }],
  ];
  const { devices } = await unpackTo(root, layers);
  assert.deepEqual([devices, readdirSync(root)], [['null', 'void', 'gone'], ['gone']]);
});

test('where the disk takes two names for one, no file is in place of another, and what is left out is told', async (t) => {
  const disk = await foldingFolder(t);
  if (disk === undefined) return t.skip('no disk here takes two names for one');
  const { twins } = await unpackTo(join(disk, 'root'), [
    [
      { name: 'Makefile', content: 'first' },
      { name: 'makefile', content: 'second' },
      { name: 'again', flag: '1', target: 'makefile' },
      { name: 'MAKEFILE', flag: '1', target: 'Makefile' },
      { name: 'makeFile', flag: '2', target: 'Makefile' },
      { name: 'Pod/One', content: 'one' },
      { name: 'pod/Two', content: 'two' },
      { name: 'pod/one', content: 'other' },
      { name: 'lib/a', content: 'a' },
      { name: 'lib/b', content: 'b' },
    ],
    [
      { name: '.wh.mAKEFILE' },
      { name: '.wh.pod' },
      { name: 'lib/.wh..wh..opq' },
      { name: 'lib/A', content: 'new' },
      { name: 'Makefile', content: 'changed' },
    ],
  ]);
  assert.deepEqual(twins, ['makefile', 'again', 'MAKEFILE', 'makeFile', 'pod/one']);
  const read = (path: string): string => readFileSync(join(disk, 'root', path), 'utf8');
  assert.deepEqual(['Makefile', 'Pod/One', 'lib/A'].map(read), ['changed', 'one', 'new']);
  const names = ['', 'Pod', 'lib'].map((path) => readdirSync(join(disk, 'root', path)).length);
  assert.deepEqual(names, [3, 1, 1]);
});

test('a directory in place of which there is a file by another name is refused, and so is a way through a link', async (t) => {
  const disk = await foldingFolder(t);
  if (disk === undefined) return t.skip('no disk here takes two names for one');
  const outside = join(disk, 'outside');
  mkdirSync(outside);
  for (const [at, there] of [
    ['one', { name: 'Lib', content: 'x' }],
    ['two', { name: 'Lib', flag: '2', target: outside }],
  ] as const) {
    const unpacking = unpackTo(join(disk, at), [[there, { name: 'lib/inside', content: 'y' }]]);
    await assert.rejects(
      unpacking,
      failure('UNSUPPORTED', 'takes the directory "lib" for a file that is there'),
    );
  }
  assert.deepEqual(readdirSync(outside), []);
});

test(
  '122, 137: names of any bytes are names, backslashes as well, and two that differ are two files',
  { skip: platform !== 'linux' },
  async (t) => {
    const root = join(await temporaryFolder(t), 'root');
    const names = [
      Buffer.from('caf\u00e9'),
      Buffer.from([0x63, 0xe9]),
      Buffer.from([0x63, 0xe8]),
      Buffer.from('a\n\u001b[2J'),
      Buffer.from('..\\..\\b'),
    ];
    const folder = Buffer.from([0xff]);
    await unpackTo(root, [
      [
        { name: folder, flag: '5', mode: 0o755 },
        ...names.map((name) => ({ name: Buffer.concat([folder, Buffer.from('/'), name]), content: name })),
        { name: 'link', flag: '2', target: Buffer.from([0xff, 0x2f, 0x63, 0xe9]) },
        {
          name: Buffer.from([0xff, 0x2f, 0x64, 0xe9]),
          flag: '1',
          target: Buffer.from([0xff, 0x2f, 0x63, 0xe9]),
        },
      ],
      [{ name: Buffer.concat([Buffer.from([0xff, 0x2f]), Buffer.from('.wh.c'), Buffer.from([0xe8])]) }],
    ]);
    const found = readdirSync(Buffer.concat([Buffer.from(`${root}/`), folder]), 'latin1');
    assert.deepEqual(found.sort(), ['..\\..\\b', 'a\n\u001b[2J', 'caf\xc3\xa9', 'c\xe9', 'd\xe9']);
    assert.deepEqual(readFileSync(join(root, 'link')), Buffer.from([0x63, 0xe9]));
  },
);

test('files that lose extended attributes are named', async (t) => {
  const root = join(await temporaryFolder(t), 'root');
  const { xattrs } = await unpackTo(root, [
    [
      pax({ 'SCHILY.xattr.security.capability': 'x', 'SCHILY.xattr.user.y': 'z' }),
      { name: 'ping' },
      { name: 'other' },
    ],
  ]);
  assert.deepEqual(xattrs, [{ path: 'ping', names: ['security.capability', 'user.y'] }]);
});

test('names that Windows does not take are refused there', async (t) => {
  const top = await temporaryFolder(t);
  const isWindows = true;
  const names = ['a:b', 'a\\b', 'aux', 'COM1.txt', 'a.', 'a ', 'what?', 'a\nb', 'usr/con/x'];
  for (const [at, name] of names.entries())
    await assert.rejects(
      unpackTo(join(top, `${at}`), [[{ name }]], { isWindows }),
      failure('UNSUPPORTED', 'Windows takes no file called'),
    );
});

test('what the system refuses is told with its path', POSIX, async (t) => {
  const top = await temporaryFolder(t);
  const long = unpackTo(join(top, 'long'), [
    [{ name: `a/${'x'.repeat(90)}`, prefix: 'y'.repeat(150) }, pax({ path: 'z'.repeat(300) }), { name: 'z' }],
  ]);
  await assert.rejects(long, failure('DISK_ERROR', `cannot write "${join(top, 'long')}/zzz`));
  symlinkSync('nowhere', join(top, 'planted'));
  await assert.rejects(unpackTo(join(top, 'planted'), []), /EEXIST/);
});
