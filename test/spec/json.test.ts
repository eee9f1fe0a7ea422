import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RegError } from '../../src/errors.js';
import { parseJson, parseJsonObject, refuseTwins } from '../../src/spec/json.js';

function parse(text: string | Uint8Array): unknown {
  return parseJson(Buffer.from(text), { what: 'the file', code: 'INVALID_CONFIG' });
}

function messageFor(text: string | Uint8Array): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof RegError && error.code === 'INVALID_CONFIG', String(error));
    return error.message;
  }
  return assert.fail('it was taken');
}

test('JSON is read as JSON.parse does, a byte order mark before it or not', () => {
  const value = { a: [1, 'x', null, { b: true }], __proto__: null };
  const text = JSON.stringify(value, undefined, 2);
  assert.deepEqual(parse(text), JSON.parse(text));
  assert.deepEqual(parse(`\ufeff${text}`), JSON.parse(text));
});

const faults: readonly [title: string, text: string | Uint8Array, message: string][] = [
  ['is empty', ' \n', 'the file is not JSON: it is empty'],
  ['has a wrong character', '{\n  "secret": }', 'the file is not JSON: line 2, column 13'],
  ['has a wrong word', '{"a":\r\n\thunter2}', 'the file is not JSON: line 2, column 2'],
  [
    'is cut off in a string',
    '{\n"auth": "aHVudGVyMg',
    'the file is not JSON: it is cut off at line 2, column 20',
  ],
  ['is cut off behind a line', '{\n"a": 1,\n', 'the file is not JSON: it is cut off at line 3, column 1'],
  ['goes on behind its end', '{} {}', 'the file is not JSON: line 1, column 4'],
  ['has a key twice', '{"a":1,"\\u0061":2}', 'the file has the key "a" twice'],
  [
    'is nested too deep',
    `${'['.repeat(101)}${']'.repeat(101)}`,
    'the file is nested more than 100 levels deep',
  ],
  ['is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'the file is not UTF-8 text'],
];

for (const [title, text, message] of faults) {
  test(`the message for text that ${title} names the place and quotes nothing`, () => {
    assert.equal(messageFor(text), message);
  });
}

test('no cause is kept, for its message could quote the content', () => {
  try {
    parse('{"password": hunter2}');
    assert.fail('it was taken');
  } catch (error) {
    assert.ok(error instanceof RegError && error.cause === undefined);
  }
});

test('a document that must be an object is nothing else', () => {
  for (const text of ['[]', 'null', '"x"', '1']) {
    assert.throws(() => parseJsonObject(Buffer.from(text), { what: 'it' }), {
      code: 'INVALID_MANIFEST',
      message: 'it is not a JSON object',
    });
  }
});

test('keys that differ only by case from one that matters are refused, others are let be', () => {
  refuseTwins({ layers: 1, Other: 2 }, ['layers'], 'it');
  assert.throws(() => refuseTwins({ layers: 1, Layers: 2 }, ['layers'], 'it'), {
    code: 'INVALID_MANIFEST',
    message: 'it has the key "Layers" where "layers" is meant',
  });
});
