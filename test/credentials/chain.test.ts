import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test, type TestContext } from 'node:test';

import { createChain, type ChainOptions } from '../../src/credentials/chain.js';
import type { Credential } from '../../src/credentials/credential.js';
import { hasCode, type ErrorCode } from '../../src/errors.js';
import { HELPERS, pathWith, writeHelper } from '../support/credential-helper.js';
import { temporaryFolder } from '../support/temp.js';

interface Home {
  readonly folder: string;
  readonly find: (
    host: string,
    variables?: Readonly<Record<string, string>>,
  ) => Promise<Credential | undefined>;
  readonly said: { readonly type: string; readonly message: string }[];
}

/** A home with a config.json, and with the helpers `one` and `two`, each with a login of its own for every host. */
async function setUp(t: TestContext, config: object | string): Promise<Home> {
  const folder = await temporaryFolder(t);
  const dockerConfig = join(folder, 'config.json');
  await writeFile(dockerConfig, typeof config === 'string' ? config : JSON.stringify(config), {
    mode: 0o600,
  });
  await writeHelper(folder, 'one', `echo '{"Username":"one","Secret":"pw-one"}'`);
  await writeHelper(folder, 'two', `echo '{"Username":"two","Secret":"pw-two"}'`);
  await writeHelper(folder, 'none', 'echo credentials not found in native keychain; exit 1');
  const said: Home['said'] = [];
  const find: Home['find'] = (host, variables) =>
    findCredential(host, {
      dockerConfig,
      env: { PATH: pathWith(folder), ...variables },
      onNotice: (notice) => said.push(notice),
    });
  return { folder, find, said };
}

async function findCredential(name: string, options: ChainOptions): Promise<Credential | undefined> {
  const [host = '', ...path] = name.split('/');
  const repository = path.length === 0 ? undefined : path.join('/');
  return (await createChain(options)({ host, repository }))?.credential;
}

function login(name: string): Credential {
  return { username: name, password: `pw-${name}` };
}

/** As config.json has it. */
function entry(name: string): object {
  return { auth: Buffer.from(`${name}:pw-${name}`).toString('base64') };
}

function variable(...hosts: readonly string[]): { readonly DOCKER_AUTH_CONFIG: string } {
  const auths = Object.fromEntries(hosts.map((host) => [host, entry('variable')]));
  return { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
}

async function fails(call: Promise<unknown>, code: ErrorCode, says: RegExp): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(hasCode(error, code), String(error));
    assert.match(error.message, says);
    return true;
  });
}

test('without a home and without variables there is no login', async () => {
  assert.equal(await findCredential('ghcr.io', { dockerConfig: undefined, env: {} }), undefined);
});

test('DOCKER_AUTH_CONFIG comes before config.json, for the hosts that it names', async (t) => {
  const { find } = await setUp(t, { auths: { 'ghcr.io': entry('file'), 'quay.io': entry('file') } });
  const variables = variable('https://ghcr.io/v2/', 'https://index.docker.io/v1/');
  assert.deepEqual(await find('ghcr.io', variables), login('variable'));
  assert.deepEqual(await find('docker.io', variables), login('variable'));
  assert.deepEqual(await find('quay.io', variables), login('file'));
  assert.equal(await find('ghcr.io.evil.test', variables), undefined);
  assert.deepEqual(await find('ghcr.io', { DOCKER_AUTH_CONFIG: '' }), login('file'));
});

test('DOCKER_AUTH_CONFIG does not need config.json, nor a home', async () => {
  const found = await findCredential('ghcr.io', { dockerConfig: undefined, env: variable('ghcr.io') });
  assert.deepEqual(found, login('variable'));
});

