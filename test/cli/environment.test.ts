import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import {
  containersAuthFiles,
  dockerConfigFile,
  storeFolder,
  tokenServicesFile,
} from '../../src/cli/environment.js';
import { hasCode } from '../../src/errors.js';

const home = resolve('home');

test('The store is where REG_STORE says, else in the data directory, else at home', () => {
  const data = resolve('data');
  assert.equal(storeFolder({ home, env: { REG_STORE: 'here', XDG_DATA_HOME: data } }), 'here');
  assert.equal(storeFolder({ home, env: { REG_STORE: '', XDG_DATA_HOME: data } }), join(data, 'reg'));
  assert.equal(
    storeFolder({ home, env: { XDG_DATA_HOME: 'relative' } }),
    join(home, '.local', 'share', 'reg'),
  );
  assert.equal(storeFolder({ home, env: {} }), join(home, '.local', 'share', 'reg'));
});

test('Without any directory for the store the error says what to set', () => {
  assert.throws(
    () => storeFolder({ home: undefined, env: {} }),
    (error) => hasCode(error, 'INVALID_CONFIG') && /--store/.test(error.context.hint ?? ''),
  );
});

test("Docker's config is where DOCKER_CONFIG says, else at home, else nowhere", () => {
  assert.equal(dockerConfigFile({ home, env: { DOCKER_CONFIG: 'conf' } }), join('conf', 'config.json'));
  assert.equal(dockerConfigFile({ home, env: {} }), join(home, '.docker', 'config.json'));
  assert.equal(dockerConfigFile({ home: undefined, env: {} }), undefined);
});

test('Token services are remembered in the config directory, else at home, else nowhere', () => {
  const config = resolve('config');
  const name = 'token-services.json';
  assert.equal(tokenServicesFile({ home, env: { XDG_CONFIG_HOME: config } }), join(config, 'reg', name));
  assert.equal(tokenServicesFile({ home, env: {} }), join(home, '.config', 'reg', name));
  assert.equal(tokenServicesFile({ home: undefined, env: {} }), undefined);
});

test("Containers' auth.json is where it was named, else in the session, on Linux, and at home", () => {
  const [run, config] = [resolve('run'), resolve('config')];
  const linux = { home, platform: 'linux', uid: 1000 };
  const atHome = join(home, '.config', 'containers', 'auth.json');
  const named = { REGISTRY_AUTH_FILE: 'auth.json', XDG_RUNTIME_DIR: run };
  assert.deepEqual(containersAuthFiles({ ...linux, env: named }), ['auth.json']);
  assert.deepEqual(containersAuthFiles({ ...linux, env: { REGISTRY_AUTH_FILE: '', XDG_RUNTIME_DIR: run } }), [
    join(run, 'containers', 'auth.json'),
    atHome,
  ]);
  assert.deepEqual(containersAuthFiles({ ...linux, env: { XDG_CONFIG_HOME: config } }), [
    join('/run/containers/1000', 'auth.json'),
    join(config, 'containers', 'auth.json'),
  ]);
  for (const platform of ['darwin', 'win32'])
    assert.deepEqual(containersAuthFiles({ ...linux, platform, env: { XDG_RUNTIME_DIR: run } }), [atHome]);
  assert.deepEqual(containersAuthFiles({ ...linux, platform: 'win32', home: undefined, env: {} }), []);
});

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What the system sets, and clouds: these have a section of their own. */
const OTHERS =
  /^(?:HOME|USERPROFILE|ProgramData|PATH|Path|no_proxy|ConEmuTask|TERM_PROGRAM|WT_SESSION|REQUEST_METHOD|(?:AWS|AZURE|CI|GITHUB)_.*)$/;

test('The variables that are read stand in the README, and no others', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, table = ''] = /^\| variable \| .*\n\| --- .*\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  const cells = table.split('\n').map((row) => row.split(' | ')[0] ?? '');
  const told = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name));
  const names = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const source = names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
    .join('');
  const read = [...source.matchAll(/\benv\['(\w+)'\]/g)].map(([, name = '']) => name);
  assert.ok(told.length > 20 && read.length > 20);
  assert.deepEqual(
    read.filter((name) => !OTHERS.test(name) && !told.includes(name)),
    [],
  );
  assert.deepEqual(
    told.filter((name) => !source.includes(name)),
    [],
  );
});
