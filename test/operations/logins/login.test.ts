import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { systemClock } from '../../../src/content/system-clock.js';
import { login, type LoginPlace } from '../../../src/operations/logins/login.js';
import { logout } from '../../../src/operations/logins/logout.js';
import { thisProcess } from '../../layout/stores.js';
import { basicCredentials, reply, startHttpServer, type HttpServer } from '../../support/http-server.js';
import { temporaryFolder, type Scope } from '../../support/temp.js';

/** A registry that lets in one user. */
function startRegistry(scope: Scope): Promise<HttpServer> {
  return startHttpServer(scope, (exchange) => {
    const { user, password } = basicCredentials(exchange.log.headers) ?? {};
    if (user === 'me' && password === 'right') return reply(exchange, 200);
    return reply(exchange, 401, { headers: { 'www-authenticate': 'Basic realm="it"' } });
  });
}

async function makePlace(scope: Scope): Promise<LoginPlace> {
  const folder = await temporaryFolder(scope);
  return {
    dockerConfig: join(folder, 'config.json'),
    keychainIndex: join(folder, 'keychain.json'),
    tokenServices: join(folder, 'reg.json'),
    change: thisProcess,
  };
}

function options(place: LoginPlace, password = 'right') {
  return { place, credential: { username: 'me', password }, clientOptions: { clock: systemClock } };
}

test('a credential is kept when the registry takes it, and forgotten by a logout', async (t) => {
  const { host } = await startRegistry(t);
  const place = await makePlace(t);
  await writeFile(place.dockerConfig, '{"auths":{"ghcr.io":{}},"psFormat":"x"}');
  const { server, tokenServices } = await login(`http://${host}/`, options(place));
  assert.deepEqual([server, tokenServices], [host, []]);
  const auth = Buffer.from('me:right').toString('base64');
  const kept = { auths: { 'ghcr.io': {}, [host]: { auth } }, psFormat: 'x' };
  assert.deepEqual(JSON.parse(await readFile(place.dockerConfig, 'utf8')), kept);
  const nothing = { server: host, removed: false, remains: undefined };
  assert.deepEqual(await logout(host, place), { ...nothing, removed: true });
  assert.deepEqual(await logout(host, place), nothing);
  assert.deepEqual(JSON.parse(await readFile(place.dockerConfig, 'utf8')), {
    ...kept,
    auths: { 'ghcr.io': {} },
  });
});

test('a credential that the registry refuses is not kept, and the one before it stays', async (t) => {
  const { host } = await startRegistry(t);
  const place = await makePlace(t);
  await login(host, options(place));
  const before = await readFile(place.dockerConfig, 'utf8');
  await assert.rejects(login(host, options(place, 'wrong')), (error) => {
    assert.ok(
      error instanceof Error && error.message.startsWith(`cannot log in to ${host}: `),
      String(error),
    );
    assert.doesNotMatch(JSON.stringify(error), /wrong/);
    return true;
  });
  assert.equal(await readFile(place.dockerConfig, 'utf8'), before);
});

test('a login that is called off says so, and keeps nothing', async (t) => {
  const { host } = await startRegistry(t);
  const place = await makePlace(t);
  await assert.rejects(login(host, { ...options(place), signal: AbortSignal.abort() }), { code: 'ABORTED' });
  await assert.rejects(readFile(place.dockerConfig), { code: 'ENOENT' });
});
