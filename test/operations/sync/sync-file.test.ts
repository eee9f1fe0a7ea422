import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { RegError } from '../../../src/errors.js';
import { readSyncFile } from '../../../src/operations/sync/sync-file.js';
import { temporaryFolder } from '../../support/temp.js';

test('a file says what is to be where', async (t) => {
  const file = join(await temporaryFolder(t), 'mirror.yaml');
  await writeFile(
    file,
    `
images:
  - source: alpine
    tags: ["3.*", "semver:>=3"]
    to: [registry.local/mirror/alpine, ghcr.io/me/alpine]
    platforms: linux/arm64
    referrers: true
  - { source: "nginx:1", to: "registry.local/nginx:stable" }
`,
  );
  const [alpine, nginx] = await readSyncFile(file);
  assert.deepEqual(alpine?.source, { domain: 'docker.io', path: 'library/alpine' });
  assert.deepEqual(alpine.tags, ['3.*', 'semver:>=3']);
  assert.deepEqual(['3.1', '4.0', 'edge'].map(alpine.isMeant), [true, true, false]);
  assert.deepEqual(
    alpine.destinations.map(({ domain }) => domain),
    ['registry.local', 'ghcr.io'],
  );
  assert.deepEqual(alpine.platforms, [{ os: 'linux', architecture: 'arm64' }]);
  assert.equal(alpine.referrers, true);
  assert.deepEqual(nginx?.destinations, [{ domain: 'registry.local', path: 'nginx', tag: 'stable' }]);
});

test('what is wrong in a file is named with its place', async (t) => {
  const file = join(await temporaryFolder(t), 'mirror.yaml');
  const cases: readonly (readonly [string, string])[] = [
    ['images: [', 'is not valid YAML in line 1'],
    ['', 'has no list "images"'],
    ['images: [1]', 'images[0] is not a map'],
    ['images: [{source: a}]', 'needs "source" and "to"'],
    ['images: [{source: a, to: b, tag: c}]', 'has the unknown key "tag"'],
    ['images: [{source: a, to: b, tags: [3.20]}]', '"tags" is not a string'],
    ['images: [{source: "a:1", to: b, tags: "2"}]', 'a source that names one image'],
    ['images: [{source: a, to: "b:1"}]', '"to" names one image'],
    ['images: [{source: a, to: b, referrers: "yes"}]', 'neither true nor false'],
    ['x: &x [1]\nimages: [*x]', 'is not valid YAML'],
  ];
  for (const [text, says] of cases) {
    await writeFile(file, text);
    await assert.rejects(readSyncFile(file), (error) => {
      assert(error instanceof RegError && error.code === 'INVALID_CONFIG', String(error));
      assert.ok(error.message.includes(says), error.message);
      return true;
    });
  }
  await assert.rejects(readSyncFile(`${file}.none`), { code: 'NOT_FOUND' });
});
