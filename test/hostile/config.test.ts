/** What people keep: config.json with their logins, and `reg login`, which writes it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { platform } from 'node:process';
import { dockerConfig, type Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';
import { programPath } from '../support/programs.js';

const CONFIG = '.docker/config.json';

/** config.json says this, and the registry wants a login. */
function config(name: string, make: (stage: Stage) => string | Uint8Array, rest: Partial<Case> = {}): Case {
  return {
    name,
    wanted: 2,
    auth: 'basic',
    names: 'file',
    arrange: async (stage) => {
      await stage.write(CONFIG, make(stage));
    },
    check: (_, { registry, user }) => {
      for (const { headers } of registry.requests)
        assert.equal(headers.authorization, undefined, `of ${user.user}`);
    },
    ...rest,
  };
}

/** The entry of the registry says this. */
function entry(name: string, make: (stage: Stage) => unknown, rest: Partial<Case> = {}): Case {
  const says = rest.wanted === 'ok' ? [] : [/auths/];
  return config(name, (stage) => JSON.stringify({ auths: { [stage.host]: make(stage) } }), { says, ...rest });
}

function basicOf({ user: { user, password } }: Stage): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

/** All is well although config.json is unusual. */
const fine = { wanted: 'ok', check: undefined } as const;

table('config.json', [
  config(
    '16: config.json that is cut off names the place',
    (s) => dockerConfig({ [s.host]: s.user }).slice(0, -20),
    {
      says: /line|position|column|cut off/,
    },
  ),
  config('config.json that is empty', () => '', { says: /empty|JSON/ }),
  config('17: config.json that is an array', () => '[]', { says: /object/ }),
  config('17: auths that is a list', () => '{"auths":[]}', { says: /auths/ }),
  config('17: auths that is text', () => '{"auths":"x"}', { says: /auths/ }),
  entry('17: an entry that is text', () => 'x'),
  entry('17: a username that is a number', () => ({ username: 1, password: 'x' })),
  entry('18: auth that is not base64', ({ user }) => ({ auth: `!${user.password}!` }), { says: /base64/ }),
  entry('18: auth without a colon', ({ user }) => ({ auth: Buffer.from(user.password).toString('base64') }), {
    says: /colon/,
  }),
  entry('18: auth with NUL bytes', ({ user }) => ({
    auth: Buffer.from(`${user.user}\0:${user.password}`).toString('base64'),
  })),
  entry('18: a username with a line break', ({ user }) => ({
    auth: Buffer.from(`${user.user}\r\nX-Injected: 1:${user.password}`).toString('base64'),
  })),
  entry('18: a password with an escape', ({ user }) => ({
    auth: Buffer.from(`${user.user}:${user.password}\u001b[2J`).toString('base64'),
  })),
  entry('18: auth of 1 MiB', () => ({ auth: 'A'.repeat(1024 * 1024) }), { says: /at most 1048576 are read/ }),
  config(
    '19: config.json that begins with a byte order mark',
    (s) => `\ufeff${dockerConfig({ [s.host]: s.user })}`,
    { wanted: 'ok', says: [], check: undefined },
  ),
  config('config.json that is not UTF-8', () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { says: /UTF-8/ }),
  config(
    'config.json with terminal escapes in a key',
    ({ host }) => `{"auths":{"${host}":{"\\u001b[2Jx":1,"auth":"\\u001b[31m"}}}`,
  ),
  ...['https://HOST/v1/', 'https://HOST', 'http://HOST', 'HOST/v2/', 'HOST/v1/'].map((key) =>
    config(
      `20: a login under ${key}`,
      (s) => JSON.stringify({ auths: { [key.replace('HOST', s.host)]: { auth: basicOf(s) } } }),
      fine,
    ),
  ),
  ...[
    '127.0.0.1',
    '127.0.0.1:1',
    'HOST.evil.test',
    'evil-HOST',
    '127.0.0.2:PORT',
    'HOST0',
    'localhost:PORT',
    'HOST@evil.test',
  ].map((key) =>
    config(
      `21: a login for ${key} is not for us`,
      (s) => {
        const meant = key.replace('HOST', s.host).replace('PORT', String(s.registry.port));
        return JSON.stringify({ auths: { [meant]: { auth: basicOf(s) } } });
      },
      { wanted: 4, names: 'registry', says: /reg login/ },
    ),
  ),
  entry(
    '22: a login as username and password',
    ({ user }) => ({ username: user.user, password: user.password }),
    fine,
  ),
  entry('22: a login as identity token', ({ user }) => ({ identitytoken: user.identityToken }), {
    ...fine,
    auth: 'bearer',
  }),
  entry(
    '22: a login as registry token',
    ({ registry }) => {
      registry.tokens.issued.set('registry-token', ['repository:app:pull']);
      registry.tokens.secrets.add('registry-token');
      return { registrytoken: 'registry-token' };
    },
    { ...fine, auth: 'bearer' },
  ),
  entry('an entry with nothing in it is no login', () => ({}), {
    wanted: 4,
    names: 'registry',
    says: /reg login/,
  }),
  {
    name: '23: config.json that is a directory',
    wanted: 2,
    auth: 'basic',
    login: false,
    names: 'file',
    arrange: async (s) => void (await mkdir(s.dockerConfig, { recursive: true })),
  },
  ...(platform === 'win32'
    ? []
    : [
        {
          name: '23: config.json that is a FIFO',
          wanted: 2,
          auth: 'basic',
          names: 'file',
          arrange: async ({ dockerConfig: file }: Stage) => {
            await rm(file);
            execFileSync(programPath('mkfifo'), [file]);
          },
        } as const,
      ]),
  config('23: config.json of 100 MiB', () => Buffer.alloc(100 * 1024 * 1024, ' '), {
    says: /104857600|large/,
  }),
  {
    name: '24: config.json that others can read is warned of once',
    wanted: 'ok',
    auth: 'basic',
    arrange: ({ dockerConfig: file }) => chmod(file, 0o644),
    check: ({ stderr }) => {
      if (platform !== 'win32') assert.equal(stderr.match(/warning/g)?.length, 1, stderr);
    },
  },
  {
    name: '27: no home at all, and a public image',
    wanted: 'ok',
    auth: 'public',
    run: { env: { HOME: '', USERPROFILE: '', DOCKER_CONFIG: '' } },
  },
  {
    name: '27: a home that does not exist, and a public image',
    wanted: 'ok',
    auth: 'public',
    run: { env: { HOME: '/nonexistent/home', DOCKER_CONFIG: '' } },
  },
]);

