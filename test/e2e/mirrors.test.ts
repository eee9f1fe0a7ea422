import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { createAuthority } from '../support/certificates.js';
import { startDockerRegistry, type DockerRegistry } from '../support/docker-registry.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer, type TestImage } from '../support/images.js';
import { createPerson, type Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import type { Scope } from '../support/temp.js';

const PASSWORD = 'open-the-origin';
const REAL = needs('docker-registry', 'htpasswd');

/** A registry behind a password with `app:1`, which a person has logged in to, and pushed there. */
async function startOrigin(
  scope: Scope,
): Promise<{ readonly me: Person; readonly origin: DockerRegistry; readonly made: TestImage }> {
  const origin = await startDockerRegistry(scope, { auth: { users: { ann: PASSWORD } } });
  const me = await createPerson(scope);
  const made = image({ layers: [await layer({ a: 'a' }), await layer({ b: 'b' })] });
  await writeLayout(join(me.home, 'app'), { it: made });
  await me.reg(['login', '-u', 'ann', '--password-stdin', origin.host], { stdin: PASSWORD });
  await me.reg(['push', '--from', './app', `${origin.host}/app:1`]);
  return { me, origin, made };
}

/** Starts a registry that keeps what it has from another one; that one must want no password. */
function startCache(scope: Scope, storage: string): Promise<DockerRegistry> {
  return startDockerRegistry(scope, { storage }).then((open) =>
    startDockerRegistry(scope, { remoteUrl: open.origin }),
  );
}

async function put({ home }: Person, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), text);
}

async function digestOf(me: Person, args: readonly string[], env = {}): Promise<unknown> {
  const { stdout } = await me.reg(['pull', '--json', ...args], { env });
  return (JSON.parse(stdout) as { readonly digest: unknown }).digest;
}

test('an image comes by a pull-through cache that a flag, a variable or a file names', REAL, async (t) => {
  const { me, origin, made } = await startOrigin(t);
  const cache = await startCache(t, origin.storage);
  const before = (await origin.requests()).length;
  const name = `${origin.host}/app:1`;
  const pair = `${origin.host}=${cache.origin}`;
  assert.equal(await digestOf(me, ['--mirror', pair, name]), made.descriptor.digest);
  assert.equal(
    await digestOf(me, ['--store', 'second', name], { REG_MIRRORS: pair }),
    made.descriptor.digest,
  );
  await put(
    me,
    '.config/containers/registries.conf',
    `[[registry]]\nlocation = "${origin.host}"\n[[registry.mirror]]\nlocation = "${cache.host}"\n`,
  );
  const told = await me.reg(['pull', '--debug', '--store', 'third', name]);
  assert.match(
    told.stderr,
    /are looked for at 127\.0\.0\.1:\d+\/app, 127\.0\.0\.1:\d+, as .*registries\.conf says/,
  );
  assert.doesNotMatch(told.stderr, new RegExp(PASSWORD));
  assert.equal((await origin.requests()).length, before, 'the registry itself was asked');
  assert.ok((await cache.requests()).some(({ path }) => path.includes('/blobs/')));

  const direct = await me.reg(['pull', '--mirror', 'none', '--store', 'fourth', name]);
  assert.equal(direct.stderr.includes('mirror'), false);
  assert.ok((await origin.requests()).length > before);
});

test('a push goes to the registry although there is a mirror', REAL, async (t) => {
  const { me, origin, made } = await startOrigin(t);
  const cache = await startCache(t, origin.storage);
  const flags = ['--mirror', `${origin.host}=${cache.origin}`];
  await me.reg(['push', ...flags, '--from', './app', `${origin.host}/app:2`]);
  assert.deepEqual(await cache.requests(), []);
  assert.equal(await digestOf(me, [...flags, `${origin.host}/app:2`]), made.descriptor.digest);
});

