/** A home in which commands are killed, and what must hold in it afterwards, found out without the code of `reg`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { buffer } from 'node:stream/consumers';
import { filesIn, findFaults } from './hostile/store-check.js';
import { bigLayer, image, layer } from './images.js';
import type { TestGraph, TestImage } from './images.js';
import { reg, storeFolder } from './reg.js';
import { succeeded } from './person.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';

/** The names of a store with the digests that they stand for. */
export type Names = Readonly<Record<string, string>>;

/** Too large to come in by way of memory. */
const SHARED_SIZE = 1.25 * 1024 * 1024;

/** An image of a layer that all of these images share, and a tiny one of its own when it gets a name. */
export async function smallImage(name?: string): Promise<TestImage> {
  const shared = await bigLayer(SHARED_SIZE, 7);
  return image({ layers: name === undefined ? [shared] : [shared, await layer({ name })] });
}

/** A copy of a home: the times too, by which `reg` knows blobs that it has verified. */
export async function copyHome(scope: Scope, home: string): Promise<string> {
  const copy = await temporaryFolder(scope);
  await cp(home, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** What index.json says; nothing where there is none. Throws when it is no whole JSON text. */
export async function readNames(home: string): Promise<Names> {
  const files = await filesIn(storeFolder(home));
  if (!files.includes('index.json')) return {};
  const text = await readFile(join(storeFolder(home), 'index.json'), 'utf8');
  const { manifests }: IndexDocument = JSON.parse(text);
  return Object.fromEntries(
    manifests.map(({ digest, annotations }) => [annotations['org.opencontainers.image.ref.name'], digest]),
  );
}

interface IndexDocument {
  readonly manifests: readonly {
    readonly digest: string;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** Checks what must hold at every moment: each blob is what its name says, and each name complete. */
export async function assertSound(home: string, graphs: readonly TestGraph[]): Promise<void> {
  const faults = await faultsIn(home, graphs);
  assert.deepEqual(
    faults.filter((fault) => !fault.startsWith('.partial/')),
    [],
  );
}

/** Checks that, and that `reg verify` sees it so, too. */
export async function assertWhole(scope: Scope, home: string, graphs: readonly TestGraph[]): Promise<void> {
  await assertSound(home, graphs);
  succeeded(await reg(scope, ['verify'], { home }));
}

/**
 * Checks what must hold when the last command ended by itself: all that, and nothing is left of those that were killed, but
 * in the cache, where anything may be lost or half done.
 */
export async function assertClean(home: string, graphs: readonly TestGraph[]): Promise<void> {
  assert.deepEqual(await faultsIn(home, graphs), []);
  const files = await filesIn(home);
  assert.deepEqual(
    files.filter((file) => !/^store\/(blobs\/|index\.json$|oci-layout$)|^\.cache\//.test(file)),
    [],
  );
}

async function faultsIn(home: string, graphs: readonly TestGraph[]): Promise<readonly string[]> {
  return findFaults(storeFolder(home), await bytesOf(graphs));
}

/**
 * Makes claims look ten seconds old that a process was killed in the writing of. Nobody can tell whose they are, so they are
 * honoured for that long, and the tests would wait for it.
 */
export async function ageClaims(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  for (const path of names.filter((name) => name.endsWith('.claim')).map((name) => join(folder, name))) {
    if ((await stat(path)).size === 0) await utimes(path, new Date(0), new Date(0));
  }
}

/** Leaves what a process leaves that was killed while it held `path`. */
export async function leaveClaim(path: string): Promise<void> {
  const { pid } = spawnSync(execPath, ['--version']);
  await writeFile(
    `${path}.claim`,
    JSON.stringify({ pid, host: hostname(), start: '', nonce: '0'.repeat(16) }),
  );
}

async function bytesOf(graphs: readonly TestGraph[]): Promise<ReadonlyMap<string, Buffer>> {
  const bytes = new Map<string, Buffer>();
  for (const { blobs, manifests } of graphs) {
    for (const blob of blobs.values()) bytes.set(blob.digest, await buffer(blob.open()));
    for (const manifest of manifests.values()) bytes.set(manifest.descriptor.digest, manifest.bytes);
  }
  return bytes;
}