/** `reg login` with the password on standard input. */
function login(name: string, rest: Partial<Case> & { readonly password?: (stage: Stage) => string }): Case {
  const { password = ({ user }: Stage) => user.password, ...others } = rest;
  return {
    name,
    wanted: 'ok',
    auth: 'basic',
    login: false,
    mayWrite: [CONFIG],
    command: (s) => ['login', ...s.flags, '-u', s.user.user, '--password-stdin', s.host],
    run: (s) => ({ stdin: password(s) }),
    ...others,
  };
}

async function keptLogin({ dockerConfig: file, host }: Stage): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8')).auths?.[host]?.auth;
}

table('login', [
  login('28: a good password is kept, for its owner alone', {
    check: async (_, stage) => {
      assert.equal(await keptLogin(stage), basicOf(stage));
      if (platform !== 'win32') assert.equal((await stat(stage.dockerConfig)).mode & 0o777, 0o600);
    },
  }),
  login('28: one line end behind the password is dropped', {
    password: ({ user }) => `${user.password}\n`,
    check: async (_, stage) => assert.equal(await keptLogin(stage), basicOf(stage)),
  }),
  login("28: of two line ends one is the password's own", {
    password: ({ user }) => `${user.password}\n\n`,
    wanted: 4,
    says: /401 Unauthorized/,
  }),
  login('28: a password on the command line is warned of', {
    command: ({ host, user }) => ['login', '-u', user.user, '-p', user.password, host],
    check: ({ stderr }) => assert.match(stderr, /warning.*--password-stdin/),
  }),
  login('a login at a token service', { auth: 'bearer' }),
  login('a login at a registry with TLS', { place: 'tls', auth: 'bearer' }),
  login('44: a wrong password is not kept', {
    wanted: 4,
    password: () => 'pw-wrong-wrong',
    names: 'registry',
    says: /password|reg login/,
    check: async ({ stderr }, { registry, dockerConfig: file }) => {
      assert.ok(registry.requests.length <= 3, registry.seen().join());
      assert.doesNotMatch(stderr, /pw-wrong-wrong/);
      await assert.rejects(stat(file));
    },
  }),
  login('a login at a place where nobody is', {
    wanted: 5,
    command: ({ user }) => ['login', '-u', user.user, '--password-stdin', '127.0.0.1:1'],
    says: /127\.0\.0\.1:1/,
    check: (_, { dockerConfig: file }) => assert.rejects(stat(file)),
  }),
  login('25: all that else is in config.json stays', {
    arrange: async ({ write }) => {
      await write(
        CONFIG,
        '{"auths":{"ghcr.io":{"auth":"Ym9iOnB3"}},"psFormat":"x","proxies":{"default":{}}}',
      );
    },
    check: async (_, stage) => {
      const kept = JSON.parse(await readFile(stage.dockerConfig, 'utf8'));
      assert.deepEqual(kept.auths['ghcr.io'], { auth: 'Ym9iOnB3' });
      assert.deepEqual([kept.psFormat, kept.proxies], ['x', { default: {} }]);
    },
  }),
  login('25: six logins at once are all kept', {
    check: async (_, stage) => {
      const { registry, user, dockerConfig: file } = stage;
      const others = ['localhost', '127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6'].map(
        (name) => `${name}:${registry.port}`,
      );
      const pins = others.flatMap((name) => ['--resolve', `${name}:127.0.0.1`]);
      await Promise.all(
        others.map(async (other) => {
          const args = ['login', ...pins, '-u', user.user, '--password-stdin', other];
          const run = await stage.reg(args, { stdin: user.password });
          assert.equal(run.code, 0, run.stderr);
        }),
      );
      const { auths } = JSON.parse(await readFile(file, 'utf8'));
      assert.deepEqual(Object.keys(auths).sort(), [stage.host, ...others].sort());
    },
  }),
  login('25: a config.json that is broken is left as it is', {
    wanted: 2,
    names: 'file',
    arrange: async ({ write }) => void (await write(CONFIG, '{"auths":')),
    check: async (_, { dockerConfig: file }) => assert.equal(await readFile(file, 'utf8'), '{"auths":'),
  }),
  login('an empty password', { password: () => '', wanted: 2, says: /empty/ }),
  login('103: a password over plain http to another host is refused', {
    wanted: 4,
    auth: 'basic',
    command: ({ user, registry }) => [
      'login',
      '--plain-http',
      '--resolve',
      `registry.example.com:5000:127.0.0.1:${registry.port}`,
      '-u',
      user.user,
      '--password-stdin',
      'registry.example.com:5000',
    ],
    says: /--plain-http-auth/,
    check: (_, { registry }) => {
      assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
    },
  }),
  {
    name: 'a logout forgets',
    wanted: 'ok',
    auth: 'basic',
    command: ({ host }) => ['logout', host],
    check: async (_, stage) => assert.equal(await keptLogin(stage), undefined),
  },
]);
