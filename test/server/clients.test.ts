import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getuid } from 'node:process';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';

import { bareEnvironment, startChild } from '../support/child.js';
import { sha256 } from '../support/contents.js';
import type { Answer } from '../support/http-client.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer, sampleIndex } from '../support/images.js';
import { needs, programPath } from '../support/programs.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';
import { temporaryFolder, type Scope } from '../support/temp.js';
import { smallImage, startRegistry, type TestRegistry } from './registry.js';

/** Runs podman as root, over storage of its own. Fails when it fails. */
async function createPodman(scope: Scope): Promise<(...args: readonly string[]) => Promise<void>> {
  const home = await temporaryFolder(scope);
  const policy = join(home, '.config', 'containers', 'policy.json');
  await mkdir(dirname(policy), { recursive: true });
  await writeFile(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const places = ['root', 'runroot'].flatMap((name) => [`--${name}`, join(home, name)]);
  const flags = [...places, '--storage-driver=vfs', '--cgroup-manager=cgroupfs', '--events-backend=none'];
  const env = { ...bareEnvironment(), HOME: home, XDG_RUNTIME_DIR: home };
  return async (...args) => {
    const child = await startChild(scope, [programPath('podman'), ...flags, ...args], { env, cwd: home });
    const { code, stderr } = await child.ended;
    assert.equal(code, 0, stderr);
  };
}

interface Recorded {
  readonly who: string;
  /** How it brings one blob. */
  readonly push: (registry: TestRegistry, bytes: Buffer) => Promise<void>;
}

const OCTETS = { 'content-type': 'application/octet-stream' };

/** The requests of clients that Debian has no package of, in the order in which their source sends them. */
const RECORDED: readonly Recorded[] = [
  {
    // google/go-containerregistry, pkg/v1/remote/write.go: checkExistingBlob, initiateUpload, streamBlob, commitBlob.
    who: 'crane',
    async push({ ask, host }, bytes) {
      const digest = sha256(bytes);
      await expect(404, ask(`app/blobs/${digest}`, { method: 'HEAD' }));
      const query = new URLSearchParams({ from: 'base', mount: digest, origin: host }).toString();
      const headers = { 'content-type': 'application/json' };
      const begun = await expect(202, ask(`app/blobs/uploads/?${query}`, { method: 'POST', headers }));
      const sent = await expect(202, ask(begun, { method: 'PATCH', body: inPieces(bytes), headers: OCTETS }));
      await expect(201, ask(`${sent}?digest=${encodeURIComponent(digest)}`, { method: 'PUT' }));
    },
  },
  {
    // oras-project/oras-go, registry/remote/repository.go: blobStore.Push, completePushAfterInitialPost.
    who: 'oras',
    async push({ ask }, bytes) {
      const begun = await expect(202, ask('app/blobs/uploads/', { method: 'POST' }));
      const url = `${begun}?digest=${encodeURIComponent(sha256(bytes))}`;
      await expect(201, ask(url, { method: 'PUT', body: bytes, headers: OCTETS }));
    },
  },
  {
    // regclient/regclient, scheme/reg/blob.go: blobMount from anywhere, blobPutUploadChunked.
    who: 'regctl',
    async push({ ask }, bytes) {
      const digest = sha256(bytes);
      let location = await expect(202, ask(`app/blobs/uploads/?mount=${digest}`, { method: 'POST' }));
      for (let start = 0; start < bytes.length; start += 50) {
        const body = bytes.subarray(start, start + 50);
        const headers = { ...OCTETS, 'content-range': `${start}-${start + body.length - 1}` };
        location = await expect(202, ask(location, { method: 'PATCH', body, headers }));
      }
      await expect(201, ask(`${location}?digest=${digest}`, { method: 'PUT', headers: OCTETS }));
    },
  },
];

/** Sent with no length said. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
}

/** Where to go on. */
async function expect(status: number, asked: Promise<Answer>): Promise<string> {
  const answer = await asked;
  assert.equal(answer.status, status, answer.body.toString());
  return answer.headers.location ?? '';
}

/** Runs skopeo without TLS; answers with what it printed. */
async function run(scope: Scope, command: string, ...args: readonly string[]): Promise<string> {
  const ends = command === 'copy' ? (['src', 'dest'] as const) : ([''] as const);
  const flags = (await Promise.all(ends.map((end) => remoteFlags(scope, end)))).flat();
  const { code, stdout, stderr } = await skopeo(scope, [command, ...flags, ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

test(
  'skopeo pushes an index of OCI or Docker images, and pulls the same bytes',
  needs('skopeo'),
  async (t) => {
    const registry = await startRegistry(t);
    for (const family of ['oci', 'docker'] as const) {
      const graph = await sampleIndex(family);
      await registry.push('from', family, graph);
      const [from, to] = [
        `docker://${registry.host}/from:${family}`,
        `docker://${registry.host}/to:${family}`,
      ];
      await run(t, 'copy', '--all', '--preserve-digests', from, to);
      assert.deepEqual((await registry.ask(`to/manifests/${family}`)).body, graph.bytes);
      const folder = await temporaryFolder(t);
      await run(t, 'copy', '--all', '--preserve-digests', to, `dir:${folder}`);
      const raw = await run(t, 'inspect', '--raw', to);
      assert.deepEqual(Buffer.from(raw), graph.bytes);
    }
  },
);

test(
  'skopeo pushes an image out of a directory in both formats, and reads it back',
  needs('skopeo'),
  async (t) => {
    const registry = await startRegistry(t);
    const made = image({ layers: [await layer({ a: 'first' }), await layer({ b: 'second' })] });
    const folder = await temporaryFolder(t);
    await writeLayout(folder, { v1: made });
    const source = `oci:${folder}:v1`;
    await run(t, 'copy', source, `docker://${registry.host}/myorg/app:oci`);
    await run(t, 'copy', '--format', 'v2s2', source, `docker://${registry.host}/myorg/app:docker`);
    assert.deepEqual((await registry.ask('myorg/app/manifests/oci')).body, made.bytes);
    const converted = await registry.ask('myorg/app/manifests/docker');
    assert.equal(converted.headers['content-type'], 'application/vnd.docker.distribution.manifest.v2+json');
    for (const tag of ['oci', 'docker']) {
      const target = await temporaryFolder(t);
      await run(t, 'copy', `docker://${registry.host}/myorg/app:${tag}`, `dir:${target}`);
    }
  },
);

/** Anybody else needs ranges of user ids that a machine may not have given out. */
const PODMAN = getuid?.() === 0 ? needs('podman') : { skip: 'only root can run podman anywhere' };

test('podman pulls, and pushes what it pulled', PODMAN, async (t) => {
  const registry = await startRegistry(t);
  const made = image({ layers: [await layer({ a: 'first' }), await layer({ b: 'second' })] });
  await registry.push('team/app', '1', made);
  const podman = await createPodman(t);
  const [from, to] = [`${registry.host}/team/app:1`, `${registry.host}/team/copy:1`];
  await podman('pull', '--tls-verify=false', from);
  await podman('push', '--tls-verify=false', from, to);
  const { body } = await registry.ask('team/copy/manifests/1');
  const { config } = JSON.parse(body.toString()) as { readonly config: { readonly digest: string } };
  assert.equal(config.digest, sha256(made.config));
});

test('crane, oras and regctl push, by the requests that they send', async (t) => {
  for (const { who, push } of RECORDED) {
    const registry = await startRegistry(t);
    const made = await smallImage(who);
    const blobs = await Promise.all([...made.blobs.values()].map((blob) => buffer(blob.open())));
    for (const bytes of blobs) await push(registry, bytes);
    const headers = { 'content-type': made.descriptor.mediaType };
    await expect(201, registry.ask('app/manifests/1', { method: 'PUT', body: made.bytes, headers }));
    for (const bytes of blobs) {
      assert.deepEqual((await registry.ask(`app/blobs/${sha256(bytes)}`)).body, bytes, who);
    }
  }
});

test('skopeo lists the tags, inspects, and deletes', needs('skopeo'), async (t) => {
  const registry = await startRegistry(t);
  const made = image({ layers: [await layer({ a: 'only' })] });
  for (const tag of ['v1', 'v2']) await registry.push('app', tag, made);
  const repository = `docker://${registry.host}/app`;
  assert.deepEqual(JSON.parse(await run(t, 'list-tags', repository)).Tags, ['v1', 'v2']);
  const { Digest, Layers } = JSON.parse(await run(t, 'inspect', `${repository}:v1`));
  assert.deepEqual([Digest, Layers], [made.descriptor.digest, made.layers.map(({ blob }) => blob.digest)]);
  await run(t, 'delete', `${repository}:v1`);
  assert.equal((await registry.ask('app/manifests/v2')).status, 404);
});

test('skopeo reads what was pushed out of the store itself', needs('skopeo'), async (t) => {
  const registry = await startRegistry(t);
  const made = image({ layers: [await layer({ a: 'stored' })] });
  await registry.push('nginx', 'v1', made);
  const raw = await run(t, 'inspect', '--raw', `oci:${registry.folder}:docker.io/library/nginx:v1`);
  assert.deepEqual(Buffer.from(raw), made.bytes);
});
