import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
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
  const me = await createPerson(t);
  const name = `${from.host}/large/app:1`;
  const pulled = await me.reg(['pull', '--json', name]);
  const result: Record<string, unknown> = JSON.parse(pulled.stdout);
  assert.equal(result['digest'], made.descriptor.digest);
  assertSmall(pulled, 'the pull');

  const to = await startStreamingRegistry(t);
  const other = `${to.host}/large/app:1`;
  await me.reg(['tag', name, other]);
  assertSmall(await me.reg(['push', other]), 'the push');
  assert.deepEqual(to.manifests.get('1'), made.bytes);
  for (const { digest, size } of layers) assert.equal(to.received.get(digest), size);
});

test('archives are written and read, and registries copied, in less than 150 MiB of memory', async (t) => {
  const layers = [await patternContent(256 * MIB, 7), await patternContent(256 * MIB, 8)];
  const made = image({ layers: layers.map((blob) => ({ blob, tar: blob })) });
  const from = await startStreamingRegistry(t, made);
  const to = await startStreamingRegistry(t);
  const me = await createPerson(t);
  const name = `${from.host}/large/app:1`;
  assertSmall(await me.reg(['copy', name, `${to.host}/large/app:1`]), 'the copy');
  for (const { digest, size } of layers) assert.equal(to.received.get(digest), size);
  assertSmall(await me.reg(['copy', name, 'oci-archive:app.tar']), 'writing an archive');
  const third = await startStreamingRegistry(t);
  const sent = await me.reg(['push', '--from', 'oci-archive:app.tar', `${third.host}/large/app:1`]);
  assertSmall(sent, 'the push of an archive');
  for (const { digest, size } of layers) assert.equal(third.received.get(digest), size);
  assertSmall(await me.reg(['load', '-i', 'app.tar']), 'the load');
  assertSmall(await me.reg(['save', name, '-o', 'saved.tar']), 'the save');
});

test('a layer of more than 4 GiB keeps its length', async (t) => {
  const me = await createPerson(t);
  await writeSparseLayout(join(me.home, 'app'));
  const to = await startStreamingRegistry(t);
  const pushed = await me.reg(['push', '--json', '--from', 'oci:app', `${to.host}/large/layer:1`]);
  assert.equal(to.received.get(ZEROS.digest), ZEROS.size);
  const { bytes }: { readonly bytes: { readonly written: number } } = JSON.parse(pushed.stdout);
  assert.ok(bytes.written > ZEROS.size);
  assertSmall(pushed, 'the push');
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

/** 0 means that the system does not tell. */
function assertSmall({ peakRssKiB }: Ended, what: string): void {
  if (platform === 'linux') assert.ok(peakRssKiB > 0, 'the memory was not measured');
  assert.ok(peakRssKiB < LIMIT_MIB * 1024, `${what} took ${Math.round(peakRssKiB / 1024)} MiB of memory`);
}
