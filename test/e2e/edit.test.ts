/** The commands that change what is in a registry, as a person gives them. */

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';

import { image, layer, sampleIndex, type TestGraph } from '../support/images.js';
import { createPerson, succeeded, type Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import { skopeo } from '../support/skopeo.js';
import type { Scope } from '../support/temp.js';

async function withImage(
  t: Scope,
  graph: TestGraph,
): Promise<{ readonly me: Person; readonly name: string }> {
  const { host, origin } = await startServe(t, await createPerson(t));
  await pushGraph(`${origin}/v2/team/app`, graph, { tag: '1' });
  return { me: await createPerson(t), name: `${host}/team/app` };
}

test('a tag is set at the registry, and deleted when somebody says so', async (t) => {
  const graph = image({ layers: [await layer({ a: 'app' })] });
  const { me, name } = await withImage(t, graph);
  const { stdout } = await me.reg(['tag', '--remote', '--no-clobber', `${name}:1`, '2', 'latest']);
  assert.equal(stdout, '');
  const refused = await me.fails(2, ['delete', `${name}:2`]);
  assert.match(refused.stderr, /the standard input is not a terminal\. Use --yes\.\n$/);
  const dry = await me.reg(['delete', '--dry-run', `${name}:2`]);
  assert.equal(dry.stdout, `Would untag: ${name}:2\n`);
  assert.equal((await me.reg(['delete', '-y', `${name}:2`])).stdout, `Untagged: ${name}:2\n`);
  await me.fails(3, ['delete', '-y', `${name}:2`]);
  await me.fails(7, ['delete', '-y', `${name}@${graph.descriptor.digest}`]);
  const all = await me.reg(['delete', '--yes', '--all-tags', `${name}:latest`]);
  assert.equal(
    all.stdout,
    `Untagged: ${name}:latest\nUntagged: ${name}:1\nDeleted: ${name}@${graph.descriptor.digest}\n`,
  );
});

test('what an image runs is changed under its own tag, and skopeo reads what comes of it', async (t) => {
  const { me, name } = await withImage(t, await sampleIndex());
  const edits = [
    '--label',
    'a=b',
    '--cmd',
    '["sh","-c"]',
    '--env',
    'X=1',
    '--created',
    '0',
    '--expose',
    '80',
  ];
  const dry = await me.reg(['edit', '--dry-run', `${name}:1`, ...edits]);
  assert.match(dry.stdout, /app:1: would move from sha256:\w{12} to sha256:\w{12}\n/);
  const { stdout, stderr } = await me.reg(['edit', `${name}:1`, ...edits]);
  assert.match(stdout, /app:1: digest: sha256:\w{64}\n$/);
  assert.match(stderr, /changes from sha256:\w{12} to sha256:\w{12}: .*; 2 in the index are left out\n/);
  const config = async (place: string): Promise<object> =>
    JSON.parse((await me.reg(['inspect', '--json', place])).stdout) as object;
  assert.match(JSON.stringify(await config(`${name}:1`)), /"cmd":\["sh","-c"\].*"env":\["X=1"\]/);
  await me.reg(['annotate', '-q', `${name}:1`, 'org.example.a=b', '-o', 'oci:annotated:1']);
  if (needs('skopeo').skip === false) {
    const { stdout: raw } = succeeded(await skopeo(t, ['inspect', '--raw', `oci:${me.home}/annotated:1`]));
    assert.match(raw, /"annotations":{"org.example.a":"b"}/);
    const flags = ['--all', '--src-tls-verify=false'];
    succeeded(await skopeo(t, ['copy', ...flags, `docker://${name}:1`, `oci:${me.home}/copied:1`]));
  }
  await me.fails(2, ['edit', `${name}:1`]);
  await me.fails(2, ['edit', `${name}:1`, '--label', 'nothing']);
  await me.fails(2, ['annotate', `${name}:1`, '--no-clobber', 'a=b']);
});

test('an index is made of images, and changed under its own tag', async (t) => {
  const { me, name } = await withImage(t, await sampleIndex());
  await me.reg(['copy', '-q', '-p', 'linux/amd64', `${name}:1`, 'oci:amd64:1']);
  const made = await me.reg(['index', 'create', `${name}:made`, 'oci:amd64', '--annotation', 'a=b']);
  assert.match(made.stdout, /app:made: digest: sha256:\w{64}\n$/);
  await me.reg(['copy', '-q', '-p', 'linux/arm64', `${name}:1`, `${name}:arm64`]);
  await me.reg(['index', 'add', '-q', `${name}:made`, `${name}:arm64`]);
  const { stdout } = await me.reg(['inspect', `${name}:made`]);
  assert.match(stdout, /linux\/amd64.*\n.*linux\/arm64/);
  const json = await me.reg(['index', 'remove', '--json', `${name}:made`, '-p', 'linux/arm64']);
  assert.match(json.stdout, /"images":1/);
  await me.fails(3, ['index', 'remove', `${name}:made`, '-p', 'linux/arm64']);
  await me.fails(2, ['index', 'remove', `${name}:made`]);
  await me.fails(7, ['index', 'create', '--no-clobber', `${name}:made`, `${name}:1`]);
});

test('an image is made of a directory, gets a layer of a tar, and is put on another base', async (t) => {
  const { me, name } = await withImage(t, await sampleIndex());
  await mkdir(join(me.home, 'site'));
  await writeFile(join(me.home, 'site', 'index.html'), 'hello');
  const tar = await layer({ 'etc/motd': 'welcome' });
  await writeFile(join(me.home, 'motd.tgz'), await buffer(tar.blob.open()));
  const env = { SOURCE_DATE_EPOCH: '1700000000' };
  const scratch = ['append', 'scratch', 'site', '--to', '/srv', '-p', 'linux/arm64'];
  const made = await me.reg([...scratch, '-o', `${name}:made`], { env });
  const again = await me.reg([...scratch, '-o', `${name}:again`, '--format', '{{.digest}}'], { env });
  assert.ok(made.stdout.endsWith(again.stdout), 'the same each time');
  await me.reg(['append', '-q', `${name}:made`, 'motd.tgz']);
  const history = await me.reg(['inspect', '--json', `${name}:made`]);
  assert.match(history.stdout, /"created":"2023-11-14T22:13:20Z"/);
  await me.reg(['append', '-q', `${name}:again`, 'motd.tgz', '-o', `${name}:base`]);
  const bases = ['--old-base', `${name}:again`, '--new-base', `${name}:base`];
  await me.reg(['rebase', '-q', `${name}:made`, ...bases, '-o', 'store:rebased:1']);
  const local = await me.reg(['inspect', '--local', '--json', 'rebased:1']);
  assert.equal(local.stdout.split(tar.blob.digest).length - 1, 2, 'the layer of the base, and its own');
  await me.fails(2, ['rebase', `${name}:1`]);
  await me.fails(3, ['append', `${name}:made`, 'nothing.tar']);
});