for (const [what, text] of [
  ['cut off', '{"auths":{"ghcr.io":{"auth":"c2VjcmV0OnNlY3JldA=='],
  ['no object', '["c2VjcmV0OnNlY3JldA=="]'],
  ['the name of a file', '/run/c2VjcmV0OnNlY3JldA=='],
  ['with auths that are a list', '{"auths":["c2VjcmV0OnNlY3JldA=="]}'],
  ['with an entry that is text', '{"auths":{"ghcr.io":"c2VjcmV0OnNlY3JldA=="}}'],
  ['with an auth that is not base64', '{"auths":{"ghcr.io":{"auth":"!c2VjcmV0OnNlY3JldA=="}}}'],
] as const) {
  test(`a DOCKER_AUTH_CONFIG that is ${what} is an error that names it and quotes nothing`, async (t) => {
    const { find } = await setUp(t, { auths: { 'ghcr.io': entry('file') } });
    await assert.rejects(find('ghcr.io', { DOCKER_AUTH_CONFIG: text }), (error) => {
      assert.ok(hasCode(error, 'INVALID_CONFIG'), String(error));
      assert.match(error.message, /environment variable DOCKER_AUTH_CONFIG/);
      assert.doesNotMatch(`${error.stack}`, /c2VjcmV0/);
      return true;
    });
  });
}

test('the helper for a host comes before the one for all, and that before auths', HELPERS, async (t) => {
  const auths = { 'ghcr.io': entry('file'), 'quay.io': entry('file'), 'gcr.io': entry('file') };
  const credHelpers = { 'https://ghcr.io/v1/': 'one', 'gcr.io': '' };
  const { find } = await setUp(t, { auths, credHelpers, credsStore: 'two' });
  assert.deepEqual(await find('ghcr.io'), login('one'));
  assert.deepEqual(await find('quay.io'), login('two'));
  assert.deepEqual(await find('docker.io'), login('two'));
  assert.deepEqual(await find('gcr.io'), login('file'), 'an empty name is none, as docker has it');
  assert.deepEqual(await find('ghcr.io', variable('ghcr.io')), login('variable'));
});

test('where the helper has nothing auths is looked at, too', HELPERS, async (t) => {
  const { find } = await setUp(t, { auths: { 'ghcr.io': entry('file') }, credsStore: 'none' });
  assert.deepEqual(await find('ghcr.io'), login('file'));
  assert.equal(await find('quay.io'), undefined);
});

test('a helper that is missing is no matter where another source, or another host, is meant', async (t) => {
  const { find } = await setUp(t, {
    auths: { 'ghcr.io': entry('file') },
    credHelpers: { 'quay.io': 'missing', 'gcr.io': '../../evil' },
  });
  assert.deepEqual(await find('ghcr.io'), login('file'));
  assert.deepEqual(await find('quay.io', variable('quay.io')), login('variable'));
  await fails(find('quay.io'), 'CREDENTIALS_UNAVAILABLE', /quay\.io.*docker-credential-missing/);
});

test('a helper that is missing is no reason to take what auths says', async (t) => {
  const { find } = await setUp(t, { auths: { 'ghcr.io': entry('file') }, credsStore: 'missing' });
  await fails(find('ghcr.io'), 'CREDENTIALS_UNAVAILABLE', /docker-credential-missing is not on the PATH/);
});

