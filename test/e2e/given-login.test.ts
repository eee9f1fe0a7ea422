/** Logins for one command alone: they open one registry, are kept nowhere, and are never shown. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDockerRegistry } from '../support/docker-registry.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import { createPerson, succeeded, type Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { skopeo } from '../support/skopeo.js';
import { startTokenServer } from '../support/token-server.js';
import type { Scope } from '../support/temp.js';

const REAL = needs('docker-registry', 'htpasswd');
const PASSWORD = 'pass: wörd';
const FLAGS = ['-u', 'ann', '--password-stdin'];
const VARIABLES = { REG_USERNAME: 'ann', REG_PASSWORD: PASSWORD };

test('a username and a password with the command open its registry, and are not kept', REAL, async (t) => {
  const { me, host } = await setUp(t);
  // With all that it keeps in the cache of the person.
  const options = { stdin: `${PASSWORD}\n`, env: { NODE_COMPILE_CACHE: '' } };
  const push = await me.reg(['push', '--debug', ...FLAGS, '--from', 'app', `${host}/app:1`], options);
  assert.match(push.stderr, new RegExp(`the login for ${host} is from --username$`, 'm'));
  for (const args of [
    ['pull', `${host}/app:1`],
    ['inspect', `${host}/app:1`],
    ['tags', `${host}/app`],
  ])
    await me.reg([...args, ...FLAGS], options);
  assert.ok(!existsSync(me.dockerConfig));
  assert.deepEqual((await readdir(me.home)).sort(), ['.cache', 'app', 'store']);
  for (const entry of await readdir(join(me.home, '.cache'), { recursive: true, withFileTypes: true }))
    if (entry.isFile()) assert.ok(!(await readFile(join(entry.parentPath, entry.name))).includes(PASSWORD));
  await me.fails(4, ['tags', `${host}/app`]);
});

test('a wrong password with the command is told from one that is kept', REAL, async (t) => {
  const { me, host } = await setUp(t);
  const ended = await me.fails(4, ['tags', ...FLAGS, `${host}/app`], { stdin: 'hunter2-wrong' });
  assert.doesNotMatch(ended.stderr, /hunter2/);
});

test(
  'REG_USERNAME and REG_PASSWORD open the registry of REG_REGISTRY, or the one that is named',
  REAL,
  async (t) => {
    const { me, host } = await setUp(t);
    const other = await setUp(t);
    const push = (place: string): readonly string[] => ['push', '--from', 'app', `${place}/app:1`];
    const ended = await me.reg([...push(host), '--debug'], { env: VARIABLES });
    assert.match(ended.stderr, new RegExp(`the login for ${host} is from REG_USERNAME$`, 'm'));
    const env = { ...VARIABLES, REG_REGISTRY: `https://${host}/` };
    await me.reg(push(host), { env });
    await me.fails(4, push(other.host), { env });
  },
);

test(
  'with several registries on the line no password goes to any of them unless it is said which',
  REAL,
  async (t) => {
    const { me, host } = await setUp(t);
    const other = await setUp(t);
    await me.reg(['push', ...FLAGS, '--from', 'app', `${host}/app:1`], { stdin: PASSWORD });
    const images = [`${host}/app:1`, `${other.host}/app:1`];
    const flags = await me.fails(2, ['pull', ...FLAGS, ...images], { stdin: PASSWORD });
    assert.match(flags.stderr, new RegExp(`${host} and ${other.host}`));
    const variables = await me.fails(4, ['pull', ...images], { env: VARIABLES });
    assert.match(variables.stderr, /^reg: warning: REG_USERNAME is not used.*REG_REGISTRY/m);
    const named = await me.fails(4, ['pull', ...images], { env: { ...VARIABLES, REG_REGISTRY: host } });
    assert.match(named.stdout, new RegExp(`${host}/app:1`), 'the first one was pulled');
  },
);

test(
  'a bearer token with the command is shown to the registry as it is',
  needs('docker-registry'),
  async (t) => {
    const tokens = await startTokenServer(t, { users: { ann: PASSWORD } });
    const { host } = await startDockerRegistry(t, { auth: { token: tokens.trust } });
    const { me } = await withLayout(t, host);
    const token = await fetchToken(tokens.realm, 'repository:app:pull,push');
    const asked = tokens.tokenRequests.length;
    const push = ['push', '--from', 'app', `${host}/app:1`];
    await me.reg([...push, '--token', '-'], { stdin: `${token}\n` });
    const visible = await me.reg(['pull', '--debug', '--token', token, `${host}/app:1`]);
    assert.match(visible.stderr, /^reg: warning: --token shows in the process list/m);
    assert.ok(!visible.stderr.includes(token));
    assert.equal(tokens.tokenRequests.length, asked, 'nobody asked for another one');
    const bad = await me.fails(4, [...push, '--token', '-'], { stdin: `${token}x` });
    assert.ok(!bad.stderr.includes(token));
  },
);

for (const [what, args, options, says] of [
  ['a password without a username', ['--password-stdin'], { stdin: PASSWORD }, /needs --username/],
  ['a username alone, and nobody to ask', ['-u', 'ann'], {}, /--password-stdin/],
  ['an empty password', FLAGS, { stdin: '\n' }, /empty/],
  ['a token beside a username', ['-u', 'ann', '--token', 'abc'], {}, /--token goes without --username/],
  ['a token that is none', ['--token', '-'], { stdin: 'two words' }, /not a token/],
  ['a password of 1 MiB', FLAGS, { stdin: 'x'.repeat(1 << 20) }, /longer than 64 KiB/],
  ['REG_USERNAME alone', [], { env: { REG_USERNAME: 'ann' } }, /REG_PASSWORD is not/],
  ['REG_PASSWORD alone', [], { env: { REG_PASSWORD: PASSWORD } }, /REG_USERNAME is not/],
  ['a REG_REGISTRY that is none', [], { env: { ...VARIABLES, REG_REGISTRY: 'ghcr' } }, /REG_REGISTRY/],
] as const) {
  test(`${what} is a mistake of the command line, and no registry is asked`, async (t) => {
    const me = await createPerson(t);
    const { stderr } = await me.fails(2, ['tags', ...args, '127.0.0.1:1/app'], options);
    assert.match(stderr, says);
    assert.ok(!stderr.includes(PASSWORD));
  });
}

test('the standard input cannot be both the image and the password', async (t) => {
  const me = await createPerson(t);
  const push = ['push', ...FLAGS, '--from', '-', '127.0.0.1:1/app'];
  assert.match((await me.fails(2, push, { stdin: PASSWORD })).stderr, /standard input/);
});

test(
  'a login that skopeo keeps in auth.json opens its registry',
  needs('docker-registry', 'htpasswd', 'skopeo'),
  async (t) => {
    const { me, host } = await setUp(t);
    const login = ['login', '--tls-verify=false', '-u', 'ann', '-p', PASSWORD];
    const files = [join(me.home, '.run'), join(me.home, '.config')].map((at) =>
      join(at, 'containers', 'auth.json'),
    );
    for (const file of files) {
      succeeded(await skopeo(t, [...login, '--authfile', file, `${host}/app`]));
      const push = await me.reg(['push', '--debug', '--from', 'app', `${host}/app:1`]);
      assert.ok(push.stderr.includes(`the login for ${host} is from ${file}\n`), push.stderr);
      await me.fails(4, ['push', '--from', 'app', `${host}/other:1`]);
      const env = { REGISTRY_AUTH_FILE: join(me.home, 'nothing.json') };
      await me.fails(4, ['push', '--from', 'app', `${host}/app:1`], { env });
      succeeded(await skopeo(t, ['logout', '--authfile', file, `${host}/app`]));
    }
  },
);

async function fetchToken(realm: string, scope: string): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'password', username: 'ann', password: PASSWORD, scope });
  const reply = await fetch(realm, { method: 'POST', body: form });
  const { token } = (await reply.json()) as { readonly token: string };
  return token;
}

interface Home {
  readonly me: Person;
  readonly host: string;
}

/** A registry that lets in `ann` alone, and a person with an OCI layout `app`. */
async function setUp(scope: Scope): Promise<Home> {
  const { host } = await startDockerRegistry(scope, { auth: { users: { ann: PASSWORD } } });
  return withLayout(scope, host);
}

async function withLayout(scope: Scope, host: string): Promise<Home> {
  const me = await createPerson(scope);
  await writeLayout(join(me.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  return { me, host };
}
