import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseNamePattern, parseNamePatterns } from '../../../src/operations/listing/name-pattern.js';

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

const OPTIONS = { code: 'INVALID_CONFIG' } as const;

async function chosen(pattern: string): Promise<readonly string[]> {
  return TAGS.filter(await parseNamePattern(pattern, OPTIONS));
}

test('a glob is for the whole tag, and its dot is a dot', async () => {
  assert.deepEqual(await chosen('3.18*'), ['3.18', '3.18.2']);
  assert.deepEqual(await chosen('edge'), ['edge']);
  assert.deepEqual(await chosen('?'), ['3']);
  assert.deepEqual(await chosen('3x18'), []);
});

test('a regular expression stands between slashes, and is not anchored', async () => {
  assert.deepEqual(await chosen('/^edge/'), ['edge', 'edge-slim']);
  assert.deepEqual(await chosen('/\\.0$/'), ['v3.19.0', '4.0.0']);
});

test('a range takes versions only, short ones too, and pre-releases only when asked', async () => {
  assert.deepEqual(await chosen('semver:>=3.18 <4'), ['3.18', '3.18.2', '3.20.1', 'v3.19.0']);
  assert.deepEqual(await chosen('semver:>=3.21.0-0'), ['3.21.0-rc1', '4.0.0']);
  assert.deepEqual(await chosen('semver:~3'), ['3', '3.18', '3.18.2', '3.20.1', 'v3.19.0']);
});

test('a glob takes no time worth speaking of, and says what a regular expression would', async () => {
  const globs: readonly (readonly [string, RegExp])[] = [
    ['*', /^.*$/],
    ['a*b*c', /^a.*b.*c$/],
    ['*.*.', /^.*\..*\.$/],
    ['??*', /^...*$/],
    ['**a', /^.*a$/],
    ['a[b]', /^a\[b\]$/],
  ];
  const names = ['', 'a', 'ab', 'abc', 'aXbXc', 'abcb', 'a[b]', '1.2.', '1.2', 'ba'];
  for (const [glob, expression] of globs) {
    const matches = await parseNamePattern(glob, OPTIONS);
    for (const name of names) assert.equal(matches(name), expression.test(name), `${glob} ${name}`);
  }
  const slow = await parseNamePattern(`${'*a'.repeat(60)}b`, OPTIONS);
  assert.equal(slow('a'.repeat(128)), false);
});

test('what is longer than a tag can be is not looked at', async () => {
  const [tag, repository] = await Promise.all([
    parseNamePattern('/^a+$/', OPTIONS),
    parseNamePattern('/^a+$/', { ...OPTIONS, maxLength: 255 }),
  ]);
  assert.deepEqual([tag('a'.repeat(128)), tag('a'.repeat(129))], [true, false]);
  assert.equal(repository('a'.repeat(255)), true);
});

test('of several patterns one has to fit, and of none every name does', async () => {
  assert.deepEqual(TAGS.filter(await parseNamePatterns(['4*', 'latest'], OPTIONS)), ['4.0.0', 'latest']);
  assert.deepEqual(TAGS.filter(await parseNamePatterns([], OPTIONS)), TAGS);
});

test('a pattern that is none is refused, in the way that is asked for', async () => {
  for (const text of ['/(/', 'semver:newest'])
    for (const code of ['INVALID_CONFIG', 'INVALID_ARGUMENT'] as const)
      await assert.rejects(parseNamePattern(text, { code }), { code });
});
