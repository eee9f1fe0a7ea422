/** The commands that look, the whole way: over a real registry and over ours, judged by skopeo where it tells the same. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { startDockerRegistry } from '../support/docker-registry.js';
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

for (const kind of ['docker-registry', 'reg serve'] as const) {
  const programs = kind === 'docker-registry' ? [kind] : [];
  test(`an image at ${kind} is looked at from all sides`, needs('skopeo', ...programs), async (t) => {
    const registry =
      kind === 'reg serve' ? await startServe(t, await createPerson(t)) : await startDockerRegistry(t);
    await pushGraph(`${registry.origin}/v2/team/app`, graph, { tag: '1' });
    const name = `${registry.host}/team/app:1`;
    const AMD64 = ['--platform', 'linux/amd64'];
    const flags = await remoteFlags(t, '');
    const theirs = async (...args: readonly string[]): Promise<string> =>
      succeeded(await skopeo(t, ['inspect', ...args, ...flags, `docker://${name}`])).stdout;
    const ours = async (...args: readonly string[]): Promise<string> =>
      (await me.reg([...args, name])).stdout;

    assert.equal(await ours('manifest'), await theirs('--raw'));
    assert.equal(await ours('config'), await theirs('--config', '--raw'));
    assert.equal(await ours('config', ...AMD64), amd64.config.toString());
    assert.equal((await ours('manifest', ...AMD64, '--format', '{{.config.digest}}')).slice(0, 7), 'sha256:');

    const listed = objects(await ours('layers', '--json', ...AMD64));
    assert.deepEqual(
      listed,
      layers.map(({ blob: { digest, size } }, at) => ({
        index: at,
        digest,
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        size,
      })),
    );
    assert.equal(await ours('layers', '-q'), layers.map(({ blob }) => `${blob.digest}\n`).join(''));

    const [second] = layers.slice(1).map(({ blob }) => `${blob.size} B   ${blob.digest.slice(7, 19)}`);
    assert.deepEqual((await ours('history', ...AMD64)).split('\n').slice(0, 3), [
      'CREATED      SIZE   LAYER          COMMENT    CREATED BY',
      `2026-01-02   ${second}              RUN make`,
      '2026-01-02    0 B   empty                     ENV A=1',
    ]);
    assert.equal(objects(await ours('history', '--json', ...AMD64)).length, 3);

    const [report] = objects(await ours('size', '--json'));
    const parts = [
      ...graph.blobs.values(),
      ...[...graph.manifests.values()].map(({ descriptor }) => descriptor),
    ];
    const bytes = parts.reduce((sum, { size }) => sum + size, 0);
    assert.equal(report?.['size'], bytes);
    assert.equal(await ours('size', '-q'), `${bytes}\n`);
    assert.match(
      await ours('size'),
      /^PLATFORM .*\nlinux\/amd64 .*\nlinux\/arm64 .*\nattestations .*\nTotal: /,
    );
    await me.fails(3, ['history', '--platform', 'linux/s390x', name]);
    await me.fails(3, ['layers', `${registry.host}/team/app:2`]);
  });
}
