import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../support/contents.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import type { DockerRegistry } from '../support/docker-registry.js';
import { startLoggingProxy } from '../support/http-proxy-log.js';
import { writeLayout } from '../support/image-files.js';
import { image, index, layer, sampleIndex } from '../support/images.js';
import type { TestGraph, TestImage } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';

const REAL = needs('docker-registry', 'skopeo');

for (const format of ['oci', 'v2s2'] as const) {
  test(
    `an image that skopeo put in (${format}) goes through pull and push byte for byte`,
    REAL,
    async (t) => {
      const registry = await startDockerRegistry(t);
      const me = await createPerson(t);
      const name = `${registry.host}/team/app:1.0`;
      await putIn(t, await smallImage(), { name, format });
      const original = await rawManifest(t, name);
      const { stdout } = await me.reg(['pull', name]);
      assert.equal(
        stdout,
        `Digest: ${sha256(original)}\nStatus: Downloaded newer image for ${name}\n${name}\n`,
      );

      const other = `${registry.host}/another/place:2`;
      await me.reg(['tag', name, other]);
      const pushed = await me.reg(['push', other]);
      assert.match(pushed.stdout, new RegExp(`^${other}: digest: ${sha256(original)}`));
      assert.equal(await rawManifest(t, other), original);
      await readsAll(t, `docker://${other}`);
    },
  );
}

test('skopeo reads what reg pulled straight out of the store', REAL, async (t) => {
  const registry = await startDockerRegistry(t);
  const me = await createPerson(t);
  const made = await smallImage();
  await pushGraph(`${registry.origin}/v2/team/app`, made, { tag: '1.0' });
  const name = `${registry.host}/team/app:1.0`;
  await me.reg(['pull', name]);
  const { stdout } = succeeded(await skopeo(t, ['inspect', '--raw', `oci:${me.store}:${name}`]));
  assert.equal(stdout, made.bytes.toString());
  await readsAll(t, `oci:${me.store}:${name}`);
});

test('one platform of an index is pulled: the one that was asked for', REAL, async (t) => {
  const { made, name } = await withIndex(t);
  const [amd64, arm64] = made;
  const me = await createPerson(t);
  await me.reg(['pull', '--platform', 'linux/amd64', name]);
  assert.equal(await storedManifest(t, me.store, name), amd64.bytes.toString());
  await me.reg(['pull', '-p', 'linux/arm64', name]);
  assert.equal(await storedManifest(t, me.store, name), arm64.bytes.toString());
  await me.reg(['pull', name], { env: { DOCKER_DEFAULT_PLATFORM: 'linux/amd64' } });
  assert.equal(await storedManifest(t, me.store, name), amd64.bytes.toString());
});

test('of the platforms that were not asked for no byte is fetched', needs('docker-registry'), async (t) => {
  const { registry, made, name } = await withIndex(t);
  const [amd64, arm64] = made;
  const before = (await registry.requests()).length;
  const me = await createPerson(t);
  await me.reg(['pull', '--platform', 'linux/arm64', name]);
  const asked = (await registry.requests()).slice(before).map(({ path }) => path);
  for (const digest of [amd64.descriptor.digest, ...amd64.blobs.keys()]) {
    const isOurs = arm64.blobs.has(digest);
    assert.equal(asked.filter((path) => path.endsWith(digest)).length, isOurs ? 1 : 0, digest);
  }
});

test('with --all-platforms an index goes through pull and push, attestations and all', REAL, async (t) => {
  const registry = await startDockerRegistry(t);
  const me = await createPerson(t);
  const name = `${registry.host}/team/multi:1`;
  await putIn(t, await sampleIndex(), { name, format: 'oci' });
  const original = await rawManifest(t, name);
  await me.reg(['pull', '--all-platforms', name]);
  assert.equal(await storedManifest(t, me.store, name), original);

  const other = `${registry.host}/another/multi:2`;
  await me.reg(['tag', name, other]);
  await me.reg(['push', other]);
  assert.equal(await rawManifest(t, other), original);
  await readsAll(t, `docker://${other}`);
});

test('a Docker manifest list is one image for each platform, too', REAL, async (t) => {
  const registry = await startDockerRegistry(t);
  const me = await createPerson(t);
  const name = `${registry.host}/team/list:1`;
  await putIn(t, index(await twoImages()), { name, format: 'v2s2' });
  assert.match(
    await rawManifest(t, name),
    /"application\/vnd\.docker\.distribution\.manifest\.list\.v2\+json"/,
  );
  const { stdout } = await me.reg(['pull', '--json', '--platform', 'linux/arm64/v8', name]);
  const result: Record<string, unknown> = JSON.parse(stdout);
  assert.equal(result['platform'], 'linux/arm64/v8');
  assert.equal(result['manifest'], sha256((await me.reg(['inspect', '--local', '--raw', name])).stdout));
});

