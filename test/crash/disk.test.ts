/** Disks that are full, fail, or take no changes, and a system that opens no more files. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startByteProxy } from '../support/byte-proxy.js';
import type { Ended } from '../support/child.js';
import { failAt, findPoints } from '../support/crash-points.js';
import {
  assertClean,
  assertSound,
  assertWhole,
  copyHome,
  readNames,
  smallImage,
} from '../support/crash-store.js';
import { filesIn } from '../support/hostile/store-check.js';
import { bigLayer, image } from '../support/images.js';
import { createPerson, succeeded } from '../support/person.js';
import { needs } from '../support/programs.js';
import { reg } from '../support/reg.js';
import { findUnsafe } from '../support/power-cut.js';
import { mountDisk, needsDisk } from '../support/small-disk.js';
import { startStreamingRegistry } from '../support/streaming-registry.js';

const MIB = 1024 * 1024;
const small = await smallImage();
const bigFile = await bigLayer(6 * MIB, 1);
const large = image({ layers: [bigFile] });
/** The same as an artifact. */
const files = image({
  layers: [bigFile],
  manifest: {
    layers: [
      {
        mediaType: 'application/octet-stream',
        digest: bigFile.blob.digest,
        size: bigFile.blob.size,
        annotations: { 'org.opencontainers.image.title': 'big.bin' },
      },
    ],
  },
});

const STRACE = needs('strace');

/** Checks that a command ended because of the disk, and said so in one line that names a path. */
function assertToldDisk({ code, stderr }: Ended, path: string): void {
  assert.equal(code, 8, stderr);
  const errors = stderr.split('\n').filter((line) => line.startsWith('reg: '));
  assert.equal(errors.length, 1, stderr);
  assert.ok(errors[0]?.includes(path), stderr);
  assert.doesNotMatch(stderr, /^\s+at |internal error/m);
}

test(
  'where the disk is full or fails at any one call, the store stays whole',
  { ...STRACE, concurrency: 3 },
  async (t) => {
    const { host } = await startStreamingRegistry(t, small);
    const args = ['pull', '--progress', 'none', `${host}/app:1`];
    const template = await createPerson(t);
    const done = await copyHome(t, template.home);
    const points = await findPoints(t, done, args);
    const wanted = await readNames(done);
    assert.ok(points.length > 40, `only ${points.length} points`);
    await Promise.all(
      points.map((point) => {
        const error = ['fsync', 'unlink', 'utimensat'].includes(point.call) ? 'EIO' : 'ENOSPC';
        return t.test(`${error} at ${point.call} ${point.nth} of ${point.path}`, async (t) => {
          const home = await copyHome(t, template.home);
          const ended = await failAt(t, point, { home, args, error });
          // What only tidies up, or would only have saved time, may fail without a word.
          const isCourtesy = ['unlink', 'utimensat'].includes(point.call) || point.path.startsWith('.cache');
          if (ended.code === 0) assert.ok(isCourtesy, 'nobody noticed');
          else assertToldDisk(ended, home);
          await assertSound(home, [small]);
          succeeded(await reg(t, args, { home }));
          assert.deepEqual(await readNames(home), wanted);
          await assertClean(home, [small]);
        });
      }),
    );
  },
);

for (const [command, before] of [
  ['pull SMALL', []],
  ['pull LARGE', ['pull SMALL']],
  ['tag SMALL localhost/other:1', ['pull SMALL']],
  ['login -u me -p secret HOST', []],
  ['save SMALL -o OUT/saved.tar', ['pull SMALL']],
  ['artifact pull FILES -o OUT', []],
] as const) {
  test(`what "${command}" gives a name has its bytes, and keeps it, after a power cut`, STRACE, async (t) => {
    const hosts = await Promise.all([small, large, files].map((graph) => startStreamingRegistry(t, graph)));
    const [host = '', ...others] = hosts.map((server) => server.host);
    const me = await createPerson(t);
    const out = join(me.home, 'out');
    await mkdir(out);
    const names = { SMALL: `${host}/app:1`, LARGE: `${others[0]}/app:1`, FILES: `${others[1]}/app:1` };
    const args = (text: string): string[] =>
      Object.entries({ ...names, HOST: host, OUT: out })
        .reduce((said, [word, value]) => said.replace(word, value), text)
        .split(' ');
    for (const text of before) await me.reg(args(text));
    assert.deepEqual(await findUnsafe(t, me.home, { args: args(command) }), []);
  });
}

