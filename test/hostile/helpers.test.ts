/** Credential helpers, and DOCKER_AUTH_CONFIG: programs and variables of other people, which may do anything. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { pathWith, writeHelper, writeVaultHelper, type VaultHelper } from '../support/credential-helper.js';
import { dockerConfig, type Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

const CONFIG = '.docker/config.json';

function bin({ home }: Stage): string {
  return join(home, 'bin');
}

/** With `docker-credential-test`, a shell script, on the PATH, named as the one helper for everything. */
function helper(name: string, script: (stage: Stage) => string, rest: Partial<Case> = {}): Case {
  return {
    name,
    wanted: 4,
    auth: 'basic',
    login: false,
    arrange: async (stage) => {
      await writeHelper(bin(stage), 'test', script(stage));
      await stage.write(CONFIG, '{"credsStore":"test"}');
    },
    run: (stage) => ({ env: { PATH: pathWith(bin(stage)) } }),
    ...rest,
  };
}

/** With a config.json that names a helper that is not there. */
function missing(name: string, rest: Partial<Case> = {}): Case {
  return {
    name,
    wanted: 4,
    auth: 'basic',
    login: false,
    arrange: async ({ write }) => void (await write(CONFIG, '{"credsStore":"missing"}')),
    says: [/docker-credential-missing is not on the PATH/, /credsStore/, /config\.json/, /reg login/],
    ...rest,
  };
}

function answer({ user }: Stage): string {
  return JSON.stringify({ Username: user.user, Secret: user.password });
}

function print(text: string): string {
  return `cat <<'END'\n${text}\nEND`;
}

function warnings(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line.startsWith('reg: warning: '));
}

function wasAskedWithout(secret: 'authorization', { registry }: Stage): void {
  for (const { headers } of registry.requests) assert.equal(headers[secret], undefined);
}

const HELD = {
  wanted: 'ok',
  check: undefined,
} as const;

const onThisSystem = (cases: readonly Case[]): readonly Case[] => (platform === 'win32' ? [] : cases);

