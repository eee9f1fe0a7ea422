import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDockerRegistry } from '../support/docker-registry.js';
import { writeDockerArchive, writeLayout, writeOciArchive } from '../support/image-files.js';
import { busyboxImage } from '../support/images.js';
import type { TestImage } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import { needs } from '../support/programs.js';
import { remoteFlags, skopeo } from '../support/skopeo.js';

const REAL = needs('docker-registry', 'skopeo', 'busybox');
const INSIDE = 'docker.io/library/busybox:1';

/** Writes the image as `it` into the current folder; answers what `--from` gets. */
type Write = (folder: string, image: TestImage) => Promise<string>;

const writeTo: Readonly<Record<string, Write>> = {
  'oci:DIR': async (folder, made) => {
    await writeLayout(join(folder, 'it'), { v1: made });
    return 'oci:it';
  },
  'oci:DIR:TAG': async (folder, made) => {
    await writeLayout(join(folder, 'it'), {
      v1: made,
      other: await busyboxImage({ config: { author: 'other' } }),
    });
    return 'oci:it:v1';
  },
  'a directory': async (folder, made) => {
    await writeLayout(join(folder, 'it'), { v1: made });
    return './it';
  },
  'oci-archive:FILE:TAG': async (folder, made) => {
    await writeOciArchive(join(folder, 'it.tar'), { v1: made });
    return 'oci-archive:it.tar:v1';
  },
  'docker-archive:FILE:REF of docker 25': async (folder, made) => {
    await writeDockerArchive(join(folder, 'it.tar'), { [INSIDE]: made });
    return `docker-archive:it.tar:${INSIDE}`;
  },
  'a tar': async (folder, made) => {
    await writeOciArchive(join(folder, 'it.tar'), { v1: made });
    return 'it.tar';
  },
};

for (const [kind, write] of Object.entries(writeTo)) {
  test(`a real image goes from ${kind} to a registry and back as it was`, REAL, async (t) => {
    const registry = await startDockerRegistry(t);
    const me = await createPerson(t);
    const made = await busyboxImage();
    const from = await write(me.home, made);
    const name = `${registry.host}/tools/busybox:1`;
    const { stdout } = await me.reg(['push', '--from', from, name]);
    assert.match(stdout, new RegExp(`^${name}: digest: ${made.descriptor.digest}`));

    await me.reg(['pull', name]);
    await me.reg(['verify']);
    const stored = ['inspect', '--raw', `oci:${me.store}:${name}`];
    assert.equal(succeeded(await skopeo(t, stored)).stdout, made.bytes.toString());
    const remote = ['inspect', ...(await remoteFlags(t, '')), `docker://${name}`];
    const seen: { readonly Layers: readonly string[] } = JSON.parse(
      succeeded(await skopeo(t, remote)).stdout,
    );
    assert.deepEqual(
      seen.Layers,
      made.layers.map(({ blob }) => blob.digest),
    );
  });
}

for (const style of ['classic', 'layout'] as const) {
  test(`what docker save writes (${style}) is pushed from standard input`, REAL, async (t) => {
    const registry = await startDockerRegistry(t);
    const me = await createPerson(t);
    const made = await busyboxImage({ mediaTypes: 'docker' });
    const archive = join(me.home, 'it.tar');
    await writeDockerArchive(archive, { [INSIDE]: made }, { style });
    const name = `${registry.host}/tools/busybox:1`;
    await me.reg(['push', '--from', '-', '--tag', 'latest', name], { stdin: await readFile(archive) });

    // The image is what its config says; a classic archive has lost how the layers were compressed.
    const flags = await remoteFlags(t, '');
    for (const tag of ['1', 'latest']) {
      const seen = await skopeo(t, [
        'inspect',
        '--config',
        '--raw',
        ...flags,
        `docker://${registry.host}/tools/busybox:${tag}`,
      ]);
      assert.equal(succeeded(seen).stdout, made.config.toString());
    }
    const source = ['copy', ...(await remoteFlags(t, 'src')), `docker://${name}`];
    succeeded(await skopeo(t, [...source, `docker-archive:${join(me.home, 'back.tar')}:${INSIDE}`]));
    await me.reg(['pull', name]);
    await me.reg(['verify']);
  });
}

test(
  'an archive of several images is not pushed by guesswork',
  needs('docker-registry', 'busybox'),
  async (t) => {
    const registry = await startDockerRegistry(t);
    const me = await createPerson(t);
    const images = { one: await busyboxImage(), two: await busyboxImage({ config: { author: 'two' } }) };
    await writeOciArchive(join(me.home, 'it.tar'), images);
    const { stderr } = await me.fails(2, ['push', '--from', 'it.tar', `${registry.host}/app:1`]);
    assert.match(stderr, /one/);
    assert.match(stderr, /two/);
  },
);
