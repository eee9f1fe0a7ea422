import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { arch, platform, versions } from 'node:process';
import { test } from 'node:test';

import { useCodeCache } from '../../src/cli/code-cache.js';
import { processIo } from '../../src/cli/io.js';
import { createPerson, succeeded, type Person } from '../support/person.js';
import type { RegOptions } from '../support/reg.js';
import { temporaryFolder } from '../support/temp.js';

async function code(me: Person): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const cache = join(me.home, '.cache', 'reg');
  const [name = ''] = await readdir(cache);
  const folder = join(cache, name);
  return { folder, files: (await readdir(folder)).sort() };
}

/** Without the cache that the tests share: a relative folder, which anybody may have made, counts for nothing. */
const OWN = { env: { NODE_COMPILE_CACHE: 'code' } };

async function ref(me: Person, options: RegOptions = OWN): Promise<void> {
  assert.match(succeeded(await me.reg(['ref', 'nginx'], options)).stdout, /docker\.io\/library\/nginx/);
}

test('What V8 made of a command is kept by its second run, and counts only as long as it is whole', async (t) => {
  const me = await createPerson(t);
  await me.fails(2, ['ref', '!'], OWN);
  await assert.rejects(code(me), { code: 'ENOENT' }, 'a command that fails keeps nothing');
  await ref(me);
  assert.deepEqual((await code(me)).files, []);
  await ref(me);
  const { folder, files } = await code(me);
  assert.ok(files.includes('ref-program.cjs'), files.join());

  const file = join(folder, 'ref-program.cjs');
  const kept = await readFile(file);
  const { ino } = await stat(file);
  await ref(me);
  assert.equal((await stat(file)).ino, ino, 'what is good is not written again');
  for (const broken of [kept.fill(0, 5000, 6000), kept.subarray(0, 3000), Buffer.alloc(0)]) {
    await writeFile(file, broken);
    await ref(me);
    assert.ok((await readFile(file)).length > 10_000);
  }
  assert.deepEqual((await code(me)).files, files, 'nothing else is left');
});

test(
  'Code from a directory that others can write to is neither run nor kept',
  { skip: platform === 'win32' },
  async (t) => {
    const me = await createPerson(t);
    await ref(me);
    const { folder } = await code(me);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    await chmod(folder, 0o777);
    await ref(me);
    assert.deepEqual((await code(me)).files, []);
  },
);

test('It is kept where NODE_COMPILE_CACHE says, and nowhere when it is not wanted', async (t) => {
  const me = await createPerson(t);
  const folder = join(me.home, 'code');
  for (const env of [
    { NODE_COMPILE_CACHE: folder, NODE_DISABLE_COMPILE_CACHE: '1' },
    { NODE_COMPILE_CACHE: folder },
    { NODE_COMPILE_CACHE: folder },
  ])
    await ref(me, { env });
  const files = await readdir(folder, { recursive: true });
  assert.ok(
    files.some((file) => basename(file) === 'ref-program.cjs'),
    files.join(),
  );
  assert.deepEqual(await readdir(me.home), ['code']);
});

test('A file that could not be loaded is loaded when it is asked for again', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, `code-${versions.node}-${arch}`), { mode: 0o700 });
  await writeFile(join(folder, 'first.cjs'), "exports.ask = () => require('./second.cjs').answer;");
  const require = createRequire(import.meta.url);
  const before = require.extensions['.cjs'];
  t.after(() => (require.extensions['.cjs'] = before));
  useCodeCache({ ...processIo(), env: { NODE_COMPILE_CACHE: folder } });
  const { ask }: { readonly ask: () => unknown } = require(join(folder, 'first.cjs'));
  assert.throws(ask, { code: 'ENOENT' });
  await writeFile(join(folder, 'second.cjs'), "exports.answer = 'here';");
  assert.equal(ask(), 'here');
});
