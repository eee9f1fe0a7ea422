import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { startDockerRegistry } from '../support/docker-registry.js';
import { image, layer } from '../support/images.js';
import { createPerson, succeeded, type Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';

const env = { SOURCE_DATE_EPOCH: '1700000000' };

/** Somebody with a few files. */
async function withFiles(me: Person): Promise<Person> {
  await mkdir(join(me.home, 'docs'));
  await writeFile(join(me.home, 'docs', 'notes.md'), '# notes\n');
  await writeFile(join(me.home, 'sbom.json'), '{"bom": 1}\n');
  return me;
}

interface Listed {
  readonly reference: string;
  readonly digest: string;
  readonly artifactType: string;
  readonly subject: string;
}

async function list(me: Person, args: readonly string[]): Promise<readonly Listed[]> {
  const { stdout } = await me.reg(['artifact', 'list', '--json', ...args]);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Listed]));
}

test(
  'files go to a registry and come back, skopeo reads them, and the same files are the same artifact',
  needs('docker-registry', 'skopeo'),
  async (t) => {
    const { host } = await startDockerRegistry(t);
    const me = await withFiles(await createPerson(t));
    const push = [
      'artifact',
      'push',
      '--artifact-type',
      'application/vnd.example.notes',
      '--annotation',
      'by=alice',
    ];
    const files = ['docs/notes.md:text/markdown', 'sbom.json'];
    const first = await me.reg([...push, '--format', '{{.digest}}', `${host}/notes:1,latest`, ...files], {
      env,
    });
    const again = await me.reg([...push, '-q', `${host}/notes:2`, ...files], { env });
    assert.equal(again.stdout, `${host}/notes:2\n`);
    const raws = ['1', '2', 'latest'].map(async (tag) => {
      const flags = await remoteFlags(t, '');
      return succeeded(await skopeo(t, ['inspect', '--raw', ...flags, `docker://${host}/notes:${tag}`]))
        .stdout;
    });
    const [raw = '', ...others] = await Promise.all(raws);
    assert.deepEqual(others, [raw, raw]);
    const inspected = await me.reg(['inspect', `${host}/notes:1`]);
    assert.match(inspected.stdout, /^ {2}Type {9}artifact \(/m);
    assert.equal((await me.reg(['digest', `${host}/notes:1`])).stdout, first.stdout);
    assert.deepEqual(
      JSON.parse(raw).layers.map((one: { annotations: object }) => one.annotations),
      [
        { 'org.opencontainers.image.title': 'docs/notes.md' },
        { 'org.opencontainers.image.title': 'sbom.json' },
      ],
    );
    const layout = `oci:${me.home}/layout:v1`;
    succeeded(
      await skopeo(t, ['copy', ...(await remoteFlags(t, 'src')), `docker://${host}/notes:1`, layout]),
    );
    for (const [place, folder] of [
      [`${host}/notes:1`, 'one'],
      [layout, 'two'],
    ] as const) {
      const pulled = await me.reg(['artifact', 'pull', '-q', '-o', folder, place]);
      assert.equal(
        pulled.stdout,
        ['docs/notes.md', 'sbom.json'].map((title) => `${join(folder, title)}\n`).join(''),
      );
      assert.equal(await readFile(join(me.home, folder, 'docs', 'notes.md'), 'utf8'), '# notes\n');
    }
    await me.fails(7, [...push, '--no-clobber', `${host}/notes:1`, 'sbom.json']);
    const { stdout } = await me.reg([...push, '--dry-run', `${host}/notes:9`, 'docs/notes.md']);
    assert.match(stdout, /notes:9: new, /);
    await me.fails(3, ['digest', `${host}/notes:9`]);
    await me.fails(2, [...push, `${host}/notes:9`, '/etc/hosts']);
    await me.fails(3, ['artifact', 'pull', `${host}/none:1`]);
  },
);

test(
  'what is attached to an image is listed, pulled by its type, and copied along, with a list or without',
  needs('docker-registry'),
  async (t) => {
    const [old, ours] = await Promise.all([
      startDockerRegistry(t),
      createPerson(t).then((owner) => startServe(t, owner)),
    ]);
    const me = await withFiles(await createPerson(t));
    const graph = image({ layers: [await layer({ app: 'app' })] });
    await pushGraph(`${old.origin}/v2/app`, graph, { tag: '1' });
    const app = `${old.host}/app:1`;
    const attach = ['artifact', 'attach', app, '-q', '--artifact-type'];
    const sbom = await me.reg([...attach, 'application/spdx+json', 'sbom.json']);
    await me.reg([...attach, 'example/log', '--title', 'build.log:text/plain', '-'], { stdin: 'built\n' });
    const approval = await me.reg([...attach, 'example/approval', '--annotation', 'by=alice']);
    const listed = await list(me, [app]);
    const types = ['application/spdx+json', 'example/log', 'example/approval'];
    assert.deepEqual(
      listed.map(({ artifactType }) => artifactType),
      types,
    );
    assert.ok(listed.every(({ subject }) => subject === graph.descriptor.digest));
    const [only, ...others] = await list(me, [app, '--artifact-type', 'application/spdx+json']);
    assert.deepEqual([`${only?.reference}\n`, others], [sbom.stdout, []]);
    await me.reg(['delete', '--yes', '-q', approval.stdout.trim()]);
    const copy = `${ours.host}/copy-of-app:1`;
    await me.reg(['copy', '--referrers', app, copy]);
    await me.reg(['artifact', 'attach', copy, '--artifact-type', 'example/note', '--annotation', 'by=bob']);
    await me.reg(['copy', '--referrers', copy, `${old.host}/back:1`]);
    const expected = ['application/spdx+json', 'example/log', 'example/note'];
    for (const place of [copy, `${old.host}/back:1`]) {
      const found = (await list(me, [place])).map(({ artifactType }) => artifactType);
      assert.deepEqual(new Set(found), new Set(expected), place);
    }
    await me.reg(['artifact', 'pull', copy, '--artifact-type', 'example/log']);
    assert.equal(await readFile(join(me.home, 'build.log'), 'utf8'), 'built\n');
    const tags = await me.reg(['tags', `${ours.host}/copy-of-app`]);
    assert.equal(tags.stdout, '1\n', 'a registry with a list of its own needs none under a tag');
  },
);
