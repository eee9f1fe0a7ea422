import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash } from 'bcryptjs';
import { hasCode } from '../../src/errors.js';
import { parseHtpasswd } from '../../src/server/htpasswd.js';
import { bareEnvironment, startChild } from '../support/child.js';
import { needs, programPath } from '../support/programs.js';
import { startRegistry } from './registry.js';

const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;

test('a user comes in with the right password, again and again', async () => {
  const accounts = parseHtpasswd(`# people\n\nalice:${await hash('open sesame', 4)}\r\n`, 'users');
  for (const _ of [1, 2]) assert.equal(await accounts('alice', 'open sesame'), true);
});

test('nobody comes in with a wrong password, nor under a name that is not there', async () => {
  const accounts = parseHtpasswd(`alice:${await hash('right', 4)}`, 'users');
  assert.equal(await accounts('alice', 'right'), true);
  for (const [name, password] of [
    ['alice', 'wrong'],
    ['alice', ''],
    ['bob', 'right'],
    ['', ''],
    ['__proto__', 'right'],
    ['alicer', 'ight'],
  ] as const) {
    assert.equal(await accounts(name, password), false, name);
  }
});

test('what htpasswd writes is read', needs('htpasswd'), async (t) => {
  const command = [programPath('htpasswd'), '-Bbn', 'alice', 'secret'] as const;
  const { stdout } = await (await startChild(t, command, { env: bareEnvironment() })).ended;
  assert.equal(await parseHtpasswd(stdout, 'users')('alice', 'secret'), true);
});

test('a line that is no user is refused, and not shown', () => {
  for (const bad of [
    'alice',
    ':x',
    'alice:plain-secret',
    'alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=',
    'a:$2y$',
  ]) {
    assert.throws(
      () => parseHtpasswd(`# one\n${bad}`, '"users"'),
      (error) =>
        hasCode(error, 'INVALID_CONFIG') &&
        /"users", line 2/.test(error.message) &&
        !/secret/.test(error.message),
      bad,
    );
  }
});

test('a registry with accounts asks everybody for a login, for everything', async (t) => {
  const accounts = parseHtpasswd(`alice:${await hash('s:e cret', 4)}`, 'users');
  const { ask } = await startRegistry(t, { accounts });
  for (const path of ['/v2/', '/v2/_catalog', '/v2/app/manifests/1', '/nonsense']) {
    for (const authorization of [
      undefined,
      'Basic',
      'Basic %',
      'Bearer x',
      basic('alice'),
      basic('alice:wrong'),
    ]) {
      const headers = authorization === undefined ? {} : { authorization };
      const { status, headers: answered, body } = await ask(path, { headers });
      assert.equal(status, 401, `${path} ${authorization}`);
      assert.match(answered['www-authenticate'] ?? '', /^Basic realm=/);
      assert.equal(JSON.parse(body.toString()).errors[0].code, 'UNAUTHORIZED');
    }
  }
  const headers = { authorization: basic('alice:s:e cret') };
  assert.equal((await ask('/v2/', { headers })).status, 200);
});
