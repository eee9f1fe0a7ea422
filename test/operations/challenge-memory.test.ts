import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';

import { openChallengeFile } from '../../src/operations/challenge-memory.js';
import { temporaryFolder } from '../support/temp.js';

const REGISTRY = 'https://registry.test/';
const NAMED = { realm: 'https://auth.registry.test/token', service: 'registry.test' };
const DAY = 24 * 3_600_000;

test('What registries name is remembered for a week, in a file that is for its owner alone', async (t) => {
  const file = join(await temporaryFolder(t), 'cache', 'reg', 'challenges.json');
  const memory = openChallengeFile(file, () => DAY);
  assert.equal(await memory.recall(REGISTRY), undefined);
  memory.note(REGISTRY, NAMED);
  memory.note('https://gone.test/', NAMED);
  await memory.save();
  assert.deepEqual(await openChallengeFile(file, () => 7 * DAY).recall(REGISTRY), NAMED);
  assert.equal(await openChallengeFile(file, () => 8 * DAY).recall(REGISTRY), undefined);
  // A clock that was set back makes nothing last longer.
  assert.equal(await openChallengeFile(file, () => 0).recall(REGISTRY), undefined);
  if (platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);

  const other = openChallengeFile(file, () => 2 * DAY);
  other.forget('https://gone.test/');
  await other.save();
  const later = openChallengeFile(file, () => 2 * DAY);
  assert.equal(await later.recall('https://gone.test/'), undefined);
  assert.deepEqual(await later.recall(REGISTRY), NAMED);
  assert.deepEqual(await readdir(dirname(file)), ['challenges.json']);
});

test('A file that makes no sense counts as none, and is replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'challenges.json');
  const bad = [
    '',
    '[]',
    '{"challenges": []}',
    `{"challenges": {"${REGISTRY}": {"realm": 1, "service": "s", "at": 0}}}`,
    `{"challenges": {"${REGISTRY}": {"realm": "r", "service": "s", "at": "0"}}}`,
    'x'.repeat(70_000),
  ];
  for (const text of bad) {
    await writeFile(file, text);
    const memory = openChallengeFile(file, () => 1);
    assert.equal(await memory.recall(REGISTRY), undefined, text.slice(0, 80));
    memory.note(REGISTRY, NAMED);
    await memory.save();
    assert.deepEqual(await openChallengeFile(file, () => 1).recall(REGISTRY), NAMED);
  }
});

test('It stays small, and a place that cannot be written to is no error', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'challenges.json');
  for (let at = 0; at < 60; at += 30) {
    const memory = openChallengeFile(file, () => at);
    for (let count = at; count < at + 30; count++) memory.note(`https://r${count}.test/`, NAMED);
    await memory.save();
  }
  assert.equal(Object.keys(JSON.parse(await readFile(file, 'utf8')).challenges).length, 50);
  await mkdir(join(folder, 'is-a-folder'));
  const nowhere = openChallengeFile(join(folder, 'is-a-folder'));
  nowhere.note(REGISTRY, NAMED);
  await nowhere.save();
});
