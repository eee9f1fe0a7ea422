import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDockerRegistry } from './docker-registry.js';
import type { DockerRegistry } from './docker-registry.js';
import { ask, basicAuthorization } from './http-client.js';
import type { Answer } from './http-client.js';
import { needs } from './programs.js';
import { startTokenServer } from './token-server.js';
import type { TokenServer, TokenServerOptions } from './token-server.js';

test(
  'docker-registry believes the tokens, and only for what they allow',
  needs('docker-registry'),
  async (t) => {
    const { tokens, registry } = await startPair(t, { users: { ann: 'secret' } });
    const challenge = await ask(`${registry.origin}/v2/app/tags/list`);
    assert.equal(
      challenge.headers['www-authenticate'],
      `Bearer realm="${tokens.realm}",service="registry.test",scope="repository:app:pull"`,
    );
    const anonymous = await getToken(tokens);
    assert.equal((await upload(registry, anonymous)).status, 401);
    assert.equal((await upload(registry, await getToken(tokens, 'ann', 'secret'))).status, 202);
    assert.deepEqual(tokens.accessOf(anonymous), [{ type: 'repository', name: 'app', actions: ['pull'] }]);
    assert.deepEqual(
      tokens.tokenRequests.map(({ grant, user, scopes }) => ({ grant, user, scopes })),
      [
        { grant: 'anonymous', user: undefined, scopes: ['repository:app:pull,push'] },
        { grant: 'basic', user: 'ann', scopes: ['repository:app:pull,push'] },
      ],
    );
  },
);

test('a token dies when it says so, in docker-registry too', needs('docker-registry'), async (t) => {
  const { tokens, registry } = await startPair(t, { users: { ann: 'secret' }, lifeSeconds: 2 });
  const token = await getToken(tokens, 'ann', 'secret');
  assert.equal((await upload(registry, token)).status, 202);
  await sleep(2010);
  assert.equal((await upload(registry, token)).status, 401);
  assert.equal(tokens.accessOf(token), undefined);
});

test('OAuth2 takes a password, gives a refresh token, and takes that too', async (t) => {
  const tokens = await startTokenServer(t, { users: { ann: 'secret' }, fields: 'access_token' });
  const scope = 'repository:app:pull,push repository:base:pull';
  const first = await post(tokens, {
    grant_type: 'password',
    username: 'ann',
    password: 'secret',
    access_type: 'offline',
    scope,
  });
  const { access_token: token, refresh_token: refresh } = json(first);
  assert.equal(tokens.accessOf(String(token))?.length, 2);
  const second = await post(tokens, { grant_type: 'refresh_token', refresh_token: String(refresh), scope });
  assert.equal(second.status, 200);
  assert.equal(json(second)['token'], undefined);
  assert.equal((await post(tokens, { grant_type: 'password', username: 'ann', password: 'x' })).status, 401);
  tokens.change({ refusePost: 404 });
  assert.equal(
    (await post(tokens, { grant_type: 'password', username: 'ann', password: 'secret' })).status,
    404,
  );
});

async function startPair(
  t: TestContext,
  options: TokenServerOptions,
): Promise<{ readonly tokens: TokenServer; readonly registry: DockerRegistry }> {
  const tokens = await startTokenServer(t, options);
  return { tokens, registry: await startDockerRegistry(t, { auth: { token: tokens.trust } }) };
}

async function getToken(tokens: TokenServer, user?: string, password = ''): Promise<string> {
  const url = `${tokens.realm}?service=registry.test&scope=repository:app:pull,push`;
  const headers = user === undefined ? {} : { authorization: basicAuthorization(user, password) };
  return String(json(await ask(url, { headers }))['token']);
}

function upload(registry: DockerRegistry, token: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  return ask(`${registry.origin}/v2/app/blobs/uploads/`, { method: 'POST', headers });
}

function post(tokens: TokenServer, form: Readonly<Record<string, string>>): Promise<Answer> {
  return ask(tokens.realm, { method: 'POST', body: new URLSearchParams(form).toString() });
}

function json({ body }: Answer): Record<string, unknown> {
  const value: Record<string, unknown> = JSON.parse(body.toString());
  return value;
}
