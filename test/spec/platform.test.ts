import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { hasCode } from '../../src/errors.js';
import {
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  parseIndexPlatform,
  parsePlatform,
} from '../../src/spec/platform.js';

const HOST = { os: 'linux', architecture: 'amd64' };

test('every spelling of a platform has one normal form', () => {
  const forms = {
    'linux/amd64': [
      'linux/amd64',
      'Linux/AMD64',
      'linux/x86_64',
      'linux/x86-64',
      'linux/amd64/v1',
      'linux',
      'amd64',
    ],
    'linux/amd64/v3': ['linux/amd64/v3', 'linux/x86_64/V3'],
    'linux/386': ['linux/386', 'linux/i386', 'i386'],
    'linux/arm64': [
      'linux/arm64',
      'linux/aarch64',
      'linux/arm64/v8',
      'linux/arm64/8',
      'linux/arm64/v8.0',
      'arm64',
    ],
    'linux/arm64/v9': ['linux/arm64/v9', 'linux/arm64/9', 'linux/arm64/v9.0'],
    'linux/arm/v7': ['linux/arm', 'linux/arm/7', 'linux/arm/v7', 'linux/armhf', 'armhf'],
    'linux/arm/v6': ['linux/arm/6', 'linux/armel'],
    'linux/riscv64': ['linux/riscv64', 'riscv64'],
    'darwin/arm64': ['macos/arm64'],
    'windows/amd64': ['windows/amd64', 'windows'],
    'windows(10.0.20348)/amd64': ['windows(10.0.20348)/amd64'],
    'wasip1/wasm': ['wasip1/wasm'],
  };
  for (const [normal, texts] of Object.entries(forms)) {
    for (const text of texts) assert.equal(formatPlatform(parsePlatform(text, HOST)), normal, text);
  }
});

test('what is no platform is refused with examples of what is', () => {
  const wrong = [
    '',
    '/',
    'linux/',
    '/amd64',
    'linux//v7',
    'linux/arm/v7/x',
    'li nux/amd64',
    'linux/*',
    'linux/a\u001b',
  ];
  for (const text of [...wrong, 'amd64/linux', 'pdp11', 'linux()/amd64', 'windows(1)']) {
    assert.throws(
      () => parsePlatform(text, HOST),
      (error) =>
        hasCode(error, 'INVALID_PLATFORM') &&
        error.message.startsWith('invalid platform "') &&
        !/\p{Cc}/u.test(error.message) &&
        /linux\/arm64/.test(error.context.hint ?? ''),
      text,
    );
  }
});

test('half a platform is refused when the other half is not known', () => {
  assert.throws(() => parsePlatform('linux'), { code: 'INVALID_PLATFORM' });
  assert.throws(() => parsePlatform('arm64'), { code: 'INVALID_PLATFORM' });
});

test('the host is named as images name it, and is linux on macOS and Windows', () => {
  const hosts = [
    [{ platform: 'linux', arch: 'x64' }, 'linux/amd64'],
    [{ platform: 'darwin', arch: 'arm64' }, 'linux/arm64'],
    [{ platform: 'win32', arch: 'x64' }, 'linux/amd64'],
    [{ platform: 'linux', arch: 'ia32' }, 'linux/386'],
    [{ platform: 'linux', arch: 'ppc64' }, 'linux/ppc64le'],
    [{ platform: 'linux', arch: 's390x' }, 'linux/s390x'],
    [{ platform: 'linux', arch: 'arm' }, 'linux/arm/v7'],
    [{ platform: 'linux', arch: 'arm', armVersion: '6' }, 'linux/arm/v6'],
    [{ platform: 'freebsd', arch: 'x64' }, 'freebsd/amd64'],
  ] as const;
  for (const [facts, name] of hosts) assert.equal(formatPlatform(hostPlatform(facts)), name);
});

test('the platform of an index entry is copied as it is spelled', () => {
  const given = {
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    'os.features': ['sse4', 1],
    features: [],
  };
  const expected = { os: 'linux', architecture: 'arm64', variant: 'v8', 'os.features': ['sse4'] };
  assert.deepEqual(parseIndexPlatform(given, 'entry'), expected);
  assert.deepEqual(parseIndexPlatform({ variant: '' }, 'entry'), { os: '', architecture: '' });
});

test('the platform of an index entry must be an object of texts', () => {
  const wrong = [
    'linux/amd64',
    [],
    1,
    { os: 1 },
    { os: 'linux', architecture: {} },
    { os: 'linux', OS: 'windows' },
  ];
  for (const value of wrong) {
    assert.throws(() => parseIndexPlatform(value, 'manifests[0]'), {
      code: 'INVALID_MANIFEST',
      message: /^manifests\[0\]\.platform/,
    });
  }
});

test('a normal form is read back as it was', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
  const platforms = fc.record(
    {
      os: fc.oneof(word, fc.constant('windows')),
      architecture: fc.oneof(word, fc.constantFrom('arm', 'arm64', 'amd64', 'armhf', 'aarch64')),
      variant: fc.oneof(word, fc.constantFrom('v1', 'v8', '8', '7', 'v9.0')),
      'os.version': fc.constant('10.0.17763.1'),
    },
    { requiredKeys: ['os', 'architecture'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(platforms, (platform) => {
      const normal = normalizePlatform(platform);
      assert.deepEqual(normalizePlatform(normal), normal);
      assert.deepEqual(parsePlatform(formatPlatform(normal)), normal);
    }),
  );
});
