/** Logins that credential helpers keep, with docker as the judge. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { kill } from 'node:process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  HELPERS,
  pathWith,
  writeHelper,
  writeVaultHelper,
  type VaultHelper,
} from '../support/credential-helper.js';
import { bareEnvironment, startChild, type Ended } from '../support/child.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import { createPerson, succeeded, type Person } from '../support/person.js';
import { needs, programPath } from '../support/programs.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

const REAL = HELPERS.skip ? HELPERS : needs('docker-registry', 'htpasswd');
const DOCKER = HELPERS.skip ? HELPERS : needs('docker-registry', 'htpasswd', 'docker');
const PASSWORD = 'pass: wörd';
const ANN = { Username: 'ann', Secret: 'another one' };

test(
  'from login to push, pull and logout with a helper, and no password on disk but its',
  REAL,
  async (t) => {
    const { me, host, env, vault } = await setUp(t);
    await me.reg(['login', '-u', 'ann', '--password-stdin', host], { stdin: PASSWORD, env });
    assert.deepEqual(await vault.read(), { [host]: { Username: 'ann', Secret: PASSWORD } });
    await me.reg(['push', '--from', 'app', `${host}/app:1`], { env });
    await me.reg(['pull', `${host}/app:1`], { env });
    const config = await readFile(me.dockerConfig, 'utf8');
    assert.deepEqual(JSON.parse(config), { credHelpers: { [host]: 'vault' }, auths: { [host]: {} } });
    await me.reg(['logout', host], { env });
    assert.deepEqual(await vault.read(), {});
    await me.fails(4, ['pull', `${host}/app:1`], { env });
  },
);

test(
  'a login goes to the helper that is named with it, and all that helpers have is forgotten',
  REAL,
  async (t) => {
    const { me, host, env, vault } = await setUp(t, {});
    const login = ['login', '-u', 'ann', '--password-stdin', '--store', 'helper:vault', host];
    const auth = Buffer.from('bob:other').toString('base64');
    const before = { ...env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { auth } } }) };
    const { stdout, stderr } = await me.reg(login, { stdin: PASSWORD, env: before });
    assert.equal(stdout, `Login Succeeded: ann at ${host}, kept by docker-credential-vault\n`);
    assert.match(
      stderr,
      new RegExp(
        `warning: DOCKER_AUTH_CONFIG has a login for ${host}, too, and comes first: remove it there\n`,
      ),
    );
    assert.deepEqual(await me.readDockerConfig(), {
      auths: { [host]: {} },
      credHelpers: { [host]: 'vault' },
    });
    const who = async (extra = env): Promise<unknown> =>
      JSON.parse((await me.reg(['whoami', '--json', host], { env: extra })).stdout);
    assert.deepEqual(await who(), { server: host, username: 'ann', source: 'docker-credential-vault' });
    assert.deepEqual(await who(before), { server: host, username: 'bob', source: 'DOCKER_AUTH_CONFIG' });

    // What Docker Desktop has after a login in the browser.
    const hub = 'https://index.docker.io/v1/';
    const tokens = ['', 'access-token', 'refresh-token'].map((end) => [`${hub}${end}`, ANN] as const);
    await vault.write({ ...(await vault.read()), ...Object.fromEntries(tokens), 'ghcr.io': ANN });
    await writeFile(me.dockerConfig, JSON.stringify({ credsStore: 'vault' }), { mode: 0o600 });
    const removed = await me.reg(['logout', '--all'], { env });
    assert.deepEqual(
      removed.stdout.trimEnd().split('\n').sort(),
      [host, 'docker.io', 'ghcr.io'].map((server) => `Removed the login for ${server}`),
    );
    assert.deepEqual(await vault.read(), {});
  },
);

test('docker finds, and removes, the login that reg gave to a helper', DOCKER, async (t) => {
  const { me, host, env, vault } = await setUp(t);
  await me.reg(['login', '-u', 'ann', '--password-stdin', host], { stdin: PASSWORD, env });
  succeeded(await docker(t, ['logout', host], { me, env }));
  assert.deepEqual(await vault.read(), {});
  assert.deepEqual(await me.readDockerConfig(), { auths: {}, credHelpers: { [host]: 'vault' } });
});

test('reg uses, and removes, the login that docker gave to a helper', DOCKER, async (t) => {
  const { me, host, env, vault } = await setUp(t);
  const login = ['login', '-u', 'ann', '--password-stdin', host];
  succeeded(await docker(t, login, { me, env, stdin: PASSWORD }));
  await me.reg(['push', '--from', 'app', `${host}/app:1`], { env });
  await me.reg(['logout', host], { env });
  assert.deepEqual(await vault.read(), {});
});

test('a command that is ended while a helper thinks takes the helper with it', REAL, async (t) => {
  const { me, host, bin, env } = await setUp(t);
  const note = join(bin, 'pid');
  await writeHelper(bin, 'vault', `echo $$ > ${note}.new; mv ${note}.new ${note}; exec sleep 60`);
  const child = await me.start(['pull', `${host}/app:1`], { env });
  const pid = Number(await until(() => readFile(note, 'utf8')));
  child.kill('SIGTERM');
  const { code } = await child.ended;
  assert.equal(code, 143);
  await until(async () => assert.throws(() => kill(pid, 0), { code: 'ESRCH' }));
});

interface Home {
  readonly me: Person;
  readonly host: string;
  /** With the helper on the PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly bin: string;
  readonly vault: VaultHelper;
}

/** A registry with passwords, and a person with an OCI layout `app` and a helper, by default for that registry. */
async function setUp(scope: Scope, config?: object): Promise<Home> {
  const { host } = await startDockerRegistry(scope, { auth: { users: { ann: PASSWORD } } });
  const me = await createPerson(scope);
  await writeLayout(join(me.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  await mkdir(dirname(me.dockerConfig), { recursive: true });
  const own = config ?? { credHelpers: { [host]: 'vault' } };
  await writeFile(me.dockerConfig, JSON.stringify(own), { mode: 0o600 });
  const bin = await temporaryFolder(scope);
  return { me, host, bin, vault: await writeVaultHelper(bin), env: { PATH: pathWith(bin) } };
}

interface DockerOptions extends Pick<Home, 'me' | 'env'> {
  readonly stdin?: string;
}

/** Runs docker's client, which needs no engine for logins, to its end. */
async function docker(
  scope: Scope,
  args: readonly string[],
  { me, env, stdin = '' }: DockerOptions,
): Promise<Ended> {
  const { ended } = await startChild(scope, [programPath('docker'), ...args], {
    env: {
      ...bareEnvironment(),
      ...env,
      HOME: me.home,
      DOCKER_CONFIG: dirname(me.dockerConfig),
      DOCKER_HOST: `unix://${join(me.home, 'nobody.sock')}`,
    },
    stdin,
  });
  return ended;
}

/** What `look` answers once it no longer fails, for 10 seconds. */
async function until<T>(look: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 1000; tries++) {
    try {
      return await look();
    } catch {
      await sleep(10);
    }
  }
  return look();
}
