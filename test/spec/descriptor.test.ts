import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseDescriptor } from '../../src/spec/descriptor.js';
import { digestOf } from '../../src/spec/digest.js';

const base = { mediaType: 'text/plain', digest: digestOf(Buffer.from('x')), size: 1 };

test('what is null counts as absent, as it does for tools written in Go', () => {
  const nulls = { platform: null, annotations: null, artifactType: null, urls: null };
  assert.deepEqual(parseDescriptor({ ...base, ...nulls }, 'it'), base);
});

test('what is known is kept, in fresh objects, and the rest is left out', () => {
  const known = {
    ...base,
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    annotations: { ['__proto__']: 'x', a: 'b' },
    artifactType: 'application/vnd.example',
    urls: ['https://a.test/x'],
  };
  const parsed = parseDescriptor({ ...known, data: 'eA==', other: 1 }, 'it');
  assert.deepEqual(parsed, known);
  assert.notEqual(parsed.annotations, known.annotations);
});

const wrong: readonly [key: string, value: unknown][] = [
  ['mediaType', 'plain'],
  ['mediaType', 'a/b; c=d'],
  ['digest', 'sha256:x'],
  ['size', 2 ** 53],
  ['size', '1'],
  ['artifactType', 7],
  ['platform', 'linux/amd64'],
  ['annotations', { a: 1 }],
];

for (const [key, value] of wrong) {
  test(`a descriptor whose ${key} is ${JSON.stringify(value)} is refused by that name`, () => {
    assert.throws(() => parseDescriptor({ ...base, [key]: value }, 'layers[0]'), {
      code: 'INVALID_MANIFEST',
      message: new RegExp(`^layers\\[0\\]\\.${key}`),
    });
  });
}
