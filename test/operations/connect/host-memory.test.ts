import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';

import { openHostMemory } from '../../../src/operations/connect/host-memory.js';
import { temporaryFolder } from '../../support/temp.js';

const REGISTRY = 'https://registry.test/';
const NAMED = { realm: 'https://auth.registry.test/token', service: 'registry.test' };
const DAY = 24 * 3_600_000;

test('What registries name is remembered for a week, in a file that is for its owner alone', async (t) => {
  const file = join(await temporaryFolder(t), 'cache', 'reg', 'hosts.json');
  const memory = openHostMemory(file, () => DAY);
  assert.equal(await memory.recall(REGISTRY), undefined);
  memory.note(REGISTRY, NAMED);
  memory.note('https://gone.test/', NAMED);
  await memory.save();
  assert.deepEqual(await openHostMemory(file, () => 7 * DAY).recall(REGISTRY), NAMED);
  assert.equal(await openHostMemory(file, () => 8 * DAY).recall(REGISTRY), undefined);
  // A clock that was set back makes nothing last longer.
  assert.equal(await openHostMemory(file, () => 0).recall(REGISTRY), undefined);
  if (platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);

  const other = openHostMemory(file, () => 2 * DAY);
  other.forget('https://gone.test/');
  await other.save();
  const later = openHostMemory(file, () => 2 * DAY);
  assert.equal(await later.recall('https://gone.test/'), undefined);
  assert.deepEqual(await later.recall(REGISTRY), NAMED);
  assert.deepEqual(await readdir(dirname(file)), ['hosts.json']);
});

test('A host of this machine is remembered as long as it speaks plain http', async (t) => {
  const file = join(await temporaryFolder(t), 'hosts.json');
  const memory = openHostMemory(file);
  memory.notePlain('localhost:5000', true);
  memory.note('http://localhost:5000/', NAMED);
  await memory.save();
  const later = openHostMemory(file);
  assert.equal(await later.isPlain('localhost:5000'), true);
  assert.equal(await later.isPlain('localhost:5001'), false);
  assert.equal(await later.recall('localhost:5000'), undefined);
  later.notePlain('localhost:5000', false);
  await later.save();
  assert.equal(await openHostMemory(file).isPlain('localhost:5000'), false);
});

test('A file that makes no sense counts as none, and is replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'hosts.json');
  const bad = [
    '',
    '[]',
    '{"hosts": []}',
    `{"hosts": {"${REGISTRY}": {"realm": 1, "service": "s", "at": 0}}}`,
    `{"hosts": {"${REGISTRY}": {"realm": "r", "service": "s", "at": "0"}}}`,
    'x'.repeat(70_000),
  ];
  for (const text of bad) {
    await writeFile(file, text);
    const memory = openHostMemory(file, () => 1);
    assert.equal(await memory.recall(REGISTRY), undefined, text.slice(0, 80));
    memory.note(REGISTRY, NAMED);
    await memory.save();
    assert.deepEqual(await openHostMemory(file, () => 1).recall(REGISTRY), NAMED);
  }
});

test('It stays small, and a place that cannot be written to is no error', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'hosts.json');
  for (let at = 0; at < 60; at += 30) {
    const memory = openHostMemory(file, () => at);
    for (let count = at; count < at + 30; count++) memory.note(`https://r${count}.test/`, NAMED);
    await memory.save();
  }
  assert.equal(Object.keys(JSON.parse(await readFile(file, 'utf8')).hosts).length, 50);
  await mkdir(join(folder, 'is-a-folder'));
  const nowhere = openHostMemory(join(folder, 'is-a-folder'));
  nowhere.note(REGISTRY, NAMED);
  await nowhere.save();
});
