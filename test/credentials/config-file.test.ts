import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { getuid, platform } from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { changeConfigFile, isReadableByOthers, readConfigFile } from '../../src/credentials/config-file.js';
import { RegError, type ErrorCode } from '../../src/errors.js';
import { thisProcess } from '../layout/stores.js';
import { bareEnvironment, startChild, typescriptCommand } from '../support/child.js';
import { needs, programPath } from '../support/programs.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

const WINDOWS = { skip: platform === 'win32' ? 'Windows has no such thing' : false };
const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

/** The path of a config.json in a folder of its own; with this text, if any is given. */
async function configFile(scope: Scope, text?: string | Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(scope), 'config.json');
  if (text !== undefined) await writeFile(file, text);
  return file;
}

/** Asserts that the file is refused by one line that names it and has none of its content. */
async function assertRefused(file: string, code: ErrorCode, says: RegExp): Promise<void> {
  const check = (error: unknown): boolean => {
    assert.ok(error instanceof RegError && error.code === code, String(error));
    assert.match(error.message, says);
    assert.ok(error.message.includes(file), error.message);
    assert.doesNotMatch(error.message, /secret|\n/);
    return true;
  };
  await assert.rejects(readConfigFile(file), check);
  await assert.rejects(
    changeConfigFile(file, () => assert.fail('a file that is not understood is not replaced'), thisProcess),
    check,
  );
}

test('a file that is not there is empty, and so is one in a directory that is not there', async (t) => {
  const file = await configFile(t);
  assert.deepEqual(await readConfigFile(file), {});
  assert.deepEqual(await readConfigFile(join(file, '..', 'no', 'folder', 'config.json')), {});
});

test('a byte order mark before the text does no harm', async (t) => {
  assert.deepEqual(await readConfigFile(await configFile(t, '\ufeff{"auths":{}}')), { auths: {} });
});