test('a platform that is not there is answered with those that are', needs('docker-registry'), async (t) => {
  const { name } = await withIndex(t);
  const me = await createPerson(t);
  const { stderr, stdout } = await me.fails(3, ['pull', '--platform', 'linux/s390x', name]);
  assert.match(stderr, /linux\/s390x/);
  assert.match(stderr, /linux\/amd64/);
  assert.match(stderr, /linux\/arm64/);
  assert.equal(stdout, '');
});

test('pulling what is there already costs one request', needs('docker-registry'), async (t) => {
  const registry = await startDockerRegistry(t);
  const proxy = await startLoggingProxy(t, registry.origin);
  await pushGraph(`${registry.origin}/v2/team/app`, await sampleIndex(), { tag: '1.0' });
  const me = await createPerson(t);
  const name = `${proxy.host}/team/app:1.0`;
  await me.reg(['pull', '--platform', 'linux/amd64', name]);
  const before = proxy.requests.length;
  const { stdout } = await me.reg(['pull', '--platform', 'linux/amd64', name]);
  assert.match(stdout, new RegExp(`^Status: Image is up to date for ${name}$`, 'm'));
  const again = proxy.requests.slice(before).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(again, ['HEAD /v2/team/app/manifests/1.0']);
});

test(
  'the digest of a tag costs one HEAD, and that of one of its images one GET',
  needs('docker-registry'),
  async (t) => {
    const registry = await startDockerRegistry(t);
    const proxy = await startLoggingProxy(t, registry.origin);
    const made = await sampleIndex();
    await pushGraph(`${registry.origin}/v2/team/app`, made, { tag: '1.0' });
    const me = await createPerson(t);
    const name = `${proxy.host}/team/app:1.0`;
    const digest = sha256(made.bytes);
    const { manifests } = JSON.parse(made.bytes.toString());
    const arm64 = manifests.find(
      (entry: { platform?: { architecture?: string } }) => entry.platform?.architecture === 'arm64',
    );

    assert.equal((await me.reg(['digest', name])).stdout, `${digest}\n`);
    let seen = 0;
    const asked = (): readonly string[] => {
      const requests = proxy.requests.slice(seen).map(({ method, path }) => `${method} ${path}`);
      seen = proxy.requests.length;
      return requests;
    };
    assert.deepEqual(asked(), ['HEAD /v2/team/app/manifests/1.0']);
    assert.equal((await me.reg(['digest', '--platform', 'linux/arm64', name])).stdout, `${arm64.digest}\n`);
    assert.deepEqual(asked(), ['GET /v2/team/app/manifests/1.0']);

    const both = await me.reg(['digest', name, name]);
    assert.equal(both.stdout, `${digest}  ${name}\n`.repeat(2));
    assert.equal((await me.reg(['digest', '-q', name, name])).stdout, `${digest}\n`.repeat(2));
    const json = await me.reg(['digest', '--json', '--platform', 'linux/arm64', name]);
    assert.deepEqual(JSON.parse(json.stdout), {
      reference: name,
      platform: 'linux/arm64/v8',
      familiar: name,
      digest: arm64.digest,
    });
    await me.fails(3, ['digest', `${proxy.host}/team/app:2.0`]);
    await me.fails(3, ['digest', '--platform', 'plan9/386', name]);
  },
);

test(
  'the digest of an image in the store is that of its registry, which is not asked',
  needs('docker-registry'),
  async (t) => {
    const { made, name } = await withIndex(t);
    const me = await createPerson(t);
    await me.fails(3, ['digest', '--local', name]);
    await me.reg(['pull', '--platform', 'linux/amd64', name]);
    const { stdout } = await me.reg(['digest', name]);
    assert.equal((await me.reg(['digest', '--local', name])).stdout, stdout);
    const platform = await me.reg(['digest', '--local', '--platform', 'linux/amd64', name]);
    assert.equal(platform.stdout, `${sha256(made[0].bytes)}\n`);
  },
);

test('a layer that two images share is fetched once', needs('docker-registry'), async (t) => {
  const { registry, made, name } = await withIndex(t);
  const me = await createPerson(t);
  await me.reg(['pull', '--all-platforms', name]);
  const shared = made[0].layers[0]?.blob.digest ?? '';
  const gets = (await registry.requests()).filter(
    ({ method, path }) => method === 'GET' && path.endsWith(shared),
  );
  assert.equal(gets.length, 1);
});

test('an image is pulled by its digest, and by no other', needs('docker-registry'), async (t) => {
  const registry = await startDockerRegistry(t);
  const made = await smallImage();
  await pushGraph(`${registry.origin}/v2/team/app`, made, { tag: '1.0' });
  const me = await createPerson(t);
  const name = `${registry.host}/team/app@${made.descriptor.digest}`;
  const { stdout } = await me.reg(['pull', name]);
  assert.match(stdout, new RegExp(`^${name}$`, 'm'));
  await me.fails(3, ['pull', `${registry.host}/team/app@${sha256('something else')}`]);
});

