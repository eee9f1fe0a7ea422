import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { platform } from 'node:process';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { hash } from 'bcryptjs';
import { createAuthority, writeKeyPair } from '../support/certificates.js';
import type { Child } from '../support/child.js';
import { patternContent } from '../support/contents.js';
import { ask } from '../support/http-client.js';
import { writeLayout } from '../support/image-files.js';
import { image, sampleIndex } from '../support/images.js';
import type { TestGraph } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';
import type { Scope } from '../support/temp.js';

test('what reg pushes to reg serve, reg pulls from it', async (t) => {
  const { host, me, made } = await startServed(t);
  const name = `${host}/team/app:1.0`;
  await me.reg(['push', '--from', 'app', name]);
  const { stdout } = await me.reg(['pull', '--json', '--all-platforms', name]);
  const result: Record<string, unknown> = JSON.parse(stdout);
  assert.equal(result['digest'], made.descriptor.digest);
  await me.reg(['verify']);
  const raw = await me.reg(['inspect', '--raw', name]);
  assert.equal(raw.stdout, made.bytes.toString());
});

test('what was pushed to reg serve is in the store of its owner', async (t) => {
  const { host, me, owner, made } = await startServed(t);
  await me.reg(['push', '--from', 'app', `${host}/team/app:1.0`]);
  assert.equal((await owner.reg(['images', '-q'])).stdout, 'docker.io/team/app:1.0\n');
  await owner.reg(['verify']);
  assert.equal(
    (await owner.reg(['inspect', '--local', '--raw', 'team/app:1.0'])).stdout,
    made.bytes.toString(),
  );
});

test('what its owner pulled is there for all to pull', async (t) => {
  const { host, me, owner } = await startServed(t);
  const elsewhere = await startServe(t, await createPerson(t));
  await me.reg(['push', '--from', 'app', `${elsewhere.host}/team/tool:2`]);
  const there = ['--plain-http', '--resolve', `registry.test:80:${elsewhere.host}`];
  await owner.reg(['pull', '--all-platforms', ...there, 'registry.test/team/tool:2']);
  await me.reg(['pull', '--all-platforms', `${host}/registry.test/team/tool:2`]);
  await me.reg(['verify']);
});

test('skopeo copies into reg serve and out of it', needs('skopeo'), async (t) => {
  const { host, me, made } = await startServed(t);
  const remote = `docker://${host}/team/multi:1`;
  const into = ['copy', '--all', ...(await remoteFlags(t, 'dest')), `oci:${join(me.home, 'app')}:it`, remote];
  succeeded(await skopeo(t, into));
  const out = ['copy', '--all', ...(await remoteFlags(t, 'src')), remote, `dir:${join(me.home, 'out')}`];
  succeeded(await skopeo(t, out));
  assert.deepEqual(await readFile(join(me.home, 'out', 'manifest.json')), made.bytes);
  const tags = await skopeo(t, ['list-tags', ...(await remoteFlags(t, '')), `docker://${host}/team/multi`]);
  assert.deepEqual(JSON.parse(succeeded(tags).stdout), {
    Repository: `${host}/team/multi`,
    Tags: ['1'],
  });
});

test('skopeo mounts and deletes at reg serve', needs('skopeo'), async (t) => {
  const { host, me } = await startServed(t);
  await me.reg(['push', '--from', 'app', `${host}/team/app:1`]);
  const flags = [...(await remoteFlags(t, 'src')), ...(await remoteFlags(t, 'dest'))];
  const copy = ['copy', '--all', ...flags, `docker://${host}/team/app:1`, `docker://${host}/other/app:1`];
  succeeded(await skopeo(t, copy));
  succeeded(await skopeo(t, ['delete', ...(await remoteFlags(t, '')), `docker://${host}/other/app:1`]));
  await me.fails(3, ['pull', `${host}/other/app:1`]);
  await me.reg(['pull', '--all-platforms', `${host}/team/app:1`]);
});

test('reg serve --read-only serves, and takes nothing', async (t) => {
  const { host, me, owner } = await startServed(t);
  await me.reg(['push', '--from', 'app', `${host}/team/app:1`]);
  const readOnly = await startServe(t, owner, ['--read-only']);
  await me.reg(['pull', '--all-platforms', `${readOnly.host}/team/app:1`]);
  const { stderr } = await me.fails(7, ['push', '--from', 'app', `${readOnly.host}/team/new:1`]);
  assert.match(stderr, /read-only/);
  assert.equal((await owner.reg(['images', '-q'])).stdout, 'docker.io/team/app:1\n');
});

test('reg serve asks for a login over TLS, and reg and skopeo give it', needs('skopeo'), async (t) => {
  const { me, flags, host, authority } = await startGuarded(t);
  const name = `${host}/team/app:1`;
  await me.fails(4, ['push', ...flags, '--from', 'app', name]);
  await me.fails(4, ['login', ...flags, '-u', 'alice', '--password-stdin', host], { stdin: 'wrong' });
  await me.reg(['login', ...flags, '-u', 'alice', '--password-stdin', host], { stdin: 'open-sesame' });
  await me.reg(['push', ...flags, '--from', 'app', name]);
  await me.reg(['pull', ...flags, '--all-platforms', name]);
  const user = { authority, user: 'alice', password: 'open-sesame' };
  const seen = await skopeo(t, ['inspect', '--raw', ...(await remoteFlags(t, '', user)), `docker://${name}`]);
  succeeded(seen);
  const stranger = { authority, user: 'alice', password: 'wrong' };
  const refused = await skopeo(t, ['inspect', ...(await remoteFlags(t, '', stranger)), `docker://${name}`]);
  assert.notEqual(refused.code, 0);
});