for (const [what, config, says] of [
  ['credsStore that is a number', { credsStore: 1 }, /config\.json": "credsStore" is not a string/],
  ['credsStore that is a list', { credsStore: ['one'] }, /"credsStore" is not a string/],
  ['credHelpers that are a list', { credHelpers: ['one'] }, /config\.json": "credHelpers" is not an object/],
  ['credHelpers that are text', { credHelpers: 'one' }, /"credHelpers" is not an object/],
  [
    'a helper that is an object',
    { credHelpers: { 'ghcr.io': {} } },
    /credHelpers\["ghcr\.io"\] is not a string/,
  ],
  [
    'a helper elsewhere',
    { credsStore: '../../evil' },
    /credsStore in ".*config\.json" is "\.\.\/\.\.\/evil"/,
  ],
  [
    'a helper with a blank',
    { credHelpers: { 'ghcr.io': 'a b' } },
    /credHelpers\["ghcr\.io"\] in ".*config\.json"/,
  ],
  ['auths that are a list beside a helper', { auths: [], credsStore: 'one' }, /"auths" is not an object/],
  ['a credsStore that is there twice', '{"credsStore":"one","credsStore":"two"}', /twice/],
] as const) {
  test(`${what}: an error, and nobody is asked`, async (t) => {
    const { find } = await setUp(t, config);
    await fails(find('ghcr.io'), 'INVALID_CONFIG', says);
  });
}

test('for debugging it is said which source answered, and no more', HELPERS, async (t) => {
  const auths = { 'ghcr.io': entry('file') };
  const { find, said, folder } = await setUp(t, { auths, credHelpers: { 'gcr.io': 'one' } });
  for (const host of ['ghcr.io', 'gcr.io', 'quay.io']) await find(host);
  await find('ghcr.io', variable('ghcr.io'));
  assert.deepEqual(
    said.map(({ type, message }) => `${type}: ${message.replace(folder, 'HOME')}`),
    [
      `debug: the login for ghcr.io is from ${join('HOME', 'config.json')}`,
      'debug: the login for gcr.io is from docker-credential-one',
      'debug: there is no login for quay.io',
      'debug: the login for ghcr.io is from DOCKER_AUTH_CONFIG',
    ],
  );
});

test('that others can read config.json is said only where its password is used', HELPERS, async (t) => {
  const auths = { 'ghcr.io': entry('file') };
  const { find, said, folder } = await setUp(t, { auths, credHelpers: { 'gcr.io': 'one' } });
  await chmod(join(folder, 'config.json'), 0o644);
  await find('gcr.io');
  assert.ok(said.every(({ type }) => type === 'debug'));
  await find('ghcr.io');
  assert.equal(said.filter(({ type }) => type === 'warning').length, platform === 'win32' ? 0 : 1);
});

/** A home with an auth.json as podman and skopeo write it, and with a config.json before it. */
async function withAuthFile(t: TestContext, auth: object | string, config: object = {}): Promise<Home> {
  const home = await setUp(t, config);
  const file = join(home.folder, 'auth.json');
  await writeFile(file, typeof auth === 'string' ? auth : JSON.stringify(auth), { mode: 0o600 });
  const find: Home['find'] = (host, variables) =>
    findCredential(host, {
      dockerConfig: join(home.folder, 'config.json'),
      containersAuth: [join(home.folder, 'missing.json'), file],
      env: { PATH: pathWith(home.folder), ...variables },
      onNotice: (notice) => home.said.push(notice),
    });
  return { ...home, find };
}

test('in auth.json the longest key above a repository counts', async (t) => {
  const { find } = await withAuthFile(t, {
    auths: {
      'registry.example.com': entry('host'),
      'registry.example.com/space': entry('space'),
      'registry.example.com/space/image': entry('image'),
      'quay.io/team': entry('team'),
      'docker.io/library': entry('official'),
      'docker.io': entry('hub'),
    },
  });
  for (const [name, user] of [
    ['registry.example.com/space/image', 'image'],
    ['registry.example.com/space/image/deeper', 'image'],
    ['registry.example.com/space/images', 'space'],
    ['registry.example.com/spaces/image', 'host'],
    ['registry.example.com', 'host'],
    ['quay.io/team/app', 'team'],
    ['docker.io/library/nginx', 'official'],
    ['docker.io/someone/app', 'hub'],
  ] as const) {
    assert.deepEqual(await find(name), login(user), name);
  }
  for (const name of ['quay.io', 'quay.io/teams/app', 'registry.example.com:5000/space/image'])
    assert.equal(await find(name), undefined, name);
});

test('a URL as a key of auth.json means its host, and an entry with nothing in it none', async (t) => {
  const { find } = await withAuthFile(t, {
    auths: {
      'https://registry.example.com/space/': entry('url'),
      'quay.io/team/app': {},
      'quay.io': entry('host'),
      'https://index.docker.io/v1/': entry('hub'),
    },
  });
  assert.deepEqual(await find('registry.example.com/other'), login('url'));
  assert.deepEqual(await find('quay.io/team/app'), login('host'));
  assert.deepEqual(await find('docker.io/library/nginx'), login('hub'));
});

test('config.json comes before auth.json, also for a repository that the latter names', async (t) => {
  const auth = { auths: { 'ghcr.io/team': entry('auth'), 'quay.io': entry('auth') } };
  const { find, said, folder } = await withAuthFile(t, auth, { auths: { 'ghcr.io': entry('file') } });
  assert.deepEqual(await find('ghcr.io/team/app'), login('file'));
  assert.deepEqual(await find('quay.io/team/app'), login('auth'));
  assert.deepEqual(said.at(-1), {
    type: 'debug',
    message: `the login for quay.io is from ${join(folder, 'auth.json')}`,
  });
});

test('auth.json may name helpers for hosts, and none for all', HELPERS, async (t) => {
  const { find } = await withAuthFile(t, {
    credHelpers: { 'quay.io': 'one' },
    credsStore: 'two',
    auths: { 'quay.io/team': entry('team') },
  });
  assert.deepEqual(await find('quay.io/team/app'), login('one'));
  assert.equal(await find('ghcr.io'), undefined);
});

for (const [what, text, says] of [
  ['cut off', '{"auths":{"quay.io":{"auth":"c2Vj', /auth\.json" is not JSON: it is cut off at line 1/],
  ['no object', '[]', /auth\.json" is not a JSON object/],
  [
    'with an entry that is text',
    '{"auths":{"quay.io/team":"c2Vj"}}',
    /auths\["quay\.io\/team"\] is not an object/,
  ],
  [
    'with an auth that is no base64',
    '{"auths":{"quay.io":{"auth":"!c2Vj"}}}',
    /\["quay\.io"\]\.auth is not base64/,
  ],
] as const) {
  test(`an auth.json that is ${what} is an error that names the place and quotes nothing`, async (t) => {
    const { find } = await withAuthFile(t, text);
    await assert.rejects(find('quay.io/team/app'), (error) => {
      assert.ok(hasCode(error, 'INVALID_CONFIG'), String(error));
      assert.match(error.message, says);
      assert.doesNotMatch(`${error.stack}`, /c2Vj/);
      return true;
    });
  });
}

test('a login that is given comes first, for its host alone', async (t) => {
  const given = [{ host: 'ghcr.io', credential: login('given'), source: '--username' }];
  const { folder } = await setUp(t, {});
  const auths = { 'ghcr.io': entry('file'), 'ghcr.io:8443': entry('port') };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }), { mode: 0o600 });
  const options = { given, dockerConfig: join(folder, 'config.json'), env: variable('quay.io') };
  assert.deepEqual(await findCredential('ghcr.io/app', options), login('given'));
  assert.deepEqual(await findCredential('ghcr.io:8443', options), login('port'));
  assert.deepEqual(await findCredential('quay.io', options), login('variable'));
});

test('a helper is asked once for a host, whatever the number of repositories', HELPERS, async (t) => {
  const folder = await temporaryFolder(t);
  const dockerConfig = join(folder, 'config.json');
  await writeFile(dockerConfig, '{"credsStore":"counting"}');
  await writeHelper(folder, 'counting', `echo >> ${folder}/count; echo '{"Username":"a","Secret":"b"}'`);
  const chain = createChain({ dockerConfig, env: { PATH: pathWith(folder) } });
  await Promise.all(['a', 'b', 'c'].map((repository) => chain({ host: 'ghcr.io', repository })));
  assert.equal(await readFile(join(folder, 'count'), 'utf8'), '\n');
});