table(
  'credential helpers',
  onThisSystem([
    helper('a password that a helper keeps', (s) => print(answer(s)), HELD),
    helper('a password that a helper keeps, for a token', (s) => print(answer(s)), {
      ...HELD,
      auth: 'bearer',
    }),
    helper('a password that a helper keeps, in a push', (s) => print(answer(s)), {
      ...HELD,
      command: 'push',
    }),
    helper(
      '38: an identity token that a helper keeps',
      ({ user }) => print(JSON.stringify({ Username: '<token>', Secret: user.identityToken })),
      { ...HELD, auth: 'bearer' },
    ),
    helper('169: with --debug the helper is named, and its secret is not', (s) => print(answer(s)), {
      wanted: 'ok',
      talks: true,
      command: ({ image, flags }) => ['pull', '--debug', '--platform', 'linux/amd64', ...flags, image],
      check: ({ stderr }, { host }) =>
        assert.match(stderr, new RegExp(`the login for ${host} is from docker-credential-test`)),
    }),
    missing('29: one that is not installed, and a public image: a warning, once', {
      wanted: 'ok',
      auth: 'public',
      says: [],
      check: ({ stderr }, stage) => {
        const [warning = '', ...others] = warnings(stderr);
        assert.match(warning, /docker-credential-missing is not on the PATH.*going on without a login/);
        assert.ok(warning.includes(stage.host) && warning.includes('config.json'), warning);
        assert.deepEqual(others, []);
        assert.doesNotMatch(stage.registry.requests.map(({ path }) => path).join(), /account=/);
      },
    }),
    missing('29: one that is not installed, and a registry that asks nobody', {
      wanted: 'ok',
      auth: 'none',
      says: [],
      check: ({ stderr }) => assert.equal(stderr, ''),
    }),
    missing('29: one that is not installed, and a private image'),
    missing('29: one that is not installed, and a private image behind a token service', { auth: 'bearer' }),
    missing('29: one that is not installed, in a push: nothing is sent', {
      auth: 'public',
      command: 'push',
      check: ({ stderr }, { registry }) => {
        assert.deepEqual(warnings(stderr), []);
        assert.ok(!registry.seen().some((line) => /token|POST|PUT|PATCH/.test(line)), registry.seen().join());
      },
    }),
    missing('29: one that is not installed, in a login: the password is not even sent', {
      names: 'registry',
      command: (s) => ['login', ...s.flags, '-u', s.user.user, '--password-stdin', s.host],
      run: ({ user }) => ({ stdin: user.password }),
      check: (_, { registry }) => assert.deepEqual(registry.seen(), []),
    }),
    missing('29: one that is not installed, in a logout', {
      names: 'registry',
      command: ({ host }) => ['logout', host],
    }),
    {
      name: '30: one that is not installed, for another registry',
      wanted: 'ok',
      auth: 'basic',
      arrange: async ({ write, host, user }) => {
        const { auths } = JSON.parse(dockerConfig({ [host]: user }));
        await write(CONFIG, JSON.stringify({ auths, credHelpers: { 'other.test': 'missing' } }));
      },
      check: ({ stderr }) => assert.equal(stderr, ''),
    },
    helper(
      '31: "credentials not found" is anonymous',
      () => 'echo credentials not found in native keychain; exit 1',
      {
        wanted: 'ok',
        auth: 'public',
        check: ({ stderr }) => assert.equal(stderr, ''),
      },
    ),
    helper(
      '31: "credentials not found", and a private image: no fault of the helper',
      () => 'echo credentials not found in native keychain >&2; exit 1',
      { says: [/username and password/, /reg login/] },
    ),
    helper('33: broken JSON', (s) => print(answer(s).slice(0, -1)), {
      says: /docker-credential-test.*not JSON/,
    }),
    helper('33: broken JSON, and a public image', (s) => print(answer(s).slice(0, -1)), {
      wanted: 'ok',
      auth: 'public',
      check: ({ stderr }) => assert.equal(warnings(stderr).length, 1),
    }),
    helper(
      '34: exit 1 with the secret on both streams',
      (s) => `(${print(answer(s))}\n) | tee /dev/stderr; exit 1`,
      {
        says: /docker-credential-test failed \(exit code 1\)/,
      },
    ),
    helper('34: the same with --debug', (s) => `(${print(answer(s))}\n) | tee /dev/stderr; exit 1`, {
      talks: true,
      names: 'nothing',
      command: ({ image, flags }) => ['pull', '--debug', ...flags, image],
      check: ({ stderr }) => assert.match(stderr, /docker-credential-test failed \(exit code 1\)/),
    }),
    helper(
      '35: terminal escapes',
      () => String.raw`printf '\033[2J\033]0;x\007\302\233\342\200\256gone' >&2; exit 1`,
      {
        says: /gone/,
      },
    ),
    helper('36: 60 MB of output', () => "head -c 60000000 /dev/zero | tr '\\0' x", {
      says: /more than 64 KiB/,
    }),
    helper('36: 60 MB of complaints', () => "head -c 60000000 /dev/zero | tr '\\0' x >&2", {
      says: /more than 64 KiB/,
    }),
    ...['../../evil', 'a b', '/bin/sh', '-x', '..'].map((name) =>
      helper(`37: the name ${name} is refused`, () => 'touch "$HOME/ran"', {
        wanted: 2,
        names: 'file',
        says: [/credHelpers/, /not the name of a helper/],
        arrange: async ({ write, host }) =>
          void (await write(CONFIG, JSON.stringify({ credHelpers: { [host]: name } }))),
        check: (_, stage) => wasAskedWithout('authorization', stage),
      }),
    ),
    helper('37: an empty name is none', () => 'touch "$HOME/ran"', {
      wanted: 'ok',
      arrange: async ({ write, host, user }) => {
        const { auths } = JSON.parse(dockerConfig({ [host]: user }));
        await write(CONFIG, JSON.stringify({ auths, credsStore: '' }));
      },
    }),
    helper('39: an empty answer is anonymous, with a note', () => print('{"Username":"","Secret":""}'), {
      wanted: 'ok',
      auth: 'public',
      check: ({ stderr }) => {
        assert.equal(warnings(stderr).length, 1, stderr);
        assert.match(stderr, /docker-credential-test answers with an empty login/);
      },
    }),
    helper('40: a child of the helper that holds the pipe', (s) => `${print(answer(s))}\nsleep 40 &`, {
      wanted: 'ok',
      run: (stage) => ({ env: { PATH: pathWith(bin(stage)) }, withinSeconds: 30 }),
    }),
    helper('41: no D-Bus session', () => 'echo Cannot autolaunch D-Bus without X11; exit 1', {
      says: [/no D-Bus session/, /reg login/],
    }),
  ]),
);

/** `reg login` or `reg logout` where config.json names a helper that really keeps things. */
function vault(
  name: string,
  rest: Partial<Case> & { readonly kept?: boolean; readonly auths?: object },
): Case {
  const { kept = false, auths, ...others } = rest;
  return {
    name,
    wanted: 'ok',
    auth: 'basic',
    login: false,
    mayWrite: [CONFIG],
    arrange: async (stage) => {
      const { user, password } = stage.user;
      await writeVaultHelper(bin(stage), kept ? { [stage.host]: { Username: user, Secret: password } } : {});
      await stage.write(CONFIG, JSON.stringify({ psFormat: 'x', credsStore: 'vault', auths }));
    },
    run: (stage) => ({ stdin: stage.user.password, env: { PATH: pathWith(bin(stage)) } }),
    ...others,
  };
}

async function vaultOf(stage: Stage): Promise<Awaited<ReturnType<VaultHelper['read']>>> {
  return JSON.parse(await readFile(join(bin(stage), 'vault.json'), 'utf8'));
}

async function configOf({ dockerConfig: file }: Stage): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}

const login = (s: Stage): readonly string[] => [
  'login',
  ...s.flags,
  '-u',
  s.user.user,
  '--password-stdin',
  s.host,
];

