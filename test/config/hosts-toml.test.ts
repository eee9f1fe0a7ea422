import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { parseHostsToml } from '../../src/config/hosts-toml.js';
import { failsWith } from '../support/scripted-setup.js';

const FILE = join('/', 'etc', 'containerd', 'certs.d', 'docker.io', 'hosts.toml');
const beside = (name: string): string => join('/', 'etc', 'containerd', 'certs.d', 'docker.io', name);

test('hosts come in the order of the file, and the server last', async () => {
  const { hosts, server } = await parseHostsToml(
    `server = "https://registry-1.docker.io"    # leave this out to stay with the mirrors

     [host."https://public-mirror.example.com"]
       capabilities = ["pull"]
     [host."https://docker-mirror.internal"]
       capabilities = ["pull", "Resolve"]
       ca = "docker-mirror.crt"
     [host."10.1.2.3:5000"]
    `,
    FILE,
  );
  assert.deepEqual(
    hosts.map(({ at }) => at?.url.href),
    ['https://public-mirror.example.com/', 'https://docker-mirror.internal/', 'https://10.1.2.3:5000/'],
  );
  assert.deepEqual(
    hosts.map(({ capabilities }) => [...capabilities]),
    [['pull'], ['pull', 'resolve'], ['pull', 'resolve', 'push']],
  );
  assert.deepEqual(hosts[1]?.ca, [beside('docker-mirror.crt')]);
  assert.equal(server.at?.url.href, 'https://registry-1.docker.io/');
});

test('every setting of a host is read', async () => {
  const { hosts, server } = await parseHostsToml(
    `skip_verify = true
     [host."https://test-1.registry"]
       ca = ["/etc/certs/test-1-ca.pem", "special.pem"]
       client = [["/etc/certs/client.cert", "/etc/certs/client.key"], ["/etc/certs/client.pem", ""]]
       dial_timeout = "1m30s"
       [host."https://test-1.registry".header]
         x-custom-1 = "one"
         X-Custom-2 = ["one", "two"]
         Authorization = "Basic c2VjcmV0"
     [host."https://test-2.registry"]
       client = "client.pem"
     [host."https://test-3.registry"]
       client = ["client-1.pem", "client-2.pem"]
     [host."https://non-compliant-mirror.registry/v2/upstream"]
       capabilities = ["pull"]
       override_path = true
    `,
    FILE,
  );
  const [one, two, three, four] = hosts;
  assert.deepEqual(one?.ca, ['/etc/certs/test-1-ca.pem', beside('special.pem')]);
  assert.deepEqual(one?.clients, [
    { certificate: '/etc/certs/client.cert', key: '/etc/certs/client.key' },
    { certificate: '/etc/certs/client.pem', key: '/etc/certs/client.pem' },
  ]);
  assert.equal(one?.dialTimeoutMs, 90_000);
  assert.deepEqual(one?.headers, { 'x-custom-1': 'one', 'x-custom-2': 'one, two' });
  const both = (name: string): object => ({ certificate: beside(name), key: beside(name) });
  assert.deepEqual(two?.clients, [both('client.pem')]);
  assert.deepEqual(three?.clients, [both('client-1.pem'), both('client-2.pem')]);
  assert.equal(four?.at?.isRoot, true);
  assert.equal(server.at, undefined);
  assert.equal(server.skipVerify, true);
});

for (const [title, text, message] of [
  [
    'what is not TOML names the place',
    'server = "https://a"\n[host."https://b"\n',
    /hosts\.toml" is not TOML: line 2, column \d+/,
  ],
  ['a key given twice', 'server = "a"\nserver = "b"', /is not TOML: line 2, column 1/],
  ['a server that is no URL', 'server = "ftp://a"', /hosts\.toml": "ftp:\/\/a" is not the URL of a registry/],
  ['a host with a password', '[host."https://me:secret@a"]', /is not the URL of a registry/],
  [
    'a flag that is a string',
    '[host."https://a"]\nskip_verify = "yes"',
    /"host": "https:\/\/a": "skip_verify" is neither true nor false/,
  ],
  [
    'capabilities that are no list',
    '[host."https://a"]\ncapabilities = "pull"',
    /"capabilities" is not a list of strings/,
  ],
  ['a list with another thing in it', 'ca = ["a", 1]', /"ca" is not a list of strings/],
  ['a client without a file', 'client = [[]]', /"client" names no certificate and key/],
  ['a time that is none', 'dial_timeout = "soon"', /"dial_timeout" is not a time such as "5s": "soon"/],
  ['a host that is no table', 'host = ["https://a"]', /"host" is not a table/],
  ['a header that would be two', '[header]\nx = "a\\r\\nb: c"', /"x" is not a valid header/],
] as const) {
  test(`a hosts.toml with a mistake is refused: ${title}`, async () => {
    await assert.rejects(parseHostsToml(text, FILE), failsWith('INVALID_CONFIG', message));
  });
}

test('nothing of a broken file is shown', async () => {
  const error = await parseHostsToml('[header]\nx-token = "secret-token\n', FILE).catch(
    (caught: unknown) => caught,
  );
  failsWith('INVALID_CONFIG')(error);
  assert.doesNotMatch(String(error), /secret-token/);
});
