/** What `reg files` and `reg cat` read of their arguments, and print. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { writeBytes, writeText } from '../../../src/cli/output/file-output.js';
import { changeForPrograms, describeFileChanges } from '../../../src/cli/views/file-diff.js';
import { describeFiles, fileForPrograms } from '../../../src/cli/views/files.js';
import { splitImagePath } from '../../../src/cli/flags/image-path.js';
import type { FileChange } from '../../../src/operations/files/file-diff.js';
import type { ListedFile } from '../../../src/operations/files/list-files.js';
import { parseDigest } from '../../../src/spec/digest.js';
import { spellOut } from '../../../src/spec/text.js';
import { failsWith } from '../../support/scripted-setup.js';

test('a path is told from the image before it by the slash behind the last colon', () => {
  const cases: readonly (readonly [text: string, image: string, path?: string])[] = [
    ['nginx', 'nginx'],
    ['nginx:1.27', 'nginx:1.27'],
    ['nginx:/etc/hosts', 'nginx', '/etc/hosts'],
    ['nginx:1.27:/etc/nginx/nginx.conf', 'nginx:1.27', '/etc/nginx/nginx.conf'],
    ['localhost:5000/app:1:/a:/b', 'localhost:5000/app:1:/a', '/b'],
    ['app@sha256:00:/x', 'app@sha256:00', '/x'],
    ['nginx:/', 'nginx', '/'],
    ['store:nginx:/etc', 'store:nginx', '/etc'],
    ['oci:/srv/images', 'oci:/srv/images'],
    ['oci:/srv/images:1:/etc', 'oci:/srv/images:1', '/etc'],
    ['oci:./build:/etc', 'oci:./build', '/etc'],
    ['oci-archive:/a.tar', 'oci-archive:/a.tar'],
    ['docker-archive:C:/a.tar', 'docker-archive:C:/a.tar'],
    ['C:/images:1:/etc', 'C:/images:1', '/etc'],
    ['C:/images', 'C:/images'],
    ['-:/etc', '-', '/etc'],
    ['https://ghcr.io/app', 'https://ghcr.io/app'],
  ];
  for (const [text, image, path] of cases)
    assert.deepEqual(splitImagePath([text]), { image, paths: path === undefined ? [] : [path] }, text);
  assert.deepEqual(splitImagePath(['a:/b', 'c', 'd']), { image: 'a:/b', paths: ['c', 'd'] });
});

const COMMON = { uid: 0, gid: 0, size: 0, mtime: 0, layer: parseDigest(`sha256:${'a'.repeat(64)}`) };
const FILES: readonly ListedFile[] = [
  { path: '/d', type: 'directory', mode: 0o1777, uid: 0, gid: 0, size: 0 },
  { ...COMMON, path: '/d/su', type: 'file', mode: 0o4755, uid: 1000, size: 54_321, mtime: 86_399.75 },
  { ...COMMON, path: '/d/s\u001b[2J\n\udce9\u202e', type: 'symlink', mode: 0o777, target: '/\u009b' },
  { ...COMMON, path: '/h', type: 'hardlink', mode: 0o2644, target: '/d/su', size: 54_321 },
  { ...COMMON, path: '/null', type: 'character', mode: 0o666 },
];

test('files stand in columns, with nothing in their names that a terminal could take for a command', () => {
  const lines = describeFiles(FILES).map((line) => line.map(({ text }) => text).join(''));
  assert.deepEqual(lines, [
    'drwxrwxrwt  0/0                                /d',
    '-rwsr-xr-x  1000/0  54.3 kB  1970-01-01 23:59  /d/su',
    'lrwxrwxrwx  0/0              1970-01-01 00:00  /d/s\\x1b[2J\\n\\xe9\\u202e -> /\\x9b',
    '-rw-r-Sr--  0/0     54.3 kB  1970-01-01 00:00  /h link to /d/su',
    'crw-rw-rw-  0/0              1970-01-01 00:00  /null',
  ]);
  assert.equal(spellOut('plain, caf\u00e9 \u{1f600}'), 'plain, caf\u00e9 \u{1f600}');
});

test('a program gets the mode in octal digits, and the time as RFC 3339 has it', () => {
  assert.deepEqual(fileForPrograms(FILES[1] as ListedFile), {
    path: '/d/su',
    type: 'file',
    mode: '4755',
    uid: 1000,
    gid: 0,
    size: 54_321,
    modified: '1970-01-01T23:59:59.750Z',
    layer: COMMON.layer,
  });
  assert.equal('modified' in fileForPrograms(FILES[0] as ListedFile), false);
});

const STATE = { type: 'file', mode: 0o644, uid: 0, gid: 0, size: 12 } as const;
const FOLDER = { ...STATE, type: 'directory', mode: 0o755, size: 0 } as const;
const CHANGES: readonly FileChange[] = [
  { change: 'added', path: '/app', to: FOLDER },
  { change: 'added', path: '/app/a', to: STATE },
  { change: 'added', path: '/app/b', to: STATE },
  { change: 'added', path: '/app-2', to: { ...STATE, type: 'symlink', size: 0, target: 'app\u001b' } },
  {
    change: 'changed',
    path: '/etc/hosts',
    from: STATE,
    to: { ...STATE, size: 3_000, mode: 0o600, uid: 5 },
    aspects: ['content', 'mode', 'owner'],
  },
  { change: 'changed', path: '/l', from: STATE, to: { ...FOLDER }, aspects: ['type'] },
  { change: 'removed', path: '/l/x', from: STATE },
];

test('changes of files have a line each, and directories that come or go as a whole have one', () => {
  const lines = describeFileChanges(CHANGES).map((line) => line.map(({ text }) => text).join(''));
  assert.deepEqual(lines, [
    '',
    'Files',
    '+ /app                   24 B  with 2 more',
    '+ /app-2                       -> app\\x1b',
    '~ /etc/hosts  12 B to 3.00 kB  content, -rw-r--r-- to -rw-------, 0/0 to 5/0',
    '~ /l                     12 B  -rw-r--r-- to drwxr-xr-x',
    '- /l/x                   12 B',
    'Files: 4 added (24 B), 1 removed (12 B), 2 changed',
  ]);
  assert.deepEqual(
    describeFileChanges([]).map((line) => line.map(({ text }) => text).join('')),
    ['', 'Files', '= no difference'],
  );
  assert.deepEqual(changeForPrograms(CHANGES[1] as FileChange), {
    change: 'added',
    path: '/app/a',
    to: { type: 'file', uid: 0, gid: 0, size: 12, mode: '0644' },
  });
});

/** What a file that comes in these pieces leaves on the output. */
async function written(pieces: readonly (string | Uint8Array)[], isForPeople = true): Promise<string> {
  const seen: Uint8Array[] = [];
  const output = {
    write(chunk: string | Uint8Array, done: () => void) {
      seen.push(Buffer.from(chunk));
      done();
    },
  };
  const bytes = (async function* () {
    for (const piece of pieces) yield Buffer.from(piece);
  })();
  if (isForPeople) await writeText({ path: '/x', size: 1_234_567, bytes }, output);
  else await writeBytes(bytes, output);
  return Buffer.concat(seen).toString('latin1');
}

test('a terminal gets text, in which control characters are spelled out', async () => {
  const text = Buffer.from('a\tb\r\nc\u001b[31m\rd\u202e caf\u00e9\n');
  const expected = Buffer.from('a\tb\r\nc\\x1b[31m\\rd\\u202e caf\u00e9\n').toString('latin1');
  assert.equal(await written([text]), expected);
  assert.equal(
    await written([...text].map((byte) => Uint8Array.of(byte))),
    expected.replace('\r\n', '\\r\n'),
  );
  assert.equal(await written([]), '');
});

test('a terminal gets nothing of what is no text, and a program gets it as it is', async () => {
  const no = failsWith('INVALID_ARGUMENT', /^"\/x" is binary \(1\.23 MB\), and the output is a terminal$/);
  await assert.rejects(written(['\u007fELF\0']), no);
  await assert.rejects(written(['MZ', 'a\0']), no);
  assert.equal(await written(['a\u001b', 'b\0'], false), 'a\u001bb\0');
});