table(
  'login with a helper',
  onThisSystem([
    vault('a password is kept by the helper, and config.json says no more than docker writes', {
      command: login,
      check: async ({ stdout }, stage) => {
        const { host, user } = stage;
        assert.equal(stdout, `Login Succeeded: ${user.user} at ${host}, kept by docker-credential-vault\n`);
        assert.deepEqual(await vaultOf(stage), { [host]: { Username: user.user, Secret: user.password } });
        assert.deepEqual(await configOf(stage), {
          psFormat: 'x',
          credsStore: 'vault',
          auths: { [host]: {} },
        });
        const pull = await stage.reg(['pull', '-q', '--platform', 'linux/amd64', stage.image], {
          env: { PATH: pathWith(bin(stage)) },
        });
        assert.equal(pull.code, 0, pull.stderr);
      },
    }),
    vault('a password in plain base64 from earlier does not stay beside the helper', {
      command: login,
      auths: { 'other.test': { auth: 'YTpi' } },
      arrange: async (stage) => {
        await writeVaultHelper(bin(stage));
        const { auths } = JSON.parse(dockerConfig({ [`https://${stage.host}/v1/`]: stage.user }));
        await stage.write(CONFIG, JSON.stringify({ credsStore: 'vault', auths }));
      },
      check: async (_, stage) => {
        assert.deepEqual(await configOf(stage), { credsStore: 'vault', auths: { [stage.host]: {} } });
      },
    }),
    vault('44: a wrong password is not given to the helper', {
      wanted: 4,
      command: login,
      names: 'registry',
      run: (stage) => ({ stdin: 'pw-wrong-wrong', env: { PATH: pathWith(bin(stage)) } }),
      says: /password/,
      check: async (_, stage) => {
        assert.deepEqual(await vaultOf(stage), {});
        assert.deepEqual(await configOf(stage), { psFormat: 'x', credsStore: 'vault' });
      },
    }),
    helper(
      '34: a helper that refuses to keep it, and repeats it: config.json does not get it instead',
      () => 'cat >&2; exit 1',
      {
        command: login,
        names: 'registry',
        run: (stage) => ({ stdin: stage.user.password, env: { PATH: pathWith(bin(stage)) } }),
        says: [/docker-credential-test failed \(exit code 1\)/, /cannot keep the login/],
        check: async (_, stage) => assert.deepEqual(await configOf(stage), { credsStore: 'test' }),
      },
    ),
    vault('a logout removes it there, and from config.json', {
      kept: true,
      auths: { 'other.test': { auth: 'YTpi' } },
      command: ({ host }) => ['logout', host],
      check: async ({ stdout }, stage) => {
        assert.equal(stdout, `Removed the login for ${stage.host}\n`);
        assert.deepEqual(await vaultOf(stage), {});
        const again = await stage.reg(['logout', stage.host], { env: { PATH: pathWith(bin(stage)) } });
        assert.equal(again.stdout, `Not logged in to ${stage.host}\n`);
      },
    }),
  ]),
);

/** With `DOCKER_AUTH_CONFIG` in the environment. */
function variable(name: string, text: (stage: Stage) => string, rest: Partial<Case> = {}): Case {
  return {
    name,
    wanted: 'ok',
    auth: 'basic',
    login: false,
    run: (stage) => ({ env: { DOCKER_AUTH_CONFIG: text(stage) } }),
    check: (_, { dockerConfig: file }) => assert.rejects(stat(file)),
    ...rest,
  };
}

const broken = {
  wanted: 2,
  names: 'nothing',
  says: /DOCKER_AUTH_CONFIG/,
  check: (_: unknown, stage: Stage) => wasAskedWithout('authorization', stage),
} as const;

table('DOCKER_AUTH_CONFIG', [
  variable('a login for a pull', ({ host, user }) => dockerConfig({ [host]: user })),
  variable('a login for a push', ({ host, user }) => dockerConfig({ [host]: user }), { command: 'push' }),
  variable('a login that config.json has otherwise', ({ host, user }) => dockerConfig({ [host]: user }), {
    arrange: async ({ write, host, user }) =>
      void (await write(CONFIG, dockerConfig({ [host]: { ...user, password: 'pw-of-last-year' } }))),
    check: undefined,
  }),
  variable(
    '21: a login for another host is not for us',
    ({ host, user }) => dockerConfig({ [`${host}0`]: user }),
    {
      wanted: 4,
      says: /reg login/,
      check: (_, stage) => wasAskedWithout('authorization', stage),
    },
  ),
  variable('26: cut off', ({ host, user }) => dockerConfig({ [host]: user }).slice(0, -3), broken),
  variable('26: text', ({ user }) => user.password, broken),
  variable(
    '26: an entry that cannot be read',
    ({ host, user }) => JSON.stringify({ auths: { [host]: { auth: `!${user.password}` } } }),
    broken,
  ),
  variable('26: broken, beside a good config.json', ({ user }) => user.password, { ...broken, login: true }),
]);
