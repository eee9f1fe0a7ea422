import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RegError } from '../../src/errors.js';
import { formatEntry, keyFor, keysFor, parseEntry } from '../../src/credentials/auth-entry.js';

const HUB_KEY = 'https://index.docker.io/v1/';

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

test('the Hub is kept under the key that docker has for it, by whatever name it is asked for', () => {
  for (const host of ['docker.io', 'index.docker.io', 'registry-1.docker.io'])
    assert.equal(keyFor(host), HUB_KEY);
  assert.equal(keyFor('ghcr.io'), 'ghcr.io');
  assert.equal(keyFor('localhost:5000'), 'localhost:5000');
});

const meant: readonly [host: string, keys: readonly string[]][] = [
  ['ghcr.io', ['ghcr.io', 'https://ghcr.io', 'http://ghcr.io', 'https://ghcr.io/', 'ghcr.io/v2/', 'GHCR.io']],
  ['ghcr.io', ['ghcr.io:443', 'https://ghcr.io:443/v1/']],
  ['ghcr.io:443', ['ghcr.io:443', 'ghcr.io']],
  ['localhost:5000', ['localhost:5000', 'http://localhost:5000/v1/']],
  ['[::1]:5000', ['[::1]:5000', 'http://[::1]:5000']],
  ['docker.io', [HUB_KEY, 'docker.io', 'index.docker.io', 'registry-1.docker.io', 'https://docker.io/v2/']],
];

for (const [host, keys] of meant) {
  test(`${host} is meant by ${keys.join(' and ')}`, () => {
    for (const key of keys) assert.deepEqual(keysFor(host, ['other.test', key]), [key]);
  });
}

const LOOK_ALIKES: readonly [host: string, keys: readonly string[]][] = [
  [
    'ghcr.io',
    [
      'evil-ghcr.io',
      'ghcr.io.evil.test',
      'sub.ghcr.io',
      'io',
      'hcr.io',
      'ghcr.i',
      'ghcr.io:80',
      'ghcr.io:4430',
      'ghcr.io@evil.test',
      'me@ghcr.io',
      'ghcr.io.',
      'ftp://ghcr.io',
      'https:ghcr.io',
      'https://https://ghcr.io',
      'evil.test/ghcr.io',
      'https://evil.test/https://ghcr.io',
      'ghcr.io\\@evil.test',
      ' ghcr.io',
      '*',
      '',
    ],
  ],
  ['localhost:5000', ['localhost', 'localhost:5001', 'localhost:50000', 'localhost:500', '127.0.0.1:5000']],
  ['docker.io', ['hub.docker.io', 'docker.io:80', 'index.docker.io.evil.test', 'registry-1.docker.com']],
];

for (const [host, keys] of LOOK_ALIKES) {
  test(`${host} is meant by nothing that only looks like it`, () => {
    assert.deepEqual(keysFor(host, keys), []);
    for (const key of keys) assert.deepEqual(keysFor(key, [keyFor(host)]), []);
  });
}

test('of several keys for a host the one that docker writes comes first', () => {
  assert.deepEqual(keysFor('a.test', ['https://a.test', 'a.test', 'a.test/v2/']), [
    'a.test',
    'https://a.test',
    'a.test/v2/',
  ]);
  assert.deepEqual(keysFor('docker.io', ['docker.io', HUB_KEY]), [HUB_KEY, 'docker.io']);
});

const kept: readonly [title: string, entry: unknown, credential: unknown][] = [
  ['auth', { auth: base64('me:pass:word') }, { username: 'me', password: 'pass:word' }],
  ['auth without padding', { auth: base64('me:p').replace(/=+$/, '') }, { username: 'me', password: 'p' }],
  ['auth that is not ASCII', { auth: base64('мы:pä🙂') }, { username: 'мы', password: 'pä🙂' }],
  ['auth with NULs at the end', { auth: base64('me:pw\0\0\0') }, { username: 'me', password: 'pw' }],
  [
    'auth whose password has several lines, as the keys of Google have',
    { auth: base64('_json_key:{\n\t"a": 1\r\n}\n') },
    { username: '_json_key', password: '{\n\t"a": 1\r\n}\n' },
  ],
  ['auth beside an email', { auth: base64('me:pw'), email: 1 }, { username: 'me', password: 'pw' }],
  ['username and password', { username: 'me', password: 'pw' }, { username: 'me', password: 'pw' }],
  [
    'username and password, auth empty',
    { auth: '', username: 'a', password: 'b' },
    { username: 'a', password: 'b' },
  ],
  ['an identity token', { identitytoken: 'it' }, { identityToken: 'it' }],
  [
    'an identity token beside its auth',
    { auth: base64('<token>:'), identitytoken: 'it' },
    { identityToken: 'it', username: '<token>', password: '' },
  ],
  ['a registry token', { registrytoken: 'rt', auth: '' }, { registryToken: 'rt' }],
  ['nothing', {}, undefined],
  ['nothing but null', { auth: null, identitytoken: null }, undefined],
  ['a username alone', { username: 'me' }, undefined],
];

for (const [title, entry, credential] of kept) {
  test(`an entry with ${title} is read as docker does`, () => {
    assert.deepEqual(parseEntry(entry, 'it'), credential);
  });
}

const refused: readonly [title: string, entry: unknown, message: RegExp][] = [
  ['is text', 'secret', /^auths\["a"\] is not an object$/],
  ['is a list', ['secret'], /^auths\["a"\] is not an object$/],
  ['is null', null, /^auths\["a"\] is not an object$/],
  ['has an auth that is a number', { auth: 7 }, /^auths\["a"\]\.auth is not a string$/],
  ['has a password that is a list', { username: 'a', password: ['secret'] }, /\.password is not a string$/],
  ['has an identity token that is true', { identitytoken: true }, /\.identitytoken is not a string$/],
  ['has an auth that is not base64', { auth: 'secret!' }, /^auths\["a"\]\.auth is not base64$/],
  ['has an auth with a line break', { auth: `${base64('secret:x')}\n` }, /is not base64$/],
  [
    'has an auth without a colon',
    { auth: base64('secret') },
    /holds no colon between username and password$/,
  ],
  ['has an auth of 1 MiB', { auth: 'A'.repeat(1024 * 1024) }, /^auths\["a"\]\.auth is too long$/],
  ['has a username with a line break', { auth: base64('sec\r\nret:x') }, /holds control characters$/],
  ['has a username with a NUL', { auth: base64('se\0cret:x\0') }, /holds control characters$/],
  ['has a password with an escape', { auth: base64('secret:\u001b[2J') }, /holds control characters$/],
];

for (const [title, entry, message] of refused) {
  test(`an entry that ${title} is refused, and nothing of it is quoted`, () => {
    assert.throws(
      () => parseEntry(entry, 'auths["a"]'),
      (error) => {
        assert.ok(error instanceof RegError && error.code === 'INVALID_CONFIG', String(error));
        assert.match(error.message, message);
        assert.ok(!error.message.includes('secret') && !error.message.includes('c2Vjc'), error.message);
        return true;
      },
    );
  });
}

test('what is written is read again', () => {
  for (const credential of [
    { username: 'me', password: 'p:w' },
    { username: 'мы', password: '' },
    { identityToken: 'it' },
    { registryToken: 'rt' },
  ]) {
    assert.deepEqual(parseEntry(formatEntry(credential), 'it'), credential);
  }
});
