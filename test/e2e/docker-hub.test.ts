import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDockerHub } from '../support/docker-hub.js';
import type { DockerHub, DockerHubOptions } from '../support/docker-hub.js';
import { ask } from '../support/http-client.js';
import { sampleIndex } from '../support/images.js';
import type { TestGraph } from '../support/images.js';
import { createPerson } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import type { Scope } from '../support/temp.js';

const REAL = needs('docker-registry');

test('a short name is pulled from Docker Hub, and the end of it looks as with docker', REAL, async (t) => {
  const { me, hub, flags, made } = await startHub(t);
  const latest = await me.reg(['pull', ...flags, 'nginx']);
  assert.equal(
    latest.stdout,
    [
      `Digest: ${made.descriptor.digest}`,
      'Status: Downloaded newer image for nginx:latest',
      'docker.io/library/nginx:latest',
      '',
    ].join('\n'),
  );
  assert.deepEqual(
    hub.auth.tokenRequests.map(({ grant, service, scopes }) => ({ grant, service, scopes })),
    [{ grant: 'anonymous', service: 'registry.docker.io', scopes: ['repository:library/nginx:pull'] }],
  );
  const again = await me.reg(['pull', ...flags, 'nginx']);
  assert.match(again.stdout, /^Status: Image is up to date for nginx:latest$/m);
});

test('a tag and a digest of Docker Hub are pulled', REAL, async (t) => {
  const { me, flags, made } = await startHub(t);
  const { digest } = made.descriptor;
  const tagged = await me.reg(['pull', ...flags, 'docker.io/library/nginx:1.27']);
  assert.match(
    tagged.stdout,
    /^Status: Downloaded newer image for nginx:1\.27\ndocker\.io\/library\/nginx:1\.27\n$/m,
  );
  const byDigest = await me.reg(['pull', ...flags, `nginx@${digest}`]);
  assert.match(byDigest.stdout, new RegExp(`^docker\\.io/library/nginx@${digest}$`, 'm'));
  const quiet = await me.reg(['pull', '-q', ...flags, 'nginx:1.27', 'nginx']);
  assert.equal(quiet.stdout, 'docker.io/library/nginx:1.27\ndocker.io/library/nginx:latest\n');
  assert.equal(quiet.stderr, '');
});

test('the CDN of Docker Hub never sees a credential', REAL, async (t) => {
  const { me, hub, flags } = await startHub(t);
  await login(me, flags);
  await me.reg(['pull', ...flags, '--all-platforms', 'nginx']);
  assert.ok(hub.cdn.requests.length > 0);
  for (const { headers, status } of hub.cdn.requests) {
    assert.equal(headers.authorization, undefined);
    assert.equal(headers.cookie, undefined);
    assert.equal(status, 200);
  }
});

test('a signed URL of the CDN is never shown', REAL, async (t) => {
  const { me, hub, flags } = await startHub(t);
  const { stdout, stderr } = await me.reg(['pull', '--debug', ...flags, 'nginx']);
  const secrets = hub.cdn.requests.map(({ path }) =>
    new URL(path, 'https://cdn').searchParams.get('signature'),
  );
  assert.ok(secrets.length > 0);
  for (const secret of secrets) assert.ok(!`${stdout}${stderr}`.includes(secret ?? ''), 'shows a signature');
  assert.doesNotMatch(stderr, /Bearer ey/);
});

test('an owner logs in to Docker Hub and pushes; what the Hub has is mounted', REAL, async (t) => {
  const { me, hub, flags, made } = await startHub(t);
  await me.reg(['pull', ...flags, '--all-platforms', 'nginx']);
  await login(me, flags);
  assert.deepEqual(await me.readDockerConfig(), {
    auths: { 'https://index.docker.io/v1/': { auth: Buffer.from('myorg:open-sesame').toString('base64') } },
  });
  await me.reg(['tag', 'nginx', 'myorg/app:1.0']);
  const { stdout } = await me.reg(['push', ...flags, 'myorg/app:1.0']);
  assert.match(stdout, new RegExp(`^myorg/app:1\\.0: digest: ${made.descriptor.digest}`));
  assert.deepEqual(await manifestAt(hub, 'myorg/app/manifests/1.0', made), made.bytes);
  const sent = hub.registry.requests.filter(({ method }) => method === 'PATCH');
  assert.deepEqual(sent, [], 'blobs were sent that could be mounted');
});

test('who is not logged in to Docker Hub may not push, and hears what to do', REAL, async (t) => {
  const { me, flags } = await startHub(t);
  await me.reg(['pull', ...flags, 'nginx']);
  await me.reg(['tag', 'nginx', 'myorg/app:1.0']);
  const { stderr } = await me.fails(4, ['push', ...flags, 'myorg/app:1.0']);
  assert.match(stderr, /reg login/);
});

test('a private repository of Docker Hub opens for its owner only', REAL, async (t) => {
  const { me, hub, flags } = await startHub(t, { privateRepositories: ['myorg/secret'] });
  await pushGraph(`${hub.storage.origin}/v2/myorg/secret`, await sampleIndex(), { tag: 'latest' });
  await me.fails(4, ['pull', ...flags, 'myorg/secret']);
  await login(me, flags);
  await me.reg(['pull', ...flags, 'myorg/secret']);
});

test('a repository that Docker Hub does not have is told from a network that fails', REAL, async (t) => {
  const { me, flags } = await startHub(t);
  await me.fails(3, ['pull', ...flags, 'nginx:nowhere']);
  // The Hub says "denied" to the anonymous, whether the repository is private or missing.
  const { stderr } = await me.fails(4, ['pull', ...flags, 'nobody/nothing']);
  assert.match(stderr, /nobody\/nothing/);
});

test('the pull limit of Docker Hub is named for what it is', REAL, async (t) => {
  const { me, flags } = await startHub(t, { pulls: 0 });
  const { stderr } = await me.fails(5, ['pull', ...flags, 'nginx']);
  assert.match(stderr, /rate limit/i);
});

interface Setting {
  readonly me: Person;
  readonly hub: DockerHub;
  /** Flags by which `reg` comes to the stand-in. */
  readonly flags: readonly string[];
  /** `nginx:latest` and `nginx:1.27`. */
  readonly made: TestGraph;
}

async function startHub(scope: Scope, options: DockerHubOptions = {}): Promise<Setting> {
  const hub = await startDockerHub(scope, { users: { myorg: 'open-sesame' }, ...options });
  const made = await sampleIndex();
  for (const tag of ['latest', '1.27'])
    await pushGraph(`${hub.storage.origin}/v2/library/nginx`, made, { tag });
  const me = await createPerson(scope);
  return { me, hub, flags: [...hub.resolveFlags, '--ca-file', hub.authorityFile], made };
}

async function login(me: Person, flags: readonly string[]): Promise<void> {
  await me.reg(['login', ...flags, '-u', 'myorg', '--password-stdin'], { stdin: 'open-sesame' });
}

async function manifestAt(hub: DockerHub, path: string, { descriptor }: TestGraph): Promise<Buffer> {
  const headers = { accept: descriptor.mediaType };
  return (await ask(`${hub.storage.origin}/v2/${path}`, { headers })).body;
}
