/** An image with all that a file system can have, in layers that hide and replace each other: for judges to compare. */
import { gzipSync } from 'node:zlib';
import { bytesContent } from './contents.js';
import { image, type TestImage, type TestLayer } from './images.js';
import { gnuLong, pax, rawTar, type RawEntry } from './raw-tar.js';

/** A layer of entries as they are, compressed with gzip. */
export function rawLayer(entries: readonly RawEntry[]): TestLayer {
  const bytes = rawTar(entries);
  return { tar: bytesContent(bytes), blob: bytesContent(gzipSync(bytes)) };
}

const TIME = 1_600_000_000;
const folder = (name: string, more: RawEntry = {}): RawEntry => ({
  name,
  flag: '5',
  mode: 0o755,
  mtime: TIME,
  ...more,
});
const file = (name: string, more: RawEntry = {}): RawEntry => ({
  name,
  content: `content of ${name}`,
  mtime: TIME + 1,
  ...more,
});
const link = (name: string, target: string, more: RawEntry = {}): RawEntry => ({
  name,
  flag: '2',
  target,
  mode: 0o777,
  mtime: TIME + 2,
  ...more,
});
/** With the facts of what it is a link to: Docker sets them again, umoci does not. */
const hard = (name: string, target: string, more: RawEntry = {}): RawEntry => ({
  name,
  flag: '1',
  target,
  mtime: TIME + 1,
  ...more,
});
const gone = (name: string): RawEntry => ({ name });

const BASE: readonly RawEntry[] = [
  folder('usr/'),
  folder('usr/bin/'),
  folder('usr/lib/', { mode: 0o555, mtime: TIME + 60 }),
  link('bin', 'usr/bin'),
  file('usr/bin/su', { mode: 0o4755 }),
  file('usr/bin/write', { mode: 0o2755, gid: 5 }),
  file('usr/bin/tool', { mode: 0o755, content: Buffer.alloc(300_000, 'tool') }),
  hard('usr/bin/alias', 'usr/bin/tool', { mode: 0o755 }),
  file('usr/lib/libc.so', { mtime: 0 }),
  link('usr/lib/libc.so.6', 'libc.so'),
  folder('home/'),
  folder('home/alice/', { uid: 1000, gid: 1000, mode: 0o700 }),
  file('home/alice/notes', { uid: 1000, gid: 1000, mode: 0o600 }),
  link('home/alice/absolute', '/usr/bin/tool', { uid: 1000, gid: 1000 }),
  link('home/alice/dangling', '../nobody/here'),
  folder('srv/', { mode: 0o1777 }),
  folder('srv/old/'),
  file('srv/old/one'),
  file('srv/old/two'),
  folder('srv/old/deep/'),
  file('srv/old/deep/three'),
  file('srv/gone'),
  file('srv/becomes-folder'),
  folder('srv/becomes-file/'),
  file('srv/becomes-file/x'),
  folder('srv/becomes-link/'),
  { name: 'srv/pipe', flag: '6', mode: 0o622, mtime: TIME },
  { name: 'srv/null', flag: '3', mode: 0o666, device: [1, 3], mtime: TIME },
  { name: 'srv/loop', flag: '4', mode: 0o660, device: [7, 9], mtime: TIME },
  file('srv/empty', { content: '' }),
  pax({ path: 'srv/caf\u00e9 \u4e16\u754c' }),
  file('x'),
  gnuLong('L', `srv/${'long-'.repeat(30)}name`),
  file('y', { magic: 'ustar  \0' }),
  pax({ uid: '2100000', gid: '2100001' }),
  file('srv/large-ids'),
];

const MIDDLE: readonly RawEntry[] = [
  folder('srv/', { mode: 0o1777, mtime: TIME + 100 }),
  gone('srv/.wh.gone'),
  folder('srv/old/'),
  gone('srv/old/.wh..wh..opq'),
  file('srv/old/two', { content: 'the new two' }),
  folder('srv/becomes-folder/'),
  file('srv/becomes-folder/inside'),
  file('srv/becomes-file', { mode: 0o640 }),
  link('srv/becomes-link', 'old'),
  file('usr/bin/tool', { content: 'a new tool', mode: 0o755 }),
  folder('usr/bin/', { mtime: TIME + 200 }),
  folder('usr/', { mtime: TIME + 201 }),
];

const TOP: readonly RawEntry[] = [
  folder('srv/', { mode: 0o1777, mtime: TIME + 300 }),
  file('srv/again', { content: 'second' }),
  hard('srv/again-linked', 'srv/again'),
  gone('home/alice/.wh.notes'),
  folder('home/alice/', { uid: 1000, gid: 1000, mode: 0o700, mtime: TIME + 7 }),
];

/** With `layers` on top. */
export function rootfsImage(layers: readonly TestLayer[] = []): TestImage {
  return image({ layers: [...[BASE, MIDDLE, TOP].map(rawLayer), ...layers] });
}
