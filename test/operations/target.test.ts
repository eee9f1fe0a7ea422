import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseTarget } from '../../src/operations/target.js';
import { formatReference } from '../../src/spec/reference.js';

test('what has a path or no dot is an image, and every other name a registry', () => {
  for (const [text, host, image] of [
    ['ghcr.io', 'ghcr.io', undefined],
    ['https://ghcr.io/v2/', 'ghcr.io', undefined],
    ['docker.io', 'docker.io', undefined],
    ['index.docker.io', 'docker.io', undefined],
    ['localhost', 'localhost', undefined],
    ['localhost:5000', 'localhost:5000', undefined],
    ['127.0.0.1:5000', '127.0.0.1:5000', undefined],
    ['[::1]:5000', '[::1]:5000', undefined],
    ['app:5000/', 'app:5000', undefined],
    ['nginx', 'docker.io', 'docker.io/library/nginx:latest'],
    ['alpine:3', 'docker.io', 'docker.io/library/alpine:3'],
    ['ubuntu:24.04', 'docker.io', 'docker.io/library/ubuntu:24.04'],
    ['me/app', 'docker.io', 'docker.io/me/app:latest'],
    ['ghcr.io/owner/app:1.0', 'ghcr.io', 'ghcr.io/owner/app:1.0'],
    ['localhost:5000/app', 'localhost:5000', 'localhost:5000/app:latest'],
  ] as const) {
    const target = parseTarget(text);
    assert.equal(target.host, host, text);
    assert.equal(target.image && formatReference(target.image), image, text);
  }
});

test('what is neither is refused', () => {
  for (const text of ['', 'UPPER', 'a//b', 'user:password@ghcr.io', 'ghcr.io:99999', 'a b.c'])
    assert.throws(() => parseTarget(text), /./, text);
});
