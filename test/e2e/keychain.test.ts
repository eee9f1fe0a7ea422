/** Logins in a real keychain, gnome-keyring; and where there is none, or it is locked. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bareEnvironment, startChild } from '../support/child.js';
import { pathWith } from '../support/credential-helper.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import { KEYRING, startKeyring } from '../support/keyring.js';
import { createPerson, succeeded, type Person } from '../support/person.js';
import { needs, programPath } from '../support/programs.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

const REGISTRY = ['docker-registry', 'htpasswd'] as const;
const REAL = needs(...REGISTRY, ...KEYRING);
const HELPER = fileURLToPath(new URL('../../bin/docker-credential-reg.js', import.meta.url));
const PASSWORD = 'pass: wörd';
const LOGIN = ['login', '-u', 'ann', '--password-stdin'];

test('from login to push, pull and logout with the keychain, and no password on disk', REAL, async (t) => {
  const { me, host, index } = await setUp(t);
  const { env } = await startKeyring(t, me.home, 'unlocked');
  const login = await me.reg([...LOGIN, '--debug', host], { stdin: PASSWORD, env });
  assert.equal(login.stdout, `Login Succeeded: ann at ${host}, kept in the OS keychain\n`);
  assert.ok(!existsSync(me.dockerConfig));
  assert.deepEqual(JSON.parse(await readFile(index, 'utf8')), { logins: { [host]: 'ann' } });
  assert.equal((await stat(index)).mode & 0o777, 0o600);
  const push = await me.reg(['push', '--debug', '--from', './app', `${host}/app:1`], { env });
  assert.match(push.stderr, new RegExp(`the login for ${host} is from the OS keychain$`, 'm'));
  await me.reg(['pull', `${host}/app:1`], { env });
  const who = await me.reg(['whoami', host], { env });
  assert.equal(who.stdout, `ann at ${host}, from the OS keychain\n`);
  const again = await me.reg(['login', host], { env });
  assert.equal(again.stdout, `Already logged in: ann at ${host}, from the OS keychain\n`);
  const auth = await me.reg(['auth', 'get', host], { env });
  assert.deepEqual(JSON.parse(auth.stdout), { ServerURL: host, Username: 'ann', Secret: PASSWORD });
  for (const { stdout, stderr } of [login, push, who, again]) assert.ok(!(stdout + stderr).includes('wörd'));
  await me.reg(['logout', host], { env });
  assert.deepEqual(JSON.parse(await readFile(index, 'utf8')), { logins: {} });
  await me.fails(4, ['pull', `${host}/app:1`], { env });
});

test('a login takes the place of the one before it, wherever that was', REAL, async (t) => {
  const { me, host, index } = await setUp(t);
  const { env } = await startKeyring(t, me.home, 'unlocked');
  const login = (...store: readonly string[]) => me.reg([...LOGIN, ...store, host], { stdin: PASSWORD, env });
  await login('--store', 'file');
  assert.match(await readFile(me.dockerConfig, 'utf8'), /"auth"/);
  await login();
  assert.doesNotMatch(await readFile(me.dockerConfig, 'utf8'), /"auth"/);
  await login('--store', 'file');
  assert.deepEqual(JSON.parse(await readFile(index, 'utf8')), { logins: {} });
  await me.reg(['logout', '--all'], { env });
  await me.fails(4, ['whoami', host], { env });
});

test(
  'what a locked keychain has is missed in one line: a push fails, and a login goes nowhere else',
  REAL,
  async (t) => {
    const { me, host } = await setUp(t);
    const unlocked = await startKeyring(t, me.home, 'unlocked');
    await me.reg([...LOGIN, host], { stdin: PASSWORD, env: unlocked.env });
    await unlocked.stop();
    const { env } = await startKeyring(t, me.home, 'locked');
    const push = await me.fails(4, ['push', '--from', './app', `${host}/app:1`], { env });
    assert.match(push.stderr, /the OS keychain cannot be used: the keychain is locked\. Unlock it/);
    const login = await me.fails(4, [...LOGIN, host], { stdin: PASSWORD, env });
    assert.match(login.stderr, /is locked.*--store file/);
    assert.ok(!existsSync(me.dockerConfig));
    await me.fails(4, ['logout', host], { env });
    const file = await me.reg([...LOGIN, '--store', 'file', host], { stdin: PASSWORD, env });
    assert.match(file.stderr, /^reg: warning: the former login is still there: .*locked/m);
  },
);

test('a keychain that was never set up is none', REAL, async (t) => {
  const { me, host } = await setUp(t);
  const { env } = await startKeyring(t, me.home, 'locked');
  const login = await me.reg([...LOGIN, host], { stdin: PASSWORD, env });
  assert.match(login.stderr, /^reg: warning: there is no keychain here \(no keyring has been set up\)/m);
});

test(
  'without a keychain a login is in config.json, and that is said in one line',
  needs(...REGISTRY),
  async (t) => {
    const { me, host, index } = await setUp(t);
    const login = await me.reg([...LOGIN, host], { stdin: PASSWORD });
    assert.match(login.stdout, /kept in .*config\.json\n$/);
    assert.match(
      login.stderr,
      /^reg: warning: there is no keychain here \([^)]*\): .*base64.*--store helper:NAME"\n$/,
    );
    assert.ok(!existsSync(index));
    const chosen = await me.reg([...LOGIN, '--store', 'file', host], { stdin: PASSWORD });
    assert.equal(chosen.stderr, '', 'who wants it so need not be told');
    const keychain = await me.fails(4, [...LOGIN, '--store', 'keychain', host], { stdin: PASSWORD });
    assert.match(keychain.stderr, /there is no keychain here/);
  },
);

const DOCKER = needs(...REGISTRY, ...KEYRING, 'docker');

test(
  'docker uses the login that reg keeps in the keychain, and reg the one that docker puts there',
  DOCKER,
  async (t) => {
    const { me, host } = await setUp(t);
    const { env } = await startKeyring(t, me.home, 'unlocked');
    const bin = await temporaryFolder(t);
    await symlink(HELPER, join(bin, 'docker-credential-reg'));
    const withHelper = { ...env, PATH: pathWith(bin), XDG_CONFIG_HOME: join(me.home, '.config') };
    await mkdir(dirname(me.dockerConfig), { recursive: true });
    await writeFile(me.dockerConfig, '{"credsStore":"reg"}');
    const docker = async (...args: readonly string[]) => {
      const command = [programPath('docker'), ...args] as const;
      const settings = { ...bareEnvironment(), ...withHelper, DOCKER_CONFIG: dirname(me.dockerConfig) };
      const child = await startChild(t, [...command], {
        env: { ...settings, DOCKER_HOST: 'unix:///nobody' },
        stdin: PASSWORD,
      });
      return child.ended;
    };
    await me.reg([...LOGIN, host], { stdin: PASSWORD, env: withHelper });
    // To try it out, docker would need its engine; to find it, only the helper.
    const found = await docker('login', host);
    assert.match(`${found.stdout}${found.stderr}`, /existing credentials.*ann/);
    succeeded(await docker('logout', host));
    await me.fails(4, ['whoami', host], { env: withHelper });
    succeeded(await docker('login', '-u', 'ann', '--password-stdin', host));
    const push = await me.reg(['push', '--debug', '--from', './app', `${host}/app:1`], { env: withHelper });
    assert.match(push.stderr, /is from the OS keychain$/m);
    const ask = async (action: string, stdin: string) => {
      const child = await startChild(t, [execPath, HELPER, action], {
        env: { ...bareEnvironment(), ...withHelper },
        stdin,
      });
      return child.ended;
    };
    assert.deepEqual(JSON.parse((await ask('list', '')).stdout), { [host]: 'ann' });
    assert.equal(JSON.parse((await ask('get', `https://${host}/`)).stdout).Secret, PASSWORD);
    const nothing = await ask('get', 'ghcr.io');
    assert.deepEqual([nothing.code, nothing.stdout], [1, 'credentials not found in native keychain\n']);
  },
);

interface Home {
  readonly me: Person;
  readonly host: string;
  /** The file that tells which logins are in the keychain. */
  readonly index: string;
}

/** A registry with passwords, and a person with an OCI layout `app`. */
async function setUp(scope: Scope): Promise<Home> {
  const { host } = await startDockerRegistry(scope, { auth: { users: { ann: PASSWORD } } });
  const me = await createPerson(scope);
  await writeLayout(join(me.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  return { me, host, index: join(me.home, '.config', 'reg', 'keychain.json') };
}
