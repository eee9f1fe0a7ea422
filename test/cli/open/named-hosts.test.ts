import assert from 'node:assert/strict';
import { test } from 'node:test';

import { namedHosts } from '../../../src/cli/open/named-hosts.js';

test('the registries of a command are those of its references, each once, and no other place is one', () => {
  const places = [
    'store:app',
    'docker-daemon:quay.io/app',
    'oci:app',
    'oci-archive:a.tar',
    '-',
    './app',
    '/a/b',
  ];
  assert.deepEqual(namedHosts(places), []);
  const names = [
    'nginx',
    'docker.io/library/nginx:1',
    'ghcr.io/owner/app@sha256:12',
    'localhost:5000/app',
    ...places,
  ];
  assert.deepEqual(namedHosts(names), ['docker.io', 'localhost:5000']);
});
