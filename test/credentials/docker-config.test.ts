import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import {
  credentialOf,
  helperSettingOf,
  readDockerConfig,
  removeEntries,
  setEntry,
} from '../../src/credentials/docker-config.js';
import { RegError } from '../../src/errors.js';
import { thisProcess } from '../layout/stores.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

const HUB_KEY = 'https://index.docker.io/v1/';

async function configFile(scope: Scope, config?: object): Promise<string> {
  const file = join(await temporaryFolder(scope), 'config.json');
  if (config !== undefined) await writeFile(file, JSON.stringify(config));
  return file;
}

async function readBack(file: string): Promise<unknown> {
  assert.deepEqual(await readdir(join(file, '..')), ['config.json']);
  return JSON.parse(await readFile(file, 'utf8'));
}

function login(username: string): { readonly auth: string } {
  return { auth: Buffer.from(`${username}:pw`).toString('base64') };
}

test('the login of a host is found under any key that means it, and an empty entry is passed over', async (t) => {
  const auths = { [HUB_KEY]: {}, 'docker.io': login('hub'), 'https://ghcr.io/v1/': login('me') };
  const config = await readDockerConfig(await configFile(t, { auths }));
  assert.deepEqual(credentialOf(config, 'docker.io'), { username: 'hub', password: 'pw' });
  assert.deepEqual(credentialOf(config, 'ghcr.io'), { username: 'me', password: 'pw' });
  assert.equal(credentialOf(config, 'ghcr.io:5000'), undefined);
});

for (const config of [
  {},
  { auths: null },
  { auths: {} },
  { auths: {}, credHelpers: null, credsStore: null },
]) {
  test(`${JSON.stringify(config)} holds no login`, async (t) => {
    assert.equal(credentialOf(await readDockerConfig(await configFile(t, config)), 'ghcr.io'), undefined);
  });
}

for (const config of [
  { auths: [] },
  { auths: 'secret' },
  { credHelpers: ['secret'] },
  { credsStore: ['secret'] },
]) {
  test(`${JSON.stringify(config)} is refused by file and key`, async (t) => {
    const file = await configFile(t, config);
    const [key = ''] = Object.keys(config);
    await assert.rejects(readDockerConfig(file), (error) => {
      assert.ok(error instanceof RegError && error.code === 'INVALID_CONFIG', String(error));
      assert.ok(error.message.startsWith(`"${file}": "${key}" is not a`), error.message);
      return true;
    });
  });
}

test('an entry that is broken is named by file and key, and only who needs it hears of it', async (t) => {
  const file = await configFile(t, {
    auths: { 'bad\u001b[2J.test': { auth: '!secret' }, 'ghcr.io': login('me') },
  });
  const config = await readDockerConfig(file);
  assert.ok(credentialOf(config, 'ghcr.io'));
  assert.throws(() => credentialOf(config, 'bad\u001b[2J.test'), {
    code: 'INVALID_CONFIG',
    message: `"${file}": auths["bad[2J.test"].auth is not base64`,
  });
});

test('a helper for one host goes before the one for all, and an empty name is none', async (t) => {
  const config = await readDockerConfig(
    await configFile(t, { credsStore: 'pass', credHelpers: { 'https://ghcr.io': 'gh', 'a.test': '' } }),
  );
  assert.deepEqual(
    ['ghcr.io', 'a.test', 'b.test'].map((host) => helperSettingOf(config, host)?.name),
    ['gh', undefined, 'pass'],
  );
});

test('an entry takes the place of all that mean the same host, and of nothing else', async (t) => {
  const others = { 'ghcr.io.evil.test': login('a'), 'ghcr.io:5000': login('b') };
  const auths = { 'https://ghcr.io/v1/': login('old'), ...others, 'GHCR.io': login('older') };
  const file = await configFile(t, { psFormat: 'x', auths, last: 1 });
  await setEntry(file, { host: 'ghcr.io', entry: login('new') }, thisProcess);
  const written = await readBack(file);
  assert.deepEqual(written, { psFormat: 'x', auths: { ...others, 'ghcr.io': login('new') }, last: 1 });
  assert.deepEqual(Object.keys(written ?? {}), ['psFormat', 'auths', 'last']);
});

test('a login for the Hub is written where docker looks for it', async (t) => {
  const file = await configFile(t);
  await setEntry(file, { host: 'docker.io', entry: login('me') }, thisProcess);
  assert.deepEqual(await readBack(file), { auths: { [HUB_KEY]: login('me') } });
});

test('all that means a host is removed, and a file that has nothing of it is not touched', async (t) => {
  const file = await configFile(t, {
    auths: { [HUB_KEY]: login('a'), 'docker.io': {}, 'ghcr.io': login('b') },
  });
  assert.equal(await removeEntries(file, 'docker.io', thisProcess), true);
  assert.deepEqual(await readBack(file), { auths: { 'ghcr.io': login('b') } });
  const text = await readFile(file, 'utf8');
  assert.equal(await removeEntries(file, 'docker.io', thisProcess), false);
  assert.equal(await readFile(file, 'utf8'), text);
  assert.equal(await removeEntries(join(file, '..', 'none', 'config.json'), 'ghcr.io', thisProcess), false);
});

test('logins and logouts at once: each has its effect', async (t) => {
  const hosts = Array.from({ length: 8 }, (_, n) => `r${n}.test`);
  const file = await configFile(t, { auths: Object.fromEntries(hosts.map((host) => [host, login('old')])) });
  await Promise.all(
    hosts.map((host, n) =>
      n % 2 === 0
        ? setEntry(file, { host, entry: login('new') }, thisProcess)
        : removeEntries(file, host, thisProcess),
    ),
  );
  const kept = hosts.filter((_, n) => n % 2 === 0).map((host) => [host, login('new')]);
  assert.deepEqual(await readBack(file), { auths: Object.fromEntries(kept) });
});
