import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PartsNote } from '../../src/disk/parts-note.js';
import { startByteProxy } from '../support/byte-proxy.js';
import type { ByteProxy } from '../support/byte-proxy.js';
import { patternContent } from '../support/contents.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import type { DockerRegistry } from '../support/docker-registry.js';
import { writeLayout } from '../support/image-files.js';
import { image } from '../support/images.js';
import type { TestImage } from '../support/images.js';
import { createPerson } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import type { Scope } from '../support/temp.js';

const REAL = needs('docker-registry');
const MIB = 1024 * 1024;

/** What may come on top of the missing bytes: headers, manifest and config. */
const SLACK = 64 * 1024;

test('a pull that was killed goes on where it was: what is there is not fetched again', REAL, async (t) => {
  const { me, proxy, made, name } = await startSlow(t);
  const child = await me.start(['pull', '--concurrency', '1', name]);
  await until(async () => (await partialBytes(me)) >= 11 * MIB);
  child.kill('SIGKILL');
  await child.ended;
  const kept = await partialBytes(me);

  proxy.faults = {};
  const before = proxy.bytes.down;
  const { stdout } = await me.reg(['pull', '--json', name]);
  const fetched = proxy.bytes.down - before;
  const missing = LARGE - kept;
  assert.ok(fetched >= missing, 'the bytes were counted wrong');
  assert.ok(fetched <= missing + SLACK, `fetched ${fetched} bytes, but only ${missing} were missing`);
  const result: Record<string, unknown> = JSON.parse(stdout);
  assert.equal(result['digest'], made.descriptor.digest);
  await me.reg(['verify']);
  assert.deepEqual(await partials(me), [], 'something is left behind');
});

test('nothing of a pull that was killed can be seen, and prune frees it', REAL, async (t) => {
  const { me, name } = await startSlow(t);
  const child = await me.start(['pull', '--concurrency', '1', name]);
  await until(async () => (await partialBytes(me)) >= 11 * MIB);
  child.kill('SIGKILL');
  await child.ended;
  assert.equal((await me.reg(['images', '-q'])).stdout, '');
  await me.fails(3, ['inspect', '--local', name]);
  await me.reg(['verify']);
  await me.reg(['prune']);
  assert.equal(await blobCount(me), 0);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  const skip = platform === 'win32' ? 'Windows has no signals' : REAL.skip;
  test(`${signal} ends a pull at once, and what has arrived is kept`, { skip }, async (t) => {
    const { me, proxy, name } = await startSlow(t);
    const child = await me.start(['pull', '--concurrency', '1', name]);
    await until(async () => (await partialBytes(me)) >= 11 * MIB);
    child.kill(signal);
    const ended = await child.ended;
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, /run the same command again/);
    assert.equal(ended.stdout, '');

    const missing = LARGE - (await partialBytes(me));
    proxy.faults = {};
    const before = proxy.bytes.down;
    await me.reg(['pull', name]);
    assert.ok(proxy.bytes.down - before <= missing + SLACK);
  });
}

test(
  'a pull whose connections break again and again arrives all the same, without detours',
  REAL,
  async (t) => {
    const { me, proxy, name } = await startSlow(t);
    const cuts = 5;
    proxy.faults = { cutAfter: 6 * MIB, times: cuts };
    await me.reg(['pull', '--concurrency', '1', '--connections', '1', name]);
    assert.equal(proxy.connections.hit, cuts);
    // At each cut only what was on its way is lost.
    const most = SMALL + LARGE + SLACK + cuts * MIB;
    assert.ok(proxy.bytes.down <= most, `fetched ${proxy.bytes.down} bytes, expected at most ${most}`);
    await me.reg(['verify']);
  },
);

test('a push that was killed does not send again what the registry has', REAL, async (t) => {
  const registry = await startDockerRegistry(t);
  const proxy = await startByteProxy(t, registry, { direction: 'up', stallAfter: 20 * MIB });
  const me = await createPerson(t);
  const made = await twoLayers();
  await writeLayout(join(me.home, 'app'), { it: made });
  const push = ['push', '--from', 'app', '--concurrency', '1', `${proxy.host}/app:1`];
  const child = await me.start(push);
  await until(() => proxy.connections.hit > 0);
  child.kill('SIGKILL');
  await child.ended;
  const [small, large] = made.layers.map(({ blob }) => blob.digest);
  assert.equal(await commits(registry, small), 1, 'the first layer was not there yet');
  assert.equal(await commits(registry, large), 0, 'the second layer was there already');

  proxy.faults = {};
  const before = proxy.bytes.up;
  await me.reg(push);
  const sent = proxy.bytes.up - before;
  assert.ok(sent <= LARGE + SLACK, `sent ${sent} bytes for a layer of ${LARGE}`);
  assert.equal(await commits(registry, small), 1);
  const reader = await createPerson(t);
  await reader.reg(['pull', `${proxy.host}/app:1`]);
  await reader.reg(['verify']);
});

const SMALL = 8 * MIB;
const LARGE = 32 * MIB;

async function twoLayers(): Promise<TestImage> {
  const contents = await Promise.all([patternContent(SMALL, 1), patternContent(LARGE, 2)]);
  return image({ layers: contents.map((content) => ({ blob: content, tar: content })) });
}

interface Setting {
  readonly me: Person;
  readonly proxy: ByteProxy;
  readonly made: TestImage;
  readonly name: string;
}

/** A registry with two layers, behind a proxy that stops in the middle of the second one. */
async function startSlow(scope: Scope): Promise<Setting> {
  const registry = await startDockerRegistry(scope);
  const made = await twoLayers();
  await pushGraph(`${registry.origin}/v2/app`, made, { tag: '1' });
  const proxy = await startByteProxy(scope, registry, { stallAfter: 20 * MIB });
  return { me: await createPerson(scope), proxy, made, name: `${proxy.host}/app:1` };
}

/** The files of broken-off blobs. */
async function partials({ store }: Person): Promise<readonly string[]> {
  const names = await readdir(join(store, '.partial')).catch(() => []);
  return names
    .filter((name) => /^sha256-[0-9a-f]{64}$/.test(name))
    .map((name) => join(store, '.partial', name));
}

async function partialBytes(me: Person): Promise<number> {
  const sizes = (await partials(me)).map(async (path) => {
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    return (await new PartsNote(`${path}.parts`).read(size)).size;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function blobCount({ store }: Person): Promise<number> {
  return (await readdir(join(store, 'blobs', 'sha256')).catch(() => [])).length;
}

/** How often the registry has taken in this blob. */
async function commits(registry: DockerRegistry, digest: string | undefined): Promise<number> {
  const ends = (await registry.requests()).filter(
    ({ method, path, status }) =>
      method === 'PUT' && status === 201 && decodeURIComponent(path).includes(`digest=${digest}`),
  );
  return ends.length;
}

/** Looks every 10 ms, for at most 20 seconds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 2000; tries > 0; tries--) {
    if (await holds()) return;
    await sleep(10);
  }
  assert.fail('waited in vain');
}
