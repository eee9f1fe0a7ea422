/** The commands that look, the whole way: over a real registry and over ours, judged by skopeo where it tells the same. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { startDockerRegistry } from '../support/docker-registry.js';
import { writeLayout } from '../support/image-files.js';
import { attestation, image, index, layer } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';

const layers = [await layer({ a: 'x'.repeat(2000) }), await layer({ b: '2' })];
const history = [
  { created: '2026-01-02T03:04:05Z', created_by: 'ADD rootfs.tar / # buildkit', comment: 'buildkit' },
  { created: '2026-01-02T03:04:05Z', created_by: 'ENV A=1', empty_layer: true },
  { created: '2026-01-02T03:04:06Z', created_by: 'RUN /bin/sh -c make # buildkit' },
];
const amd64 = image({ layers, config: { history, config: { Env: ['A=1'] } } });
const arm64 = image({ layers, platform: { os: 'linux', architecture: 'arm64' } });
const graph = index([amd64, arm64, attestation(amd64)]);

const me = await createPerson({ after });

/** What `reg` prints for each line of a program, parsed. */
function objects(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const SPDX = 'application/spdx+json';

/**
 * Pushes a second image, and what tells of the first: by `reg`, so that the list of referrers is kept where the registry
 * keeps none. Answers what a tree looks like then.
 */
async function pushTelling(name: string): Promise<RegExp> {
  const folder = join(me.home, 'layout');
  const { mediaType, digest, size } = amd64.descriptor;
  const sbom = image({ layers, manifest: { artifactType: SPDX, subject: { mediaType, digest, size } } });
  const other = image({ layers, config: { config: { Env: ['A=1'] }, author: 'me' } });
  const tag = graph.descriptor.digest.replace(':', '-');
  await writeLayout(folder, { sbom, other, signature: image({ layers: [] }) });
  const repository = name.replace(/:1$/, '');
  for (const [from, to] of [
    ['sbom', 'sbom'],
    ['other', 'other'],
    ['signature', `${tag}.sig`],
  ])
    await me.reg(['copy', `oci:${folder}:${from}`, `${repository}:${to}`]);
  return /linux\/amd64 .*\n(?:.*layer.*\n){2}.*BuildKit attestations.*\n.*SLSA provenance.*\n.*SPDX SBOM.*\n[^]*cosign signature/;
}

const AMD64 = ['--platform', 'linux/amd64'];
const parts = [...graph.blobs.values(), ...[...graph.manifests.values()].map(({ descriptor }) => descriptor)];
const bytes = parts.reduce((sum, { size }) => sum + size, 0);

test('an image at a registry is looked at from all sides', needs('docker-registry', 'skopeo'), async (t) => {
  const registry = await startDockerRegistry(t);
  await pushGraph(`${registry.origin}/v2/team/app`, graph, { tag: '1' });
  const name = `${registry.host}/team/app:1`;
  const flags = await remoteFlags(t, '');
  const theirs = async (...args: readonly string[]): Promise<string> =>
    succeeded(await skopeo(t, ['inspect', ...args, ...flags, `docker://${name}`])).stdout;
  const ours = async (...args: readonly string[]): Promise<string> => (await me.reg([...args, name])).stdout;

  assert.equal(await ours('manifest'), await theirs('--raw'));
  assert.equal(await ours('config'), await theirs('--config', '--raw'));
  assert.equal(await ours('config', ...AMD64, '--format', '{{.os}} {{index .config.Env 0}}'), 'linux A=1\n');
  assert.deepEqual(
    objects(await ours('layers', '--json', ...AMD64)),
    layers.map(({ blob: { digest, size } }, at) => ({
      index: at,
      digest,
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      size,
    })),
  );
  assert.equal(await ours('layers', '-q'), layers.map(({ blob }) => `${blob.digest}\n`).join(''));
  assert.deepEqual(
    objects(await ours('history', '--json', ...AMD64)).map(({ createdBy, isEmpty }) => [createdBy, isEmpty]),
    history.toReversed().map((step) => [step.created_by, step.empty_layer ?? false]),
  );
  const [report] = objects(await ours('size', '--json'));
  assert.equal(report?.['size'], bytes);
  await me.fails(3, ['history', '--platform', 'linux/s390x', name]);
  const { stderr } = await me.fails(2, ['diff', '-', '-']);
  assert.match(stderr, /only one of the images can be on the standard input/);
  await lookAround(name);
});

test('so is one at a registry of ours', async (t) => {
  const { host, origin } = await startServe(t, await createPerson(t));
  await pushGraph(`${origin}/v2/team/app`, graph, { tag: '1' });
  const name = `${host}/team/app:1`;
  assert.equal((await me.reg(['manifest', name])).stdout, graph.bytes.toString());
  assert.equal((await me.reg(['size', '-q', name])).stdout, `${bytes}\n`);
  await lookAround(name);
});

/** What there is beside the image: trees, referrers, other images. */
async function lookAround(name: string): Promise<void> {
  const told = await pushTelling(name);
  assert.match((await me.reg(['tree', name])).stdout, told);
  const [tree] = objects((await me.reg(['tree', '--json', '--no-referrers', name])).stdout);
  assert.deepEqual([tree?.['digest'], tree?.['totalSize']], [graph.descriptor.digest, bytes]);
  const [referrer] = objects((await me.reg(['referrers', '--json', ...AMD64, name])).stdout);
  assert.deepEqual([referrer?.['kind'], referrer?.['artifactType']], ['sbom', SPDX]);

  const other = name.replace(/1$/, 'other');
  const { stdout, stderr } = await me.fails(9, ['diff', '--json', '--exit-code', name, other]);
  const [diff] = objects(stdout);
  assert.deepEqual([diff?.['isEqual'], diff?.['config']], [false, [{ field: 'author', to: 'me' }]]);
  assert.match(stderr, /app:1 and .*app:other differ\n$/);
  await me.reg(['diff', '--exit-code', name, name]);
  const quiet = await (await me.start(['diff', '-q', name, other])).ended;
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [9, '', '']);
  await me.reg(['diff', '-q', name, name]);

  const [newest, oldest] = layers.toReversed().map(({ blob }) => blob.digest);
  assert.equal((await me.reg(['history', '-q', ...AMD64, name])).stdout, `${newest}\n${oldest}\n`);
  const digests = (await me.reg(['tree', '-q', '--no-referrers', name])).stdout.trimEnd().split('\n');
  assert.deepEqual(digests.slice(0, 4), [graph.descriptor.digest, amd64.descriptor.digest, oldest, newest]);
  assert.equal(new Set(digests).size, digests.length);
}
