import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Digester, digestOf, hexOf, isDigest, parseDigest, shortDigest } from '../../src/spec/digest.js';

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('a digest of either algorithm is read as it is', () => {
  for (const text of [EMPTY, `sha512:${'a'.repeat(128)}`]) assert.equal(parseDigest(text), text);
});

const wrong = [
  '',
  'sha256',
  'sha256:',
  'sha256:abc',
  `sha256:${'g'.repeat(64)}`,
  EMPTY.toUpperCase(),
  EMPTY.replace('e3', 'E3'),
  `${EMPTY}\n`,
  `${EMPTY}00`,
  `sha512:${'a'.repeat(64)}`,
  `md5:${'a'.repeat(32)}`,
  'sha256:../../../../etc/passwd',
  `sha256:${'a'.repeat(100_000)}`,
];

for (const text of wrong) {
  test(`${JSON.stringify(text.slice(0, 80))} is no digest`, () => {
    assert.equal(isDigest(text), false);
    assert.throws(() => parseDigest(text), { name: 'RegError', code: 'INVALID_DIGEST' });
  });
}

test('bytes hash the same whole and in pieces', () => {
  assert.equal(digestOf(new Uint8Array()), EMPTY);
  const digester = new Digester('sha512');
  for (const part of ['a', '', 'bc']) digester.update(Buffer.from(part));
  assert.equal(digester.size, 3);
  assert.equal(digester.digest(), digestOf(Buffer.from('abc'), 'sha512'));
});

test('its parts can be taken out', () => {
  assert.equal(hexOf(parseDigest(EMPTY)), EMPTY.slice('sha256:'.length));
  assert.equal(shortDigest(parseDigest(EMPTY)), 'sha256:e3b0c44298fc');
});
