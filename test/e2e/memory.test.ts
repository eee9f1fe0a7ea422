import assert from 'node:assert/strict';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';
import type { Ended } from '../support/child.js';
import { patternContent } from '../support/contents.js';
import type { TestContent } from '../support/contents.js';
import { writeLayout } from '../support/image-files.js';
import { image } from '../support/images.js';
import { createPerson } from '../support/person.js';
import { startStreamingRegistry } from '../support/streaming-registry.js';

const MIB = 1024 * 1024;

/** What the README promises. */
const LIMIT_MIB = 150;

test('six layers of 512 MiB are pulled and pushed in less than 150 MiB of memory', async (t) => {
  const layers: TestContent[] = [];
  for (let seed = 0; seed < 6; seed++) layers.push(await patternContent(512 * MIB, seed));
  const made = image({ layers: layers.map((blob) => ({ blob, tar: blob })) });
  const from = await startStreamingRegistry(t, made);
  const name = `${from.host}/large/app:1`;
  const me = await createPerson(t);
  await staysSmall('the pull', async () => {
    await rm(me.store, { recursive: true, force: true });
    const pulled = await me.reg(['pull', '--json', name]);
    const result: Record<string, unknown> = JSON.parse(pulled.stdout);
    assert.equal(result['digest'], made.descriptor.digest);
    return pulled;
  });

  await staysSmall('the push', async () => {
    const to = await startStreamingRegistry(t);
    const other = `${to.host}/large/app:1`;
    await me.reg(['tag', name, other]);
    const pushed = await me.reg(['push', other]);
    assert.deepEqual(to.manifests.get('1'), made.bytes);
    for (const { digest, size } of layers) assert.equal(to.received.get(digest), size);
    return pushed;
  });
});

test('archives are written and read, and registries copied, in less than 150 MiB of memory', async (t) => {
  const layers = [await patternContent(256 * MIB, 7), await patternContent(256 * MIB, 8)];
  const made = image({ layers: layers.map((blob) => ({ blob, tar: blob })) });
  const from = await startStreamingRegistry(t, made);
  const me = await createPerson(t);
  const name = `${from.host}/large/app:1`;
  /** Runs `reg` with a registry that gets all of the image. */
  const sends = async (args: readonly string[]): Promise<Ended> => {
    const to = await startStreamingRegistry(t);
    const sent = await me.reg([...args, `${to.host}/large/app:1`]);
    for (const { digest, size } of layers) assert.equal(to.received.get(digest), size);
    return sent;
  };
  await staysSmall('the copy', () => sends(['copy', name]));
  await staysSmall('writing an archive', () => me.reg(['copy', name, 'oci-archive:app.tar']));
  await staysSmall('the push of an archive', () => sends(['push', '--from', 'oci-archive:app.tar']));
  await staysSmall('the load', async () => {
    await rm(me.store, { recursive: true, force: true });
    return me.reg(['load', '-i', 'app.tar']);
  });
  await staysSmall('the save', () => me.reg(['save', name, '-o', 'saved.tar']));
});

test('a layer of more than 4 GiB keeps its length', async (t) => {
  const me = await createPerson(t);
  await writeSparseLayout(join(me.home, 'app'));
  await staysSmall('the push', async () => {
    const to = await startStreamingRegistry(t);
    const pushed = await me.reg(['push', '--json', '--from', 'oci:app', `${to.host}/large/layer:1`]);
    assert.equal(to.received.get(ZEROS.digest), ZEROS.size);
    const { bytes }: { readonly bytes: { readonly written: number } } = JSON.parse(pushed.stdout);
    assert.ok(bytes.written > ZEROS.size);
    return pushed;
  });
});

/** `head -c 4294979641 /dev/zero | sha256sum` */
const ZEROS = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: 'sha256:59ead87e2e32370612861365e7dcf1543fb29afaa0b29432c37eab5373fed514',
  size: 4_294_979_641,
};

/** An OCI layout with a layer of zeros, which takes no room on most disks. */
async function writeSparseLayout(folder: string): Promise<void> {
  const made = image({ layers: [], manifest: { layers: [ZEROS] } });
  await writeLayout(folder, { it: made });
  const handle = await open(join(folder, 'blobs', 'sha256', ZEROS.digest.replace('sha256:', '')), 'w');
  await handle.truncate(ZEROS.size);
  await handle.close();
}

/** What is too much once may be garbage that a busy machine left no time to collect; what reg holds, it holds each time. */
const RUNS = 3;

async function staysSmall(what: string, run: () => Promise<Ended>): Promise<void> {
  const peaks: number[] = [];
  do {
    const { peakRssKiB } = await run();
    // 0 means that the system does not tell.
    if (platform === 'linux') assert.ok(peakRssKiB > 0, 'the memory was not measured');
    peaks.push(Math.round(peakRssKiB / 1024));
  } while ((peaks.at(-1) ?? 0) >= LIMIT_MIB && peaks.length < RUNS);
  assert.ok(Math.min(...peaks) < LIMIT_MIB, `${what} took ${peaks.join(', ')} MiB of memory`);
}
