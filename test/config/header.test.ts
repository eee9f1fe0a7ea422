import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseHeaders } from '../../src/config/header.js';
import { failsWith } from '../support/scripted-setup.js';

test('headers are written as curl takes them, or as NAME=VALUE', () => {
  assert.deepEqual(parseHeaders(['X-Team: red', 'X-Job=a:b=c', 'x-empty:', 'X-TEAM: blue']), {
    'x-team': 'blue',
    'x-job': 'a:b=c',
    'x-empty': '',
  });
});

for (const line of [
  '',
  'X-Team',
  ': red',
  'X Team: red',
  'X-Team: red\r\nHost: evil',
  'X-Team: red\nx',
  'X-Täm: red',
  'X-Team: rot\u0000',
]) {
  test(`${JSON.stringify(line)} is not a valid header, and its value is not shown`, () => {
    assert.throws(
      () => parseHeaders([line]),
      (error) => failsWith('INVALID_ARGUMENT', /^invalid --header/)(error) && !/red|evil/.test(String(error)),
    );
  });
}

for (const name of [
  'Authorization',
  'host',
  'Content-Length',
  'TRANSFER-ENCODING',
  'cookie',
  'Proxy-Authorization',
  'Range',
  'user-agent',
  'Accept',
]) {
  test(`${name} is not for --header to set`, () => {
    assert.throws(
      () => parseHeaders([`${name}: secret`]),
      (error) =>
        failsWith('INVALID_ARGUMENT', /reg does that itself/)(error) && !/secret/.test(String(error)),
    );
  });
}
