import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isRepositoryName, isTag, parseRoute } from '../../src/server/router.js';

test('each path of the specification leads to its resource', () => {
  const paths: readonly (readonly [string, object])[] = [
    ['/v2', { kind: 'base' }],
    ['/v2/', { kind: 'base' }],
    ['/v2/_catalog', { kind: 'catalog' }],
    ['/v2/app/tags/list', { kind: 'tags', name: 'app', reference: '' }],
    ['/v2/a/b/manifests/v1', { kind: 'manifest', name: 'a/b', reference: 'v1' }],
    ['/v2/app/blobs/sha256:00', { kind: 'blob', name: 'app', reference: 'sha256:00' }],
    ['/v2/app/referrers/sha256:00', { kind: 'referrers', name: 'app', reference: 'sha256:00' }],
    ['/v2/app/blobs/uploads/', { kind: 'uploads', name: 'app', reference: '' }],
    ['/v2/app/blobs/uploads', { kind: 'uploads', name: 'app', reference: '' }],
    ['/v2/app/blobs/uploads/1-2', { kind: 'upload', name: 'app', reference: '1-2' }],
  ];
  for (const [path, route] of paths) assert.deepEqual(parseRoute(path), route, path);
});

test('a repository may be called like a part of the API', () => {
  assert.deepEqual(parseRoute('/v2/tags/list/tags/list'), { kind: 'tags', name: 'tags/list', reference: '' });
  assert.deepEqual(parseRoute('/v2/manifests/blobs/manifests/v1'), {
    kind: 'manifest',
    name: 'manifests/blobs',
    reference: 'v1',
  });
});

test('a colon may be escaped, a slash may not', () => {
  assert.deepEqual(parseRoute('/v2/app/blobs/sha256%3A00'), {
    kind: 'blob',
    name: 'app',
    reference: 'sha256:00',
  });
  assert.equal(parseRoute('/v2/app%2Fother/tags/list'), undefined);
  assert.equal(parseRoute('/v2/app/manifests/..%2F..%2Fetc'), undefined);
  assert.equal(parseRoute('/v2/app/manifests/%E0%A4%A'), undefined);
});

test('other paths lead nowhere', () => {
  for (const path of [
    '',
    '/',
    '/v1/',
    '/v2x',
    '//v2/',
    '/v2//',
    '/v2/app',
    '/v2/app/tags',
    '/v2/app/manifests',
    '/v2/app/list',
    '*',
  ]) {
    assert.equal(parseRoute(path), undefined, path);
  }
});

test('the name of a repository follows the grammar, and no dots lead out of it', () => {
  for (const name of ['app', 'a/b/c', 'a.b', 'a_b', 'a__b', 'a--b', '0', 'a'.repeat(255)]) {
    assert(isRepositoryName(name), name);
  }
  for (const name of [
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '..',
    'a/../b',
    '.a',
    'A',
    'a_',
    'a...b',
    'a b',
    'a'.repeat(256),
  ]) {
    assert(!isRepositoryName(name), name);
  }
});

test('a tag has at most 128 characters and does not begin with a dot or dash', () => {
  for (const tag of ['v1', '_', '1.0-rc.1', 'A'.repeat(128)]) assert(isTag(tag), tag);
  for (const tag of ['', '.a', '-a', 'a:b', 'a/b', 'a\n', 'a'.repeat(129)]) assert(!isTag(tag), tag);
});
