/** `reg files` and `reg cat`, the whole way: over a real registry and over ours, also with what skopeo made of an image. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';

import { sha256 } from '../support/contents.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { image, layer } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';

const BIG = randomBytes(1_500_000).toString('hex');
const DIRECTORY = { type: 'directory' } as const;
const made = image({
  layers: [
    await layer({
      'etc/': DIRECTORY,
      'etc/hosts': 'localhost\n',
      'etc/old': 'old\n',
      'usr/': DIRECTORY,
      'usr/big': BIG,
      'usr/small': 'small\n',
      'usr/hard': { type: 'link', linkname: 'usr/small' },
    }),
    await layer({
      'etc/': DIRECTORY,
      'etc/.wh.old': '',
      'etc/link': { type: 'symlink', linkname: '/usr/small' },
    }),
  ],
});

const me = await createPerson({ after });

for (const kind of ['docker-registry', 'reg serve'] as const) {
  const programs = kind === 'docker-registry' ? [kind] : [];
  test(`files of an image at ${kind} are listed and read`, needs('skopeo', ...programs), async (t) => {
    const registry =
      kind === 'reg serve' ? await startServe(t, await createPerson(t)) : await startDockerRegistry(t);
    await pushGraph(`${registry.origin}/v2/team/app`, made, { tag: '1' });
    const name = `${registry.host}/team/app:1`;
    const chunked = `${registry.host}/team/app:chunked`;
    const flags = [...(await remoteFlags(t, 'src')), ...(await remoteFlags(t, 'dest'))];
    const format = ['--dest-compress-format', 'zstd:chunked'];
    succeeded(await skopeo(t, ['copy', ...flags, ...format, `docker://${name}`, `docker://${chunked}`]));

    const listed = (await me.reg(['files', name])).stdout;
    assert.deepEqual(
      listed
        .split('\n')
        .map((line) => line.replace(/^.*00:00  /, ''))
        .slice(0, 3),
      ['/etc', '/etc/hosts', '/etc/link -> /usr/small'],
    );
    for (const image of [name, chunked]) {
      const { stdout, stderr } = await me.reg(['files', '-q', image]);
      assert.equal(stdout, '/etc\n/etc/hosts\n/etc/link\n/usr\n/usr/big\n/usr/hard\n/usr/small\n');
      assert.equal(stderr, '');
      assert.equal((await me.reg(['cat', image, '/etc/link', 'usr/hard'])).stdout, 'small\nsmall\n');
      assert.equal(sha256((await me.reg(['cat', `${image}:/usr/big`])).stdout), sha256(BIG));
      await me.fails(3, ['cat', image, '/etc/old']);
      await me.fails(2, ['cat', image, '/etc']);
    }
    assert.equal((await me.reg(['files', chunked])).stdout, listed);
    const [hosts] = (await me.reg(['files', '--json', `${chunked}:/etc/hosts`])).stdout.trim().split('\n');
    assert.equal((JSON.parse(hosts ?? '') as { path: string }).path, '/etc/hosts');
    const whiteout = await me.reg(['files', '--layer', '1', '--format', '{{.path}}', name]);
    assert.equal(whiteout.stdout, '/etc\n/etc/.wh.old\n/etc/link\n');
  });
}
