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
import { temporaryFolder } from '../support/temp.js';

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

const older = image({ layers: made.layers.slice(0, 1) });

const me = await createPerson({ after });

for (const kind of ['docker-registry', 'reg serve'] as const) {
  const programs = kind === 'docker-registry' ? [kind] : [];
  test(`files of an image at ${kind} are listed and read`, needs('skopeo', ...programs), async (t) => {
    const registry =
      kind === 'reg serve' ? await startServe(t, await createPerson(t)) : await startDockerRegistry(t);
    await pushGraph(`${registry.origin}/v2/team/app`, made, { tag: '1' });
    const name = `${registry.host}/team/app:1`;
    const chunked = `${registry.host}/team/app:chunked`;
    const layout = `oci:${await temporaryFolder(t)}/layout:1`;
    const flags = await remoteFlags(t, 'src');
    const format = ['--dest-compress-format', 'zstd:chunked'];
    succeeded(await skopeo(t, ['copy', ...flags, ...format, `docker://${name}`, layout]));
    await me.reg(['copy', layout, chunked]);
    assert.match((await me.reg(['layers', chunked])).stdout, /tar\+zstd/);

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
      const read = (await me.reg(['cat', image, '/etc/link', 'usr/hard', '/usr/big'])).stdout;
      assert.equal(sha256(read), sha256(`small\nsmall\n${BIG}`));
    }
    assert.equal((await me.reg(['cat', `${chunked}:/etc/hosts`])).stdout, 'localhost\n');
    await me.fails(3, ['cat', chunked, '/etc/old']);
    await me.fails(2, ['cat', name, '/etc']);
    assert.equal((await me.reg(['files', chunked])).stdout, listed);
    const same = await me.reg([
      'diff',
      '--files',
      '--format',
      '{{len .files}} {{len .layers}}',
      name,
      chunked,
    ]);
    assert.equal(same.stdout, '0 4\n', 'other layers, and the same files');
    await pushGraph(`${registry.origin}/v2/team/app`, older, { tag: '0' });
    const { stdout } = await me.reg(['diff', '--files', `${registry.host}/team/app:0`, chunked]);
    assert.deepEqual(
      stdout.split('\n').slice(-4, -1),
      [
        '- /etc/old   4 B',
        '+ /etc/link       -> /usr/small',
        'Files: 1 added (0 B), 1 removed (4 B)',
      ].toSorted(),
    );
    const whiteout = await me.reg(['files', '--layer', '1', '--format', '{{.path}}', name]);
    assert.equal(whiteout.stdout, '/etc\n/etc/.wh.old\n/etc/link\n');
  });
}
