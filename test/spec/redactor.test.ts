import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Redactor } from '../../src/spec/redactor.js';

function redactorOf(...secrets: readonly string[]): Redactor {
  const redactor = new Redactor();
  secrets.forEach((secret) => redactor.add(secret));
  return redactor;
}

test('a secret is masked wherever it stands', () => {
  assert.equal(redactorOf('hunter22').redact('user:hunter22, again hunter22.'), 'user:***, again ***.');
});

test('a secret is masked in every form that it travels in', () => {
  const secret = 'p/ss?? "wörd"??';
  const redactor = redactorOf(secret);
  const forms = [
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    encodeURIComponent(secret),
    new URLSearchParams({ password: secret }).toString().slice('password='.length),
    JSON.stringify(secret).slice(1, -1),
  ];
  assert.equal(new Set(forms).size, forms.length, 'two forms are one, and test nothing');
  for (const form of forms) assert.equal(redactor.redact(`<${form}>`), '<***>', form);
});

test('nothing is left over of a secret that holds another', () => {
  assert.equal(redactorOf('pass', 'password').redact('my password'), 'my ***');
});

test('very short secrets would only riddle the text', () => {
  assert.equal(redactorOf('abc', '').redact('abc is the alphabet'), 'abc is the alphabet');
});

test('a secret with a lone surrogate does no harm', () => {
  assert.equal(redactorOf('ab\ud800cd').redact('ab\ud800cd'), '***');
});
