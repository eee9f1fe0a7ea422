import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseTagPattern } from '../../../src/operations/sync/tag-pattern.js';

const TAGS = [
  '3',
  '3.18',
  '3.18.2',
  '3.20.1',
  'v3.19.0',
  '3.21.0-rc1',
  '4.0.0',
  'edge',
  'edge-slim',
  'latest',
];

function chosen(pattern: string): readonly string[] {
  return TAGS.filter(parseTagPattern(pattern));
}

test('a glob is for the whole tag, and its dot is a dot', () => {
  assert.deepEqual(chosen('3.18*'), ['3.18', '3.18.2']);
  assert.deepEqual(chosen('edge'), ['edge']);
  assert.deepEqual(chosen('?'), ['3']);
  assert.deepEqual(chosen('3x18'), []);
});

test('a regular expression stands between slashes, and is not anchored', () => {
  assert.deepEqual(chosen('/^edge/'), ['edge', 'edge-slim']);
  assert.deepEqual(chosen('/\\.0$/'), ['v3.19.0', '4.0.0']);
});

test('a range takes versions only, short ones too, and pre-releases only when asked', () => {
  assert.deepEqual(chosen('semver:>=3.18 <4'), ['3.18', '3.18.2', '3.20.1', 'v3.19.0']);
  assert.deepEqual(chosen('semver:>=3.21.0-0'), ['3.21.0-rc1', '4.0.0']);
  assert.deepEqual(chosen('semver:~3'), ['3', '3.18', '3.18.2', '3.20.1', 'v3.19.0']);
});

test('a pattern that is none is refused', () => {
  for (const text of ['/(/', 'semver:newest'])
    assert.throws(() => parseTagPattern(text), { code: 'INVALID_CONFIG' });
});
