import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseMirrorUrl, placeAt } from '../../src/config/mirror-url.js';

const NGINX = { domain: 'docker.io', path: 'library/nginx' };

function placeOf(text: string, isRoot = false): unknown {
  const url = parseMirrorUrl(text);
  return url && placeAt({ url, isRoot }, NGINX);
}

test('a mirror has the API at /v2, below its path', () => {
  const rest = { path: 'library/nginx', namespace: 'docker.io' };
  assert.deepEqual(placeOf('https://m.example'), {
    host: 'm.example',
    root: 'https://m.example/v2',
    ...rest,
  });
  assert.deepEqual(placeOf('m.example:5000/'), {
    host: 'm.example:5000',
    root: 'https://m.example:5000/v2',
    ...rest,
  });
  assert.deepEqual(placeOf('http://10.0.0.1/us/'), {
    host: '10.0.0.1',
    root: 'http://10.0.0.1/us/v2',
    ...rest,
  });
  assert.deepEqual(placeOf('https://m.example/v2/'), {
    host: 'm.example',
    root: 'https://m.example/v2',
    ...rest,
  });
  assert.deepEqual(placeOf('https://m.example/api', true), {
    host: 'm.example',
    root: 'https://m.example/api',
    ...rest,
  });
});

test('what follows /v2 begins the name of the repository', () => {
  for (const isRoot of [false, true]) {
    assert.deepEqual(placeOf('https://harbor.example/v2/hub-cache', isRoot), {
      host: 'harbor.example',
      path: 'hub-cache/library/nginx',
      root: 'https://harbor.example/v2',
      namespace: 'docker.io',
    });
  }
});

test("the registry's own URL is the registry itself", () => {
  for (const text of ['https://docker.io', 'registry-1.docker.io', 'https://index.docker.io/v2'])
    assert.deepEqual(placeOf(text), { host: 'docker.io', path: 'library/nginx' }, text);
});

test('what is no plain URL of http or https is refused', () => {
  for (const text of [
    '',
    'ftp://m',
    'https://',
    'https://u:p@m',
    'https://m?x=1',
    'https://m#x',
    'https://m:99999',
    'a b',
  ])
    assert.equal(parseMirrorUrl(text), undefined, text);
});
