import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RegError } from '../../src/errors.js';
import { formatUrl, mayCarry } from '../../src/registry/origin.js';

function carries(
  to: string,
  from: string,
  options: { readonly secret?: boolean; readonly plainHttpAuth?: boolean } = {},
): boolean {
  const { secret = true, plainHttpAuth = false } = options;
  return mayCarry(new URL(to), { owner: new URL(from), secret, plainHttpAuth });
}

test('a credential goes to the same scheme, host and port, and nowhere else', () => {
  assert.ok(carries('https://a.example/x?y', 'https://a.example/'));
  assert.ok(carries('https://a.example:443/', 'https://a.example/'));
  assert.ok(carries('https://A.EXAMPLE/', 'https://a.example/'));
  for (const to of [
    'https://a.example:8443/',
    'http://a.example/',
    'http://a.example:443/',
    'https://b.example/',
    'https://a.example.evil/',
    'https://evil-a.example/',
    'https://a.example@evil/',
    'https://a.example./',
  ]) {
    assert.ok(!carries(to, 'https://a.example/'), to);
  }
  assert.ok(!carries('file:///etc/passwd', 'file:///etc/passwd'));
});

test('a secret goes over plain http only to this machine, unless that is allowed', () => {
  assert.ok(carries('http://127.0.0.1:5000/', 'http://127.0.0.1:5000/'));
  assert.ok(carries('http://localhost/', 'http://localhost/'));
  assert.throws(
    () => carries('http://a.example/x?sig=1', 'http://a.example/'),
    (error: RegError) =>
      error.code === 'CREDENTIALS_UNAVAILABLE' &&
      /--plain-http-auth/.test(error.context.hint ?? '') &&
      !/sig/.test(error.context.url ?? ''),
  );
  assert.ok(carries('http://a.example/', 'http://a.example/', { plainHttpAuth: true }));
  assert.ok(carries('http://a.example/', 'http://a.example/', { secret: false }));
});

test('URLs are shown without user, query and fragment', () => {
  assert.equal(formatUrl(new URL('https://u:p@a.example:8443/b/c?sig=1#f')), 'https://a.example:8443/b/c');
});
