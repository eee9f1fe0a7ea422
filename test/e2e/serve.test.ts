import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';
import { ask } from '../support/http-client.js';
import { writeLayout } from '../support/image-files.js';
import { sampleIndex } from '../support/images.js';
import type { TestGraph } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
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

const skip = platform === 'win32' && 'Windows has no signals';
test('reg serve ends when it is told to, and says where it listened', { skip }, async (t) => {
  const { child, origin } = await startServe(t, await createPerson(t));
  child.kill('SIGTERM');
  const ended = await child.ended;
  assert.equal(ended.code, 143);
  assert.ok(ended.stdout.includes(origin));
  await assert.rejects(ask(`${origin}/v2/`), { code: 'ECONNREFUSED' });
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
