import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { startDockerHub } from '../support/docker-hub.js';
import { ask, basicAuthorization } from '../support/http-client.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer, sampleIndex } from '../support/images.js';
import { createPerson } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';

const REAL = needs('docker-registry');

test(
  'reg serve is a cache of Docker Hub, private images and all, for those without a login',
  REAL,
  async (t) => {
    const hub = await startDockerHub(t, { users: { ann: 'open-sesame' }, privateRepositories: ['ann/app'] });
    const graph = await sampleIndex();
    await pushGraph(`${hub.storage.origin}/v2/library/nginx`, graph, { tag: 'latest' });
    await pushGraph(`${hub.storage.origin}/v2/ann/app`, image({ layers: [await layer({ a: 'mine' })] }), {
      tag: '1',
    });
    const way = ['--ca-file', hub.authorityFile, ...hub.resolveFlags];
    const [owner, me] = [await createPerson(t), await createPerson(t)];
    await owner.reg(['login', ...way, '-u', 'ann', '--password-stdin'], { stdin: 'open-sesame' });
    const flags = ['--proxy-of', 'docker.io', '--fresh-for', '1m', ...way];
    const { child, host, origin } = await startServe(t, owner, flags);
    const mirror = ['--mirror', `docker.io=${origin}`];

    await me.reg(['pull', '--all-platforms', ...mirror, 'nginx']);
    await me.reg(['verify']);
    assert.equal((await me.reg(['inspect', '--local', '--raw', 'nginx'])).stdout, graph.bytes.toString());
    await me.reg(['pull', ...mirror, 'ann/app:1']);
    await me.reg(['pull', `${host}/ann/app:1`]);

    // What is asked for, and by whom, upstream is the owner's business alone.
    const headers = { authorization: basicAuthorization('eve', 'of-the-client') };
    assert.equal((await ask(`${origin}/v2/library/nginx/manifests/latest`, { headers })).status, 200);
    const users = new Set(hub.auth.tokenRequests.map(({ user }) => user));
    assert.deepEqual(users, new Set(['ann']));
    const fetched = hub.cdn.requests.map(({ path }) => path.replace(/\?.*/, ''));
    assert.equal(new Set(fetched).size, fetched.length, 'something was fetched twice');

    await writeLayout(join(me.home, 'app'), { it: graph });
    const refused = await me.fails(7, ['push', '--from', './app', `${host}/team/app:1`]);
    assert.match(refused.stderr, /this is a cache: push to the registry itself/);
    assert.equal((await owner.reg(['images', '-q'])).stdout, '');
    assert.match((await owner.reg(['prune', '--unused-for', '1d'])).stdout, /^Freed 0 B: 0 blobs\n/);
    assert.match(
      (await owner.reg(['prune'])).stdout,
      /^Freed \S+ \S+: \d+ blobs, \d+ cached manifests and tags\n/,
    );
    await owner.reg(['verify']);
    await me.reg(['pull', '--store', 'again', ...mirror, 'nginx']);
    child.kill('SIGTERM');
    const { code, stdout } = await child.ended;
    assert.deepEqual([code, stdout], [143, `Serving a cache of docker.io at ${origin} (Ctrl-C stops it)\n`]);
  },
);

test('reg serve says which registry it cannot be a cache of', async (t) => {
  const me = await createPerson(t);
  for (const host of ['https://ghcr.io', 'nginx', 'ghcr.io/owner']) {
    const { stderr } = await me.fails(2, ['serve', '--listen', '127.0.0.1:0', '--proxy-of', host]);
    assert.match(stderr, /invalid --proxy-of/);
  }
});
