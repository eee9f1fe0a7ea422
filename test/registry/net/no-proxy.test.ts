import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isExempt } from '../../../src/registry/net/no-proxy.js';

/** A list, URLs that it names, and URLs that it does not. */
const TABLE: readonly (readonly [list: string, named: readonly string[], others: readonly string[]])[] = [
  ['', [], ['https://a.example']],
  ['*', ['https://a.example', 'http://10.0.0.1:5000', 'https://[2001:db8::1]'], []],
  [
    'example.com',
    ['https://example.com', 'https://a.b.example.com:5000', 'https://EXAMPLE.com.'],
    ['https://badexample.com', 'https://example.com.evil.test', 'https://com'],
  ],
  [
    '.example.com',
    ['https://a.example.com', 'https://a.b.example.com'],
    ['https://example.com', 'https://aexample.com'],
  ],
  ['*.example.com', ['https://a.example.com'], ['https://example.com']],
  ['Example.COM.', ['https://a.example.com', 'https://example.com'], ['https://example.org']],
  ['a.test, b.test\tc.test', ['https://a.test', 'https://b.test', 'https://c.test'], ['https://d.test']],
  [
    'example.com:5000',
    ['https://example.com:5000', 'https://a.example.com:5000'],
    ['https://example.com', 'https://example.com:5001'],
  ],
  ['example.com:443', ['https://example.com'], ['http://example.com']],
  [
    '10.0.0.1',
    ['https://10.0.0.1', 'http://10.0.0.1:5000', 'https://[::ffff:10.0.0.1]'],
    ['https://10.0.0.2'],
  ],
  ['10.0.0.1:5000', ['http://10.0.0.1:5000'], ['http://10.0.0.1']],
  ['::ffff:10.0.0.1', ['https://10.0.0.1', 'https://[::ffff:a00:1]'], ['https://10.0.0.2']],
  ['10.0.0.0/8', ['https://10.9.8.7', 'https://[::ffff:10.9.8.7]:5000'], ['https://11.0.0.1', 'https://a.b']],
  ['::ffff:10.0.0.0/104', ['https://10.9.8.7'], ['https://11.0.0.1']],
  ['2001:DB8::1', ['https://[2001:db8:0::1]:5000'], ['https://[2001:db8::2]']],
  ['[2001:db8::1]', ['https://[2001:db8::1]'], ['https://[2001:db8::2]']],
  ['[2001:db8::1]:5000', ['https://[2001:db8::1]:5000'], ['https://[2001:db8::1]']],
  ['2001:db8::/32', ['https://[2001:db8:1::1]'], ['https://[2001:db9::1]', 'https://10.0.0.1']],
  // No rule, so nobody is let past the proxy by mistake.
  [
    '10.0.0.0/33, 10.0.0.0/x, 10.0.0.0/-1, fe80::1%eth0, ://, 0.1',
    [],
    ['https://10.0.0.1', 'https://[fe80::1]'],
  ],
];

for (const [list, named, others] of TABLE) {
  test(`NO_PROXY="${list}" names ${named.join(' ') || 'nobody'}`, () => {
    for (const url of named) assert.equal(isExempt(new URL(url), list), true, url);
    for (const url of others) assert.equal(isExempt(new URL(url), list), false, url);
  });
}
