import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';
import { createAuthority } from '../support/certificates.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';

const REAL = needs('docker-registry', 'htpasswd');
const PASSWORD = 'pass: wörd';

test('from login to push, pull and logout at a registry with TLS and passwords', REAL, async (t) => {
  const { me, host, trust } = await startGuarded(t);
  await me.fails(4, ['push', ...trust, '--from', './app', `${host}/app:1`]);
  await me.reg(['login', ...trust, '-u', 'ann', '--password-stdin', host], { stdin: `${PASSWORD}\n` });
  await me.reg(['push', ...trust, '--from', './app', `${host}/app:1`]);
  await me.reg(['pull', ...trust, `${host}/app:1`]);
  const out = await me.reg(['logout', host]);
  assert.match(out.stdout, new RegExp(host));
  assert.deepEqual(await me.readDockerConfig(), { auths: {} });
  await me.fails(4, ['pull', ...trust, `${host}/app:1`]);
});

test('a login is kept where and as docker keeps it, and nothing else there is lost', REAL, async (t) => {
  const { me, host, trust } = await startGuarded(t);
  const others = { detachKeys: 'ctrl-e,e', HttpHeaders: { 'X-Own': 'kept' }, plugins: { a: { b: 'c' } } };
  const neighbour = { auth: encode('somebody', 'else') };
  await writeDockerConfig(me, { ...others, auths: { 'other.test': neighbour } });
  await me.reg(['login', ...trust, '--username', 'ann', '--password-stdin', host], { stdin: PASSWORD });
  assert.deepEqual(await me.readDockerConfig(), {
    ...others,
    auths: { 'other.test': neighbour, [host]: { auth: encode('ann', PASSWORD) } },
  });
  if (platform !== 'win32') assert.equal((await stat(me.dockerConfig)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(dirname(me.dockerConfig)), ['config.json']);

  await me.reg(['logout', host]);
  assert.deepEqual(await me.readDockerConfig(), { ...others, auths: { 'other.test': neighbour } });
});

test('a wrong password is refused, and not kept or shown', REAL, async (t) => {
  const { me, host, trust } = await startGuarded(t);
  const wrong = await me.fails(4, ['login', ...trust, '-u', 'ann', '--password-stdin', host], {
    stdin: 'hunter2-wrong',
  });
  assert.match(wrong.stderr, new RegExp(host));
  assert.doesNotMatch(wrong.stderr + wrong.stdout, /hunter2/);
  await assert.rejects(readFile(me.dockerConfig), { code: 'ENOENT' });

  await me.reg(['login', ...trust, '-u', 'ann', '--password-stdin', host], { stdin: PASSWORD });
  const kept = await me.readDockerConfig();
  await me.fails(4, ['login', ...trust, '-u', 'ann', '--password-stdin', host], { stdin: 'wrong' });
  assert.deepEqual(await me.readDockerConfig(), kept);
});

test('a password on the command line works, with a warning', REAL, async (t) => {
  const { me, host, trust } = await startGuarded(t);
  const { stderr } = await me.reg(['login', ...trust, '-u', 'ann', '-p', PASSWORD, host]);
  assert.match(stderr, /^reg: warning: .*--password-stdin/m);
  await me.reg(['push', ...trust, '--from', './app', `${host}/app:1`]);
});

test('a login that docker wrote is used', REAL, async (t) => {
  const { me, host, trust } = await startGuarded(t);
  await writeDockerConfig(me, { auths: { [`https://${host}/v2/`]: { auth: encode('ann', PASSWORD) } } });
  await me.reg(['push', ...trust, '--from', './app', `${host}/app:1`]);
  await me.reg(['pull', ...trust, `${host}/app:1`]);
});

test('skopeo uses the login that reg wrote', needs('docker-registry', 'htpasswd', 'skopeo'), async (t) => {
  const { me, host, trust, authority } = await startGuarded(t);
  await me.reg(['login', ...trust, '-u', 'ann', '--password-stdin', host], { stdin: PASSWORD });
  await me.reg(['push', ...trust, '--from', './app', `${host}/app:1`]);
  const flags = await remoteFlags(t, '', { authority });
  succeeded(await skopeo(t, ['inspect', ...flags, '--authfile', me.dockerConfig, `docker://${host}/app:1`]));
});

test('a login is for one host: another one gets no password', REAL, async (t) => {
  const { me, host, trust } = await startGuarded(t);
  const other = await startGuarded(t);
  await me.reg(['login', ...trust, '-u', 'ann', '--password-stdin', host], { stdin: PASSWORD });
  await me.fails(4, ['pull', ...other.trust, `${other.host}/app:1`]);
});

test('a registry whose certificate nobody vouches for is not talked to', REAL, async (t) => {
  const { me, host } = await startGuarded(t);
  const { stderr } = await me.fails(5, ['login', '-u', 'ann', '--password-stdin', host], { stdin: PASSWORD });
  assert.match(stderr, /--ca-file/);
  assert.doesNotMatch(stderr, new RegExp(PASSWORD));
  const insecure = await me.reg(['login', '--insecure', '-u', 'ann', '--password-stdin', host], {
    stdin: PASSWORD,
  });
  assert.match(insecure.stderr, /^reg: warning: .*certificate/m);
});

test('without a terminal a missing username or password is an error, not a question', async (t) => {
  const me = await createPerson(t);
  const noName = await me.fails(2, ['login', 'registry.test']);
  assert.match(noName.stderr, /--username/);
  const noPassword = await me.fails(2, ['login', '-u', 'ann', 'registry.test']);
  assert.match(noPassword.stderr, /--password-stdin/);
});

interface Guarded {
  readonly me: Person;
  readonly host: string;
  /** Flags by which `reg` trusts the registry. */
  readonly trust: readonly string[];
  readonly authority: string;
}

/** A registry behind TLS and a password, and a person with an OCI layout `app` at home. */
async function startGuarded(scope: Scope): Promise<Guarded> {
  const authority = await createAuthority();
  const tls = await authority.issue(['127.0.0.1']);
  const registry = await startDockerRegistry(scope, { tls, auth: { users: { ann: PASSWORD } } });
  const me = await createPerson(scope);
  await writeLayout(join(me.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  const caFile = join(await temporaryFolder(scope), 'ca.crt');
  await writeFile(caFile, authority.certificate);
  return { me, host: registry.host, trust: ['--ca-file', caFile], authority: authority.certificate };
}

async function writeDockerConfig({ dockerConfig }: Person, config: object): Promise<void> {
  await mkdir(dirname(dockerConfig), { recursive: true });
  await writeFile(dockerConfig, JSON.stringify(config), { mode: 0o600 });
}

/** Docker's `auth` field. */
function encode(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}
