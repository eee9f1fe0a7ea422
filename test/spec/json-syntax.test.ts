import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { findSyntaxFault } from '../../src/spec/json-syntax.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The fault is where the mark stands in each. */
const FAULTS = [
  '{"a":"x"‸',
  '{"a":‸',
  '{"a":"x‸',
  '{"a":"x‸\\',
  '{"a":‸}',
  '{"a" ‸1}',
  '{"a":1,‸}',
  '{‸a:1}',
  '[1,‸]',
  '[1 ‸2]',
  '[0‸1]',
  '[1‸.]',
  '[‸-]',
  '[‸tru]',
  '[true‸false]',
  '["a"‸:1]',
  '{"a":[1‸}}',
  '{}‸{}',
  '{} ‸\u00a0',
  '‸]',
  '["‸\n"]',
  '["‸\\q"]',
  '["‸\\u12g4"]',
  "[‸'a']",
  '[1]‸,',
  `${'['.repeat(200_000)}‸`,
];

for (const marked of FAULTS) {
  test(`the fault of ${JSON.stringify(marked.slice(0, 20))} is at the mark`, () => {
    const text = marked.replace('‸', '');
    assert.ok(!isJson(text));
    assert.equal(findSyntaxFault(text), marked.indexOf('‸'));
  });
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\n',
  ' ',
  '\u0001',
  '\u2028',
  '0',
  '-',
  '.',
  'e',
  'u',
  'null',
];

test('what JSON.parse takes has no fault, and what it refuses has one', () => {
  const json = fc
    .json()
    .chain((text) => fc.constantFrom(text, JSON.stringify(JSON.parse(text), undefined, '\t')));
  const almostJson = fc
    .tuple(json, fc.nat(), fc.nat({ max: 2 }), fc.constantFrom('', ...PIECES))
    .map(([text, position, removed, added]) => {
      const at = position % (text.length + 1);
      return text.slice(0, at) + added + text.slice(at + removed);
    });
  fc.assert(
    fc.property(fc.oneof(json, almostJson, fc.string()), (text) => {
      assert.equal(findSyntaxFault(text) === undefined, isJson(text));
    }),
    { numRuns: 2000 },
  );
});
