import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseServer } from '../../src/operations/server-name.js';

const names: readonly [text: string, host: string][] = [
  ['ghcr.io', 'ghcr.io'],
  ['https://ghcr.io', 'ghcr.io'],
  ['HTTPS://ghcr.io/', 'ghcr.io'],
  ['https://ghcr.io/v2/', 'ghcr.io'],
  ['localhost', 'localhost'],
  ['localhost:5000/', 'localhost:5000'],
  ['[::1]:5000', '[::1]:5000'],
  ['docker.io', 'docker.io'],
  ['index.docker.io', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
  ['https://index.docker.io/v1/', 'docker.io'],
];

for (const [text, host] of names) {
  test(`${text} names the registry ${host}`, () => assert.equal(parseServer(text), host));
}

for (const text of [
  '',
  'ghcr',
  'ghcr.io/team',
  'me:pw@ghcr.io',
  'ghcr.io:0',
  'a b.test',
  'https://',
  'ghcr.io/v2/x',
]) {
  test(`"${text}" names no registry`, () => {
    assert.throws(() => parseServer(text), {
      code: 'INVALID_ARGUMENT',
      message: /is not the name of a registry$/,
    });
  });
}
