import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseResolveRule } from '../../../src/cli/flags/resolve-rule.js';

test('A rule for connecting elsewhere is read, with a port and IPv6 addresses in brackets where there are some', () => {
  assert.deepEqual(parseResolveRule('registry-1.docker.io:443:127.0.0.1'), {
    host: 'registry-1.docker.io',
    port: 443,
    address: '127.0.0.1',
  });
  assert.deepEqual(parseResolveRule('GHCR.io:443:[::1]:8443'), {
    host: 'ghcr.io',
    port: 443,
    address: '::1',
    toPort: 8443,
  });
  assert.deepEqual(parseResolveRule('[::2]:443:10.0.0.1:1'), {
    host: '[::2]',
    port: 443,
    address: '10.0.0.1',
    toPort: 1,
  });
});

test('A rule that leads nowhere is refused', () => {
  for (const text of [
    '',
    'a',
    'a:443',
    'a:443:',
    'a:443:b',
    'a:0:1.2.3.4',
    'a:1:1.2.3.4:0',
    'a:99999:1.2.3.4',
    ':1:1.2.3.4',
    'a:443:::1',
    'a:443:1.2.3.4:5:6',
  ]) {
    assert.throws(() => parseResolveRule(text), /HOST:PORT:ADDRESS/, text);
  }
});