test('mirrors that are down, or lack the image, are told of in one line each, and left', REAL, async (t) => {
  const { me, origin, made } = await startOrigin(t);
  const empty = await startDockerRegistry(t);
  const down = await startDockerRegistry(t);
  await down.close();
  const flags = [down, empty].flatMap((mirror) => ['--mirror', `${origin.host}=${mirror.origin}`]);
  const name = `${origin.host}/app:1`;
  const { stderr } = await me.reg(['pull', '--progress', 'plain', ...flags, name]);
  const lines = stderr.split('\n').filter((line) => line.includes('mirror'));
  assert.equal(lines.length, 2, stderr);
  assert.match(lines[0] ?? '', /^reg: passing over the mirror http:\/\/127\.0\.0\.1:\d+: cannot connect/);
  assert.match(lines[1] ?? '', /^reg: passing over the mirror http:\/\/127\.0\.0\.1:\d+: manifest not found/);
  const quiet = await me.reg(['pull', '-q', '--store', 'second', ...flags, name]);
  assert.equal(quiet.stderr, '');
  assert.equal(await digestOf(me, ['--store', 'third', ...flags, name]), made.descriptor.digest);
});

test('a mirror has certificates and a login of its own', REAL, async (t) => {
  const { me, origin, made } = await startOrigin(t);
  const authority = await createAuthority();
  const mirror = await startDockerRegistry(t, {
    storage: origin.storage,
    tls: await authority.issue(['127.0.0.1']),
    auth: { users: { ann: 'open-the-mirror' } },
  });
  const flags = ['--mirror', `${origin.host}=${mirror.origin}`];
  const name = `${origin.host}/app:1`;
  const distrusted = await me.reg(['pull', ...flags, name]);
  assert.match(distrusted.stderr, /passing over the mirror https:.*: cannot trust 127\.0\.0\.1/);
  await put(me, `.docker/certs.d/${mirror.host}/ca.crt`, authority.certificate);
  const refused = await me.reg(['pull', '--store', 'second', ...flags, name]);
  assert.match(refused.stderr, /passing over the mirror https:/);
  await me.reg(['login', '-u', 'ann', '--password-stdin', mirror.host], { stdin: 'open-the-mirror' });
  const before = (await origin.requests()).length;
  assert.equal(await digestOf(me, ['--store', 'third', ...flags, name]), made.descriptor.digest);
  assert.equal((await origin.requests()).length, before);
});

test('what is blocked is refused, and a broken file is named with line and column', async (t) => {
  const me = await createPerson(t);
  await put(
    me,
    '.config/containers/registries.conf',
    '[[registry]]\nlocation = "bad.example"\nblocked = true\n',
  );
  const blocked = await me.fails(4, ['pull', 'bad.example/app:1']);
  assert.match(blocked.stderr, /images of "bad\.example".*"blocked" says in ".*registries\.conf"/s);
  await put(me, '.config/containers/registries.conf', '[[registry]]\nlocation = bad.example\n');
  const broken = await me.fails(2, ['pull', 'good.example/app:1']);
  assert.match(broken.stderr, /registries\.conf" is not TOML: line 2, column \d+/);
  await put(me, '.docker/daemon.json', '{ "registry-mirrors": [');
  await put(me, '.config/containers/registries.conf', '');
  const daemon = await me.fails(2, ['pull', 'good.example/app:1']);
  assert.match(daemon.stderr, /daemon\.json" is not JSON: it is cut off at line 1, column \d+/);
});

test('a mirror with a mistake is a mistake of usage, and shows no password', async (t) => {
  const me = await createPerson(t);
  const { stderr } = await me.fails(2, [
    'pull',
    '--mirror',
    'docker.io=https://me:secret@m.example',
    'nginx',
  ]);
  assert.match(stderr, /invalid --mirror for "docker\.io"\. Write HOST=URL/);
  assert.doesNotMatch(stderr, /secret/);
});

test('a registry that a file calls insecure speaks http, or shows any certificate', REAL, async (t) => {
  const { me } = await startOrigin(t);
  const tls = await (await createAuthority()).issue(['elsewhere.test']);
  const [plain, strange] = [await startDockerRegistry(t), await startDockerRegistry(t, { tls })];
  const hosts = ['plain.test:5000', 'strange.test:5000'];
  const resolve = [plain, strange].flatMap(({ port }, at) => ['--resolve', `${hosts[at]}:127.0.0.1:${port}`]);
  for (const host of hosts) await me.fails(5, ['push', ...resolve, '--from', './app', `${host}/app:1`]);
  await put(me, '.docker/daemon.json', JSON.stringify({ 'insecure-registries': hosts }));
  for (const host of hosts) await me.reg(['push', ...resolve, '--from', './app', `${host}/app:1`]);
  const { stderr } = await me.reg(['pull', ...resolve, `${hosts[1]}/app:1`]);
  assert.match(stderr, /^reg: warning: the certificate of strange\.test:5000 is not checked/m);
});