test('blobs that a killed pull left are synced before an index names them', STRACE, async (t) => {
  const { host } = await startStreamingRegistry(t, small);
  const me = await createPerson(t);
  const pull = ['pull', `${host}/app:1`];
  await me.reg(pull);
  await me.reg(['rmi', `${host}/app:1`]);
  const doubtful = (await filesIn(me.home)).filter((path) => path.startsWith('store/blobs/'));
  assert.equal(doubtful.length, 3);
  assert.deepEqual(await findUnsafe(t, me.home, { args: pull, doubtful }), []);
});

test('a pull for which there is no room says so before it fetches anything', needsDisk(), async (t) => {
  const disk = await mountDisk(t, 4);
  const { host, requests } = await startStreamingRegistry(t, large);
  const me = await createPerson(t);
  const env = { REG_STORE: join(disk.folder, 'store') };
  const ended = await me.fails(8, ['pull', '--progress', 'none', `${host}/app:1`], { env });
  assertToldDisk(ended, disk.folder);
  assert.match(ended.stderr, /\d+ bytes are needed and \d+ are free; \d+ are missing/);
  assert.ok(requests.every(({ path }) => !path.includes('/blobs/')));
});

test(
  'a pull whose disk others fill says how much is missing, and goes on when there is room',
  needsDisk(),
  async (t) => {
    const disk = await mountDisk(t, 12);
    const registries = await Promise.all([small, large].map((graph) => startStreamingRegistry(t, graph)));
    const [one, two] = registries;
    assert.ok(one !== undefined && two !== undefined);
    const proxy = await startByteProxy(t, two, { delayMs: 20 });
    const [first, second] = [`${one.host}/app:1`, `${proxy.host}/app:1`];
    const me = await createPerson(t);
    const env = { REG_STORE: join(disk.folder, 'store') };
    await me.reg(['pull', first], { env });

    const pulling = await me.start(['pull', '--progress', 'none', second], { env });
    await proxy.whenDown(2 * MIB);
    const ballast = join(disk.folder, 'ballast');
    await writeFile(ballast, Buffer.alloc(8 * MIB));
    proxy.faults = {};
    const ended = await pulling.ended;
    assertToldDisk(ended, disk.folder);
    assert.match(ended.stderr, /no space is left on the disk; \d+ more bytes are needed/);
    await me.reg(['verify'], { env });
    assert.equal((await me.reg(['images', '-q'], { env })).stdout, `${first}\n`);

    await rm(ballast);
    const { stdout } = await me.reg(['pull', '--json', second], { env });
    const { fetched }: { readonly fetched: number } = JSON.parse(stdout);
    assert.ok(fetched < 5 * MIB, `${fetched} bytes were fetched again`);
    await me.reg(['verify'], { env });
  },
);

test(
  'a store on a disk that takes no changes can be read, and says why it cannot be changed',
  needsDisk(),
  async (t) => {
    const disk = await mountDisk(t, 4);
    const { host } = await startStreamingRegistry(t, small);
    const target = await startStreamingRegistry(t);
    const me = await createPerson(t);
    const [name, other] = [`${host}/app:1`, `${target.host}/app:1`];
    const env = { REG_STORE: join(disk.folder, 'store') };
    await me.reg(['pull', name], { env });
    await me.reg(['tag', name, other], { env });
    disk.remount('ro');
    for (const args of [['images'], ['verify'], ['inspect', '--local', name], ['push', other]]) {
      await me.reg(args, { env });
    }
    for (const args of [
      ['pull', '--progress', 'none', `${host}/app:2`],
      ['tag', name, 'localhost/app:3'],
      ['rmi', name],
      ['prune'],
    ]) {
      const ended = await me.fails(8, args, { env });
      assertToldDisk(ended, disk.folder);
      assert.match(ended.stderr, /read-only/);
    }
  },
);

test('where few files can be open, a pull succeeds or says so in one line', needs('prlimit'), async (t) => {
  const { host } = await startStreamingRegistry(t, large);
  const template = await createPerson(t);
  for (let limit = 20; limit <= 44; limit += 4) {
    const home = await copyHome(t, template.home);
    const args = ['pull', '--progress', 'none', `${host}/app:1`];
    const { code, stderr } = await reg(t, args, { home, under: ['prlimit', `--nofile=${limit}`] });
    if (code !== 0) {
      assert.equal(code, 8, `with ${limit}: ${stderr}`);
      assert.match(stderr, /^reg: .* ['"][/].*Raise the limit of open files.*\n$/, `with ${limit}`);
    }
    await assertWhole(t, home, [large]);
    succeeded(await reg(t, args, { home }));
    await assertClean(home, [large]);
    await rm(home, { recursive: true });
  }
});
