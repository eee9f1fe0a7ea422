import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { uploadLocation, withDigest } from '../../../src/registry/upload/location.js';
import { digestOf } from '../../../src/spec/digest.js';
import { failsWith } from '../../support/scripted-setup.js';

const DIGEST = digestOf(Buffer.alloc(0));
const POST = 'https://reg.example:8443/v2/app/blobs/uploads/';

suite('an upload goes on', () => {
  const cases: readonly (readonly [name: string, location: string, base: string, url: string])[] = [
    [
      'at an absolute URL',
      'https://reg.example:8443/up/1?_state=x',
      POST,
      'https://reg.example:8443/up/1?_state=x',
    ],
    ['at an absolute path', '/artifacts-uploads/1', POST, 'https://reg.example:8443/artifacts-uploads/1'],
    ['at a relative path', '1?_state=x', POST, 'https://reg.example:8443/v2/app/blobs/uploads/1?_state=x'],
    ['at a host without a scheme', 'reg.example:8443/up/1', POST, 'https://reg.example:8443/up/1'],
    [
      'at the default port that is written out',
      'https://reg.example:443/up',
      'https://reg.example/v2/',
      'https://reg.example/up',
    ],
    ['at https where only http was named', 'http://reg.example:8443/up', POST, 'https://reg.example:8443/up'],
    ['at our port where http had none', 'http://reg.example/up', POST, 'https://reg.example:8443/up'],
    [
      'at https where http and no port was named',
      'http://reg.example/up',
      'https://reg.example/v2/',
      'https://reg.example/up',
    ],
    [
      'at http where we are on http',
      'http://127.0.0.1:5000/up',
      'http://127.0.0.1:5000/v2/',
      'http://127.0.0.1:5000/up',
    ],
  ];
  for (const [name, location, base, url] of cases) {
    test(name, () => assert.equal(uploadLocation(location, new URL(base)).href, url));
  }
});

suite('an upload does not go on', () => {
  const cases: readonly (readonly [name: string, location: string | undefined, message: RegExp])[] = [
    ['without a location', undefined, /reg\.example:8443 .* no Location/],
    ['at an empty location', '', /no Location/],
    [
      'at another host',
      'https://evil.example:8443/up?token=secret',
      /to https:\/\/evil\.example:8443, which is refused$/,
    ],
    ['at another port', 'https://reg.example:9443/up', /refused/],
    ['at another port of http', 'http://reg.example:9443/up', /refused/],
    ['at another host without a scheme of its own', '//evil.example/up', /refused/],
    ['in a file', 'file:///etc/passwd', /refused/],
    ['with a user in the URL', 'https://user:secret@reg.example:8443/up', /not a URL/],
    ['at no URL', 'https://[', /not a URL/],
  ];
  for (const [name, location, message] of cases) {
    test(name, () => {
      assert.throws(() => uploadLocation(location, new URL(POST)), failsWith('PROTOCOL_ERROR', message));
    });
  }
});

test('https is never given up for http', () => {
  const location = uploadLocation('http://reg.example:8443/up', new URL(POST));
  assert.equal(location.protocol, 'https:');
  assert.throws(
    () => uploadLocation('https://127.0.0.1:5000/up', new URL('http://127.0.0.1:5000/v2/')),
    failsWith('PROTOCOL_ERROR'),
  );
});

test('the digest goes behind the query, which stays as it is', () => {
  const encoded = encodeURIComponent(DIGEST);
  const cases = [
    ['https://a.example/up', `https://a.example/up?digest=${encoded}`],
    ['https://a.example/up?', `https://a.example/up?digest=${encoded}`],
    [
      'https://a.example/up?_state=a%2Fb%3D&s=x+y&S=%7e',
      `https://a.example/up?_state=a%2Fb%3D&s=x+y&S=%7e&digest=${encoded}`,
    ],
    ['https://a.example/up?sig=a&#frag', `https://a.example/up?sig=a&digest=${encoded}`],
  ] as const;
  for (const [location, url] of cases) assert.equal(withDigest(new URL(location), DIGEST).href, url);
});
