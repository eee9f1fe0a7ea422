import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseDaemonJson, type DaemonJson } from '../../src/config/daemon-json.js';
import { failsWith } from '../support/scripted-setup.js';

const FILE = '/etc/docker/daemon.json';

function parse(value: unknown): DaemonJson {
  return parseDaemonJson(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), FILE);
}

test('mirrors are for Docker Hub alone, and are not told so', () => {
  const daemon = parse({
    'registry-mirrors': ['https://hub-mirror.corp.example.com:5000/', 'http://10.0.0.1'],
    'log-driver': 'json-file',
  });
  const hub = { domain: 'docker.io', path: 'library/nginx', tag: 'latest' };
  assert.deepEqual(daemon.route(hub), {
    from: FILE,
    mirrors: [
      ['hub-mirror.corp.example.com:5000', 'https://hub-mirror.corp.example.com:5000/v2'],
      ['10.0.0.1', 'http://10.0.0.1/v2'],
    ].map(([host, root]) => ({
      host,
      root,
      path: 'library/nginx',
      namespace: undefined,
      resolves: true,
      settings: {},
    })),
  });
  assert.equal(daemon.route({ ...hub, domain: 'ghcr.io' }), undefined);
  assert.equal(parse({}).route(hub), undefined);
});

test('insecure registries are hosts, and networks of hosts that are named by their address', () => {
  const daemon = parse({
    'insecure-registries': [
      'registry.corp:3000',
      'http://old.corp',
      '10.0.0.0/8',
      '2001:db8::/32',
      '192.168.1.200:5000',
    ],
  });
  for (const host of [
    'registry.corp:3000',
    'old.corp',
    '10.1.2.3',
    '10.1.2.3:5000',
    '[2001:db8::1]:80',
    '192.168.1.200:5000',
  ])
    assert.ok(daemon.isInsecure(host), host);
  for (const host of [
    'registry.corp',
    'registry.corp:443',
    'a.registry.corp:3000',
    '11.0.0.1',
    'localhost',
    '[2001:db9::1]',
    '192.168.1.200',
  ])
    assert.ok(!daemon.isInsecure(host), host);
});

for (const [title, value, message] of [
  [
    'what is not JSON names the place',
    '{\n  "registry-mirrors": [}',
    /daemon\.json" is not JSON: line 2, column 24/,
  ],
  ['a list', [], /is not a JSON object/],
  [
    'mirrors that are no list',
    { 'registry-mirrors': 'https://m' },
    /"registry-mirrors" is not a list of strings/,
  ],
  [
    'a mirror that is no URL',
    { 'registry-mirrors': ['ftp://m'] },
    /"registry-mirrors" holds something that is not the URL/,
  ],
  ['a number among hosts', { 'insecure-registries': [1] }, /"insecure-registries" is not a list of strings/],
  [
    'a network that is too narrow',
    { 'insecure-registries': ['10.0.0.0/33'] },
    /"10\.0\.0\.0\/33" is not a network/,
  ],
] as const) {
  test(`a daemon.json with a mistake is refused: ${title}`, () => {
    assert.throws(() => parse(value), failsWith('INVALID_CONFIG', message));
  });
}

test('a password in the URL of a mirror is not shown', () => {
  assert.throws(
    () => parse({ 'registry-mirrors': ['https://me:secret@m'] }),
    (error) => !/secret/.test(String(error)),
  );
});
