import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { readTokenServices, rememberTokenServices } from '../../src/credentials/token-services.js';
import { thisProcess } from '../layout/stores.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

async function settings(scope: Scope, text?: string): Promise<string> {
  const file = join(await temporaryFolder(scope), 'settings.json');
  if (text !== undefined) await writeFile(file, text);
  return file;
}

test('nobody is agreed to where there is no file, or nothing in it', async (t) => {
  assert.deepEqual(await readTokenServices(await settings(t)), new Map());
  assert.deepEqual(await readTokenServices(await settings(t, '{"other":1}')), new Map());
});

test('what is remembered is read again, beside what was there', async (t) => {
  const file = await settings(t, '{"other":[1],"tokenServices":{"a.test":["auth.test"]}}');
  await rememberTokenServices(file, { registry: 'b.test:5000', hosts: ['x.test', 'y.test:1'] }, thisProcess);
  assert.deepEqual(
    await readTokenServices(file),
    new Map([
      ['a.test', ['auth.test']],
      ['b.test:5000', ['x.test', 'y.test:1']],
    ]),
  );
  assert.match(await readFile(file, 'utf8'), /"other": \[\s*1\s*\]/);
  assert.deepEqual(await readdir(join(file, '..')), ['settings.json']);
});

test('a registry whose login leads elsewhere now is no longer agreed to be at the old place', async (t) => {
  const file = await settings(t);
  for (const host of ['old.test', 'new.test'])
    await rememberTokenServices(file, { registry: 'a.test', hosts: [host] }, thisProcess);
  assert.deepEqual(await readTokenServices(file), new Map([['a.test', ['new.test']]]));
});

test('many who remember at once lose nothing', async (t) => {
  const file = await settings(t);
  const names = Array.from({ length: 10 }, (_, n) => `r${n}.test`);
  await Promise.all(
    names.map((registry) => rememberTokenServices(file, { registry, hosts: ['auth.test'] }, thisProcess)),
  );
  assert.deepEqual([...(await readTokenServices(file)).keys()].sort(), names);
});

for (const value of [
  '[]',
  '"auth.test"',
  '{"a.test":"auth.test"}',
  '{"a.test":[1]}',
  '{"a.test":{"0":"x"}}',
]) {
  test(`services that are ${value} are refused, and the file is left as it is`, async (t) => {
    const text = `{"tokenServices":${value}}`;
    const file = await settings(t, text);
    const refusal = { code: 'INVALID_CONFIG', message: /tokenServices/ };
    await assert.rejects(readTokenServices(file), refusal);
    if (!value.startsWith('{')) {
      const change = rememberTokenServices(file, { registry: 'b.test', hosts: [] }, thisProcess);
      await assert.rejects(change, refusal);
      assert.equal(await readFile(file, 'utf8'), text);
    }
  });
}
