/**
 * The main job, on an embedded registry: `reg serve` on a free loopback port, an image pushed to it from a layout on
 * disk, pulled back into another store, and the digests compared. Everything happens in one temporary folder, and
 * none of the settings of the person who runs it are touched.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { patternContent } from '../support/contents.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer, type TestLayer } from '../support/images.js';

const BIN = fileURLToPath(new URL('../../bin/reg.js', import.meta.url));
const MiB = 1024 * 1024;

const folder = await mkdtemp(join(tmpdir(), 'reg-demo-'));
const env = {
  ...process.env,
  HOME: folder,
  DOCKER_CONFIG: join(folder, 'docker'),
  REG_STORE: join(folder, 'served'),
};
try {
  process.exitCode = await demo();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function demo(): Promise<number> {
  say('Build an image: three layers, 21 MiB, as an OCI image layout on disk.');
  const layout = join(folder, 'layout');
  const built = await buildImage();
  await writeLayout(layout, { '1.0': built });
  say('Start a registry of our own.');
  const { server, host } = await serve();
  try {
    const name = `${host}/demo/app:1.0`;
    say('Push the image to it, and pull it back into another store.');
    await reg('push', name, '--from', `oci:${layout}:1.0`);
    await reg('pull', name, '--store', join(folder, 'pulled'));
    say('Look at what came back, and check every byte of it.');
    await reg('inspect', name, '--local', '--store', join(folder, 'pulled'));
    await reg('verify', '--store', join(folder, 'pulled'));
    return compare(built.descriptor.digest, await pulledDigest(name));
  } finally {
    server.kill();
    await once(server, 'exit');
  }
}

async function buildImage(): Promise<ReturnType<typeof image>> {
  const layers: TestLayer[] = [];
  for (const size of [1, 4, 16]) {
    const { open } = await patternContent(size * MiB, size);
    layers.push(await layer({ [`data/${size}-MiB`]: await bytesOf(open()) }));
  }
  return image({ layers });
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** The server says on its first line where it listens. */
async function serve(): Promise<{ readonly server: ChildProcess; readonly host: string }> {
  const args = ['serve', '--listen', '127.0.0.1:0'];
  show(args);
  const server = spawn(process.execPath, [BIN, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: server.stdout })) {
    const host = /127\.0\.0\.1:\d+/.exec(line)?.[0];
    process.stdout.write(`${line}\n`);
    if (host !== undefined) return { server, host };
  }
  throw new Error('reg serve ended before it listened');
}

async function reg(...args: readonly string[]): Promise<void> {
  show(args);
  const child = spawn(process.execPath, [BIN, ...args], { env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`reg ${args[0] ?? ''} ended with ${code}`);
}

async function pulledDigest(name: string): Promise<string> {
  const args = ['inspect', name, '--local', '--json', '--store', join(folder, 'pulled')];
  const child = spawn(process.execPath, [BIN, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const value: unknown = JSON.parse(await text(child.stdout));
  return String(Reflect.get(Object(value), 'digest'));
}

function compare(pushed: string, pulled: string): number {
  say(pushed === pulled ? 'The same digest at both ends:' : 'The digests differ:');
  process.stdout.write(`  pushed  ${pushed}\n  pulled  ${pulled}\n`);
  return pushed === pulled ? 0 : 1;
}

function say(sentence: string): void {
  process.stdout.write(`\n${sentence}\n`);
}

function show(args: readonly string[]): void {
  process.stdout.write(`$ reg ${args.join(' ').replaceAll(`${folder}/`, '')}\n`);
}