test(
  'every tag of a repository is pulled and pushed with -a',
  needs('docker-registry', 'skopeo'),
  async (t) => {
    const registry = await startDockerRegistry(t);
    const [first, second] = await twoImages();
    await pushGraph(`${registry.origin}/v2/team/app`, first, { tag: 'one' });
    await pushGraph(`${registry.origin}/v2/team/app`, second, { tag: 'two' });
    const me = await createPerson(t);
    const repository = `${registry.host}/team/app`;
    const { stdout } = await me.reg(['pull', '-q', '-a', repository]);
    assert.equal(stdout, `${repository}:one\n${repository}:two\n`);

    const elsewhere = await startDockerRegistry(t);
    for (const tag of ['one', 'two'])
      await me.reg(['tag', `${repository}:${tag}`, `${elsewhere.host}/team/app:${tag}`]);
    await me.reg(['push', '-a', `${elsewhere.host}/team/app`]);
    assert.equal(await rawManifest(t, `${elsewhere.host}/team/app:one`), first.bytes.toString());
    assert.equal(await rawManifest(t, `${elsewhere.host}/team/app:two`), second.bytes.toString());
  },
);

test('a push sends each blob once, and nothing when all is there', needs('docker-registry'), async (t) => {
  const from = await startDockerRegistry(t);
  const to = await startDockerRegistry(t);
  const proxy = await startLoggingProxy(t, to.origin);
  await pushGraph(`${from.origin}/v2/app`, index(await twoImages()), { tag: '1' });
  const me = await createPerson(t);
  const [source, target] = [`${from.host}/app:1`, `${proxy.host}/app:1`];
  await me.reg(['pull', '--all-platforms', source]);
  await me.reg(['tag', source, target]);
  await me.reg(['push', target]);
  const commits = proxy.requests.filter(({ method, path }) => method === 'PUT' && path.includes('digest='));
  assert.equal(new Set(commits.map(({ path }) => digestIn(path))).size, commits.length);

  const before = proxy.requests.length;
  const again = await me.reg(['push', '--json', target]);
  const { bytes }: { readonly bytes: { readonly written: number } } = JSON.parse(again.stdout);
  assert.equal(bytes.written, 0);
  assert.deepEqual(
    proxy.requests.slice(before).filter(({ method, path }) => method !== 'HEAD' && path.includes('/blobs/')),
    [],
  );
});

async function smallImage(): Promise<TestImage> {
  return image({ layers: [await layer({ a: 'first layer' }), await layer({ b: 'second layer' })] });
}

/** For amd64 and arm64; the first layer is the same. */
async function twoImages(): Promise<readonly [TestImage, TestImage]> {
  const base = await layer({ base: 'the base' });
  const make = async (architecture: string): Promise<TestImage> =>
    image({
      layers: [base, await layer({ app: `app for ${architecture}` })],
      platform: { os: 'linux', architecture, ...(architecture === 'arm64' && { variant: 'v8' }) },
    });
  return [await make('amd64'), await make('arm64')];
}

async function withIndex(scope: Scope): Promise<{
  readonly registry: DockerRegistry;
  readonly made: readonly [TestImage, TestImage];
  readonly name: string;
}> {
  const registry = await startDockerRegistry(scope);
  const made = await twoImages();
  await pushGraph(`${registry.origin}/v2/team/multi`, index(made), { tag: '1' });
  return { registry, made, name: `${registry.host}/team/multi:1` };
}

/** Lets skopeo put it into a registry. */
async function putIn(
  scope: Scope,
  graph: TestGraph,
  { name, format }: { readonly name: string; readonly format: 'oci' | 'v2s2' },
): Promise<void> {
  const folder = await temporaryFolder(scope);
  await writeLayout(folder, { it: graph });
  const flags = await remoteFlags(scope, 'dest');
  succeeded(
    await skopeo(scope, [
      'copy',
      '--all',
      '--format',
      format,
      ...flags,
      `oci:${folder}:it`,
      `docker://${name}`,
    ]),
  );
}

/** The manifest as skopeo finds it at a registry. */
async function rawManifest(scope: Scope, name: string): Promise<string> {
  const flags = await remoteFlags(scope, '');
  return succeeded(await skopeo(scope, ['inspect', '--raw', ...flags, `docker://${name}`])).stdout;
}

/** The manifest as skopeo finds it in the store. */
async function storedManifest(scope: Scope, store: string, name: string): Promise<string> {
  return succeeded(await skopeo(scope, ['inspect', '--raw', `oci:${store}:${name}`])).stdout;
}

/** Lets skopeo read, and check, all of it. */
async function readsAll(scope: Scope, source: string): Promise<void> {
  const folder = await temporaryFolder(scope);
  const flags = source.startsWith('docker:') ? await remoteFlags(scope, 'src') : [];
  succeeded(await skopeo(scope, ['copy', '--all', ...flags, source, `dir:${join(folder, 'copy')}`]));
}

function digestIn(path: string): string | null {
  return new URL(path, 'http://any').searchParams.get('digest');
}