const broken: readonly [title: string, text: string | Uint8Array, says: RegExp][] = [
  ['is empty', '', /is not JSON: it is empty$/],
  ['is cut off', '{\n\t"auths": {\n\t\t"a": "secre', /is not JSON: it is cut off at line 3, column 14$/],
  ['holds what is no JSON', '{"auths": secret}', /is not JSON: line 1, column 11$/],
  ['goes on behind its end', '{}secret', /is not JSON: line 1, column 3$/],
  ['is an array', '["secret"]', /is not a JSON object$/],
  ['is a string', '"secret"', /is not a JSON object$/],
  ['is null', 'null', /is not a JSON object$/],
  ['has a key twice', '{"auths":{},"auths":{"a":"secret"}}', /has the key "auths" twice$/],
  ['is not UTF-8', Buffer.from('{"secret":"\xff"}', 'latin1'), /is not UTF-8 text$/],
  ['is nested deeply', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`, /nested more than 100 levels deep$/],
];

for (const [title, text, says] of broken) {
  test(`a file that ${title} is refused, and left as it is`, async (t) => {
    const file = await configFile(t, text);
    await assertRefused(file, 'INVALID_CONFIG', says);
    assert.deepEqual(await readFile(file), Buffer.from(text));
    assert.deepEqual(await readdir(join(file, '..')), ['config.json']);
  });
}

test('a file of 100 MiB is not even opened', async (t) => {
  const file = await configFile(t, '{}');
  await truncate(file, 100 * 1024 * 1024);
  await assertRefused(file, 'INVALID_CONFIG', /has 104857600 bytes; at most 1048576 are read$/);
});

test('a directory in place of the file is refused', async (t) => {
  const file = await configFile(t);
  await mkdir(file);
  await assertRefused(file, 'INVALID_CONFIG', /is not a regular file$/);
});

test(
  'a FIFO in place of the file is refused, and nobody waits for it',
  { ...WINDOWS, ...needs('mkfifo') },
  async (t) => {
    const file = await configFile(t);
    execFileSync(programPath('mkfifo'), [file]);
    await assertRefused(file, 'INVALID_CONFIG', /is not a regular file$/);
  },
);

test('a file that may not be read is an error of the disk', async (t) => {
  if (platform === 'win32') return t.skip('Windows has no modes');
  if (getuid?.() === 0) return t.skip('root may read everything');
  const file = await configFile(t, '{"a":"secret"}');
  await chmod(file, 0);
  await assertRefused(file, 'DISK_ERROR', /permission denied$/);
});

test('what is not changed stays, in its order, and the file is for its owner alone', async (t) => {
  const file = await configFile(
    t,
    '{"z":1,"__proto__":{"x":[1]},"auths":{},"a":{"nested":[null,{"b":false}]}}',
  );
  await chmod(file, 0o644);
  await changeConfigFile(file, (config) => ({ ...config, auths: { new: {} } }), thisProcess);
  assert.equal(
    JSON.stringify(JSON.parse(await readFile(file, 'utf8'))),
    '{"z":1,"__proto__":{"x":[1]},"auths":{"new":{}},"a":{"nested":[null,{"b":false}]}}',
  );
  assert.deepEqual(await readdir(join(file, '..')), ['config.json']);
  if (platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('the directory of the file is made where it is missing, for its owner alone', async (t) => {
  const folder = join(await temporaryFolder(t), '.docker');
  await changeConfigFile(join(folder, 'config.json'), () => ({ a: 1 }), thisProcess);
  assert.deepEqual(await readConfigFile(join(folder, 'config.json')), { a: 1 });
  if (platform !== 'win32') assert.equal((await stat(folder)).mode & 0o777, 0o700);
});

test('a change that fails leaves the file as it is, and nothing beside it', async (t) => {
  const file = await configFile(t, '{"a":1}');
  const update = (): never => {
    throw new RegError('INVALID_CONFIG', 'no');
  };
  await assert.rejects(changeConfigFile(file, update, thisProcess), { message: 'no' });
  assert.equal(await readFile(file, 'utf8'), '{"a":1}');
  assert.deepEqual(await readdir(join(file, '..')), ['config.json']);
});

test('a link stays one, and the file behind it changes', WINDOWS, async (t) => {
  const file = await configFile(t, '{"a":1}');
  const elsewhere = join(await temporaryFolder(t), 'link.json');
  await symlink(file, elsewhere);
  await changeConfigFile(elsewhere, (config) => ({ ...config, b: 2 }), thisProcess);
  assert.ok((await lstat(elsewhere)).isSymbolicLink());
  assert.equal(await readlink(elsewhere), file);
  assert.deepEqual(await readConfigFile(elsewhere), { a: 1, b: 2 });
  assert.deepEqual(await readdir(join(elsewhere, '..')), ['link.json']);
  assert.deepEqual(await readdir(join(file, '..')), ['config.json']);
});

test('changes from several processes and through a link at once are all kept, and nothing is left behind', async (t) => {
  const file = await configFile(t, '{"first":true}');
  const link = platform === 'win32' ? file : join(await temporaryFolder(t), 'link.json');
  if (link !== file) await symlink(file, link);
  const children = await Promise.all(
    [file, link, file, link].map((path, process) =>
      startChild(t, typescriptCommand(WRITER, path, `${process}`, '25'), { env: bareEnvironment() }),
    ),
  );
  for (const { code, stderr } of await Promise.all(children.map((child) => child.ended)))
    assert.deepEqual([code, stderr], [0, '']);
  const names = children.flatMap((_, process) => Array.from({ length: 25 }, (_, n) => `${process}-${n}`));
  assert.deepEqual(Object.keys(await readConfigFile(file)).sort(), ['first', ...names].sort());
  assert.deepEqual(await readdir(join(file, '..')), ['config.json']);
});

test('who else may read the file is told by its mode', async (t) => {
  const file = await configFile(t, '{}');
  assert.equal(await isReadableByOthers(join(file, '..', 'none.json')), false);
  for (const [mode, expected] of [
    [0o600, false],
    [0o622, false],
    [0o640, true],
    [0o604, true],
  ] as const) {
    await chmod(file, mode);
    assert.equal(await isReadableByOthers(file), platform === 'win32' ? false : expected, mode.toString(8));
  }
});