test('reg serve writes a line for each request, as text, as JSON or not at all', async (t) => {
  const said = async (...args: readonly string[]): Promise<string> => {
    const { child, origin } = await startServe(t, await createPerson(t), args);
    await ask(`${origin}/v2/app/manifests/1?x=%1b[2J`);
    child.kill('SIGTERM');
    return (await child.ended).stderr;
  };
  assert.match(await said(), /^GET \/v2\/app\/manifests\/1\?x=%1b\[2J 404 \(in 0 B, out \d+ B, \d+ ms\)\n/);
  const entry: Record<string, unknown> = JSON.parse((await said('--log', 'json')).split('\n')[0] ?? '');
  assert.deepEqual(Object.keys(entry), [
    'time',
    'method',
    'path',
    'status',
    'received',
    'sent',
    'durationMs',
  ]);
  assert.equal(entry['status'], 404);
  assert.doesNotMatch(await said('--log', 'none'), /GET/);
});

test('reg serve says what is wrong with its certificate and its list of users', async (t) => {
  const me = await createPerson(t);
  const path = (name: string): string => join(me.home, name);
  await writeFile(path('bad.pem'), 'nonsense');
  await writeFile(path('users'), 'alice:secret');
  const wrong = [
    [['--tls-cert', path('bad.pem')], /--tls-key is missing/],
    [['--tls-cert', path('bad.pem'), '--tls-key', path('bad.pem')], /cannot use the certificate/],
    [['--auth', 'users'], /invalid --auth "users". Write htpasswd:FILE/],
    [['--auth', `htpasswd:${path('users')}`], /line 1: the password of "alice" is not a bcrypt hash/],
    [['--log', 'xml'], /invalid --log "xml"/],
  ] as const;
  for (const [args, message] of wrong) {
    const { stderr } = await me.fails(2, ['serve', '--listen', '127.0.0.1:0', ...args]);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /secret|nonsense/);
  }
});

const skip = platform === 'win32' && 'Windows has no signals';
test('reg serve ends when it is told to, and says where it listened', { skip }, async (t) => {
  const { child, origin } = await startServe(t, await createPerson(t));
  child.kill('SIGTERM');
  const ended = await child.ended;
  assert.equal(ended.code, 143);
  assert.ok(ended.stdout.includes(origin));
  await assert.rejects(ask(`${origin}/v2/`), { code: 'ECONNREFUSED' });
});

test('reg serve lets requests end when it is told to, and not when it is told twice', { skip }, async (t) => {
  const start = async (): Promise<{ readonly child: Child; readonly download: IncomingMessage }> => {
    const owner = await createPerson(t);
    const { child, host, origin } = await startServe(t, owner, ['--grace', '30s']);
    const large = await patternContent(20_000_000, 1);
    await pushGraph(`${origin}/v2/app`, image({ layers: [{ blob: large, tar: large }] }), { tag: '1' });
    const [download] = (await once(get(`http://${host}/v2/app/blobs/${large.digest}`), 'response')) as [
      IncomingMessage,
    ];
    child.kill('SIGTERM');
    await assert.rejects(async () => {
      for (;;) await ask(`${origin}/v2/`);
    });
    return { child, download };
  };
  const patient = await start();
  let size = 0;
  for await (const chunk of patient.download as AsyncIterable<Buffer>) size += chunk.length;
  assert.equal(size, 20_000_000);
  const ended = await patient.child.ended;
  assert.equal(ended.code, 143);
  assert.match(ended.stderr, /waiting up to 30s for a request under way; a second signal ends them/);

  const hasty = await start();
  hasty.child.kill('SIGTERM');
  assert.equal((await hasty.child.ended).code, 143);
  await assert.rejects(buffer(hasty.download), { code: 'ECONNRESET' });
});

test('reg serve refuses a port that is taken', async (t) => {
  const { host } = await startServe(t, await createPerson(t));
  const me = await createPerson(t);
  const { stderr } = await me.fails(2, ['serve', '--listen', host]);
  assert.ok(stderr.includes(host.split(':')[1] ?? ''));
});

interface Setting {
  readonly host: string;
  readonly origin: string;
  /** Whose store is served. */
  readonly owner: Person;
  /** Somebody else, with an OCI layout `app` at home. */
  readonly me: Person;
  /** What that holds. */
  readonly made: TestGraph;
}

async function startServed(scope: Scope): Promise<Setting> {
  const owner = await createPerson(scope);
  const me = await createPerson(scope);
  const made = await sampleIndex();
  await writeLayout(join(me.home, 'app'), { it: made });
  const { host, origin } = await startServe(scope, owner);
  return { host, origin, owner, me, made };
}

/** `reg serve` with a certificate and one user, `alice`, whose password is `secret`. */
async function startGuarded(t: Scope): Promise<{
  readonly me: Person;
  readonly host: string;
  readonly flags: readonly string[];
  readonly authority: string;
}> {
  const [me, owner, authority] = await Promise.all([createPerson(t), createPerson(t), createAuthority()]);
  const paths = await writeKeyPair(owner.home, 'host', await authority.issue(['127.0.0.1']));
  await writeFile(join(owner.home, 'users'), `alice:${await hash('open-sesame', 4)}\n`);
  await writeFile(join(me.home, 'ca.crt'), authority.certificate);
  await writeLayout(join(me.home, 'app'), { it: await sampleIndex() });
  const tls = ['--tls-cert', paths.certificate, '--tls-key', paths.key];
  const { host } = await startServe(t, owner, [...tls, '--auth', `htpasswd:${join(owner.home, 'users')}`]);
  return { me, host, flags: ['--ca-file', join(me.home, 'ca.crt')], authority: authority.certificate };
}
