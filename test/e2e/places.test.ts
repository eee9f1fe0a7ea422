import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';

import { tarOfFiles } from '../tar/tars.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { bigLayer, image, index, layer, type TestGraph } from '../support/images.js';
import { createPerson, succeeded, type Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';
import { mountDisk, needsDisk } from '../support/small-disk.js';
import type { Scope } from '../support/temp.js';

const NAME = 'localhost/team/app:1.0';

async function twoPlatforms(): Promise<TestGraph> {
  const images = ['amd64', 'arm64'].map(async (architecture) =>
    image({ layers: [await layer({ architecture })], platform: { os: 'linux', architecture } }),
  );
  return index(await Promise.all(images));
}

/** A registry of ours with an image in it: its name there. */
async function served(t: Scope, graph: TestGraph): Promise<{ readonly me: Person; readonly name: string }> {
  const { host, origin } = await startServe(t, await createPerson(t));
  await pushGraph(`${origin}/v2/team/app`, graph, { tag: '1.0' });
  return { me: await createPerson(t), name: `${host}/team/app:1.0` };
}

test(
  'skopeo finds the same digest in every place that a copy writes',
  needs('docker-registry', 'skopeo'),
  async (t) => {
    const registry = await startDockerRegistry(t);
    const graph = await twoPlatforms();
    await pushGraph(`${registry.origin}/v2/team/app`, graph, { tag: '1.0' });
    const me = await createPerson(t);
    const source = `${registry.host}/team/app:1.0`;
    const places: readonly (readonly [string, string])[] = [
      [`oci:${me.home}/layout:v1`, `oci:${me.home}/layout:v1`],
      [`oci-archive:${me.home}/image.tar:${NAME}`, `oci-archive:${me.home}/image.tar:${NAME}`],
      [`store:${NAME}`, `oci:${me.store}:${NAME}`],
      [`${registry.host}/other/app:2`, `docker://${registry.host}/other/app:2`],
    ];
    for (const [place, theirs] of places) {
      const { stdout } = await me.reg(['copy', source, place]);
      assert.equal(stdout, `${place}: digest: ${graph.descriptor.digest}\n`);
      const flags = theirs.startsWith('docker://') ? await remoteFlags(t, '') : [];
      const raw = succeeded(await skopeo(t, ['inspect', '--raw', ...flags, theirs]));
      assert.equal(raw.stdout, graph.bytes.toString(), place);
    }
  },
);

test(
  'skopeo reads what is written for Docker, and Docker’s tar comes back in',
  needs('skopeo'),
  async (t) => {
    const { me, name } = await served(t, image({ layers: [await layer({ a: 'app' })] }));
    const place = `docker-archive:${me.home}/docker.tar:app:1.0`;
    await me.reg(['copy', name, place]);
    succeeded(await skopeo(t, ['copy', place, `docker-archive:${me.home}/theirs.tar:app:2.0`]));
    const { stdout } = await me.reg(['load', '-i', 'theirs.tar']);
    assert.equal(stdout, 'Loaded image: app:2.0\n');
  },
);

test('what is saved is loaded again, through a file and through a pipe, with the same bytes', async (t) => {
  const graph = await twoPlatforms();
  const { me, name } = await served(t, graph);
  await me.reg(['pull', '--all-platforms', name]);
  assert.equal((await me.reg(['save', name, '-o', 'image.tar'])).stdout, '');
  const child = await me.start(['save', name]);
  const piped = await buffer(child.process.stdout);
  assert.deepEqual(piped, await readFile(join(me.home, 'image.tar')));
  const other = await createPerson(t);
  const loaded = await other.reg(['load', '--json'], { stdin: piped });
  assert.equal((JSON.parse(loaded.stdout) as { digest: string }).digest, graph.descriptor.digest);
  assert.equal((await other.reg(['images', '-q'])).stdout, `${name}\n`);
});

test('a tar has the standard output for itself', async (t) => {
  const { me, name } = await served(t, image({ layers: [await layer({ a: 'app' })] }));
  const child = await me.start(['copy', name, '-']);
  const tar = await buffer(child.process.stdout);
  const { stderr } = succeeded(await child.ended);
  assert.match(stderr, /^-: digest: sha256:/m);
  await writeFile(join(me.home, 'piped.tar'), tar);
  await me.reg(['copy', './piped.tar', 'store:localhost/back:1']);
});

test('a pull goes past the store into a place', async (t) => {
  const { me, name } = await served(t, await twoPlatforms());
  const { stdout } = await me.reg(['pull', '-q', '--platform', 'linux/arm64', name, '-o', './arm.tar']);
  assert.equal(stdout, `${name}\n`);
  assert.equal((await me.reg(['images', '-q'])).stdout, '');
  const copied = await me.reg(['copy', '--json', './arm.tar', 'oci:layout']);
  assert.match(copied.stdout, /"name":"127.0.0.1:\d+\/team\/app:1.0"/);
  const { stderr } = await me.fails(2, ['pull', name, '-o', 'arm.tar']);
  assert.match(stderr, /Give oci:DIR, .* \.\/PATH or -\./);
});

test('signatures come along to another registry, and to no place that keeps none', async (t) => {
  const { host, origin } = await startServe(t, await createPerson(t));
  const signed = image({ layers: [await layer({ a: 'app' })] });
  const signature = image({
    layers: [],
    manifest: { subject: signed.descriptor, artifactType: 'example/signature' },
  });
  await pushGraph(`${origin}/v2/team/app`, signed, { tag: '1.0' });
  await pushGraph(`${origin}/v2/team/app`, signature, { tag: 'signature' });
  const me = await createPerson(t);
  const [source, target] = [`${host}/team/app:1.0`, `${host}/signed/app:1.0`];
  const { stdout } = await me.reg(['copy', '--json', '--referrers', source, target]);
  assert.equal((JSON.parse(stdout) as { referrers: number }).referrers, 1);
  assert.equal((await me.reg(['tags', `${host}/signed/app`])).stdout, '1.0\n');
  await me.reg(['copy', `${host}/signed/app@${signature.descriptor.digest}`, 'oci:signature:v1']);
  await me.fails(2, ['copy', '--referrers', source, 'oci:layout']);
  assert.deepEqual((await readdir(me.home)).includes('layout'), false);
});

test('a smaller index says that it has another digest', async (t) => {
  const images = ['amd64', 'arm64', 's390x'].map(async (architecture) =>
    image({ layers: [await layer({ architecture })], platform: { os: 'linux', architecture } }),
  );
  const { me, name } = await served(t, index(await Promise.all(images)));
  const { stderr } = await me.reg(['copy', '-p', 'linux/amd64', '-p', 'linux/arm64', name, 'oci:layout']);
  assert.match(stderr, /^reg: warning: an index of fewer platforms has another digest: sha256:/m);
});

test('148: a reader that goes away ends a copy without a word', async (t) => {
  const { me, name } = await served(t, image({ layers: [await bigLayer(8_000_000, 1)] }));
  const child = await me.start(['copy', '--progress', 'none', name, '-']);
  child.process.stdout.once('data', () => child.process.stdout.destroy());
  const { code, stderr } = await child.ended;
  assert.deepEqual([code, stderr], [141, '']);
});

test('a copy that is terminated leaves no part of its archive', async (t) => {
  const { me, name } = await served(t, image({ layers: [await bigLayer(40_000_000, 4)] }));
  const child = await me.start(['copy', '--progress', 'json', name, 'oci-archive:image.tar']);
  let isTold = false;
  child.process.stderr.on('data', (text: Buffer) => {
    // Once: a second signal ends it at once, with whatever is half done.
    if (isTold || !text.includes('"progress"')) return;
    isTold = true;
    child.kill('SIGTERM');
  });
  const { code } = await child.ended;
  // On a quick machine it may have been done before the signal came.
  const left = (await readdir(me.home)).filter((file) => file.includes('image.tar'));
  assert.deepEqual([code, left], code === 0 ? [0, ['image.tar']] : [143, []]);
});

test('149: an archive that finds no room on the disk is not there', needsDisk(), async (t) => {
  const { me, name } = await served(t, image({ layers: [await bigLayer(8_000_000, 2)] }));
  const { folder } = await mountDisk(t, 4);
  await me.fails(8, ['copy', name, `oci-archive:${folder}/image.tar`]);
  assert.deepEqual(await readdir(folder), []);
});

test('what is no archive, and what is no place, is refused with the exit code of its kind', async (t) => {
  const me = await createPerson(t);
  await writeFile(join(me.home, 'none.tar'), Buffer.alloc(10_240, 'x'));
  await me.fails(6, ['load', '-i', 'none.tar']);
  await me.fails(3, ['load', '-i', 'missing.tar']);
  await me.fails(3, ['copy', 'oci:missing', 'store:app']);
  await me.fails(2, ['copy', 'dir:/x', 'store:app']);
});

test('147: an archive of Docker that leads elsewhere, or lies, is refused and nothing is written', async (t) => {
  const me = await createPerson(t);
  const config = JSON.stringify({ rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } });
  const saved = (changes: object): object => ({
    Config: 'c.json',
    RepoTags: ['app:1'],
    Layers: ['l.tar'],
    ...changes,
  });
  const cases: readonly (readonly [number, Readonly<Record<string, unknown>>])[] = [
    [6, { 'manifest.json': [saved({ Config: '../../etc/passwd' })] }],
    [6, { 'manifest.json': [saved({})], 'c.json': config }],
    [6, { 'manifest.json': [saved({})], 'c.json': config, 'l.tar': 'another layer' }],
    [6, { 'manifest.json': `[${' '.repeat(9_000_000)}]` }],
    [6, { 'manifest.json': [saved({ RepoTags: 'app:1' })], 'c.json': config }],
  ];
  for (const [code, files] of cases) {
    await writeFile(join(me.home, 'hostile.tar'), await tarOfFiles(files));
    await me.fails(code, ['load', '-i', 'hostile.tar']);
  }
  const image = { 'manifest.json': [saved({ RepoTags: ['\u001b[2Jevil:1'], Layers: [] })] };
  const empty = JSON.stringify({ rootfs: { type: 'layers', diff_ids: [] } });
  await writeFile(join(me.home, 'hostile.tar'), await tarOfFiles({ ...image, 'c.json': empty }));
  const { stderr } = await me.fails(2, ['load', '-i', 'hostile.tar']);
  assert.doesNotMatch(stderr.trimEnd(), /\p{Cc}/u);
  assert.equal((await me.reg(['images', '-q'])).stdout, '');
});
