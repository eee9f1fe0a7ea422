/** Frees what no name in a store reaches, beside anything else that runs. */

import { throwIfAborted } from '../content/abort.js';
import { createLimit } from '../content/limit.js';
import type { CallOptions } from '../content/types.js';
import { hasCode } from '../errors.js';
import type { Digest } from '../spec/digest.js';
import { isIndexType, isManifestType, UNKNOWN_TYPE } from '../spec/media-type.js';
import { describeBlob } from './describe-blob.js';
import { reach } from './graph.js';
import type { Layout } from './layout.js';

/** Blobs that are looked at once: Node has four threads to read with. */
const CONCURRENCY = 4;

export interface PruneOptions extends CallOptions {
  /** Only tells what would be removed. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Keeps what came or was asked for since then, in milliseconds since 1970 by the clock of the disk. Default: nothing. */
  readonly usedSince?: number | undefined;
}

/** What was removed. */
export interface Pruned {
  /** Number of blobs. */
  readonly blobs: number;
  /** Number of partials. */
  readonly partials: number;
  /** Number of manifests and tags that a cache kept. */
  readonly cached: number;
  /** Bytes freed by all of them. */
  readonly bytes: number;
}

/**
 * Removes the blobs that no name reaches and the partials that no process is at. Blobs that came, or were asked for,
 * since the oldest process that is putting something in began are kept. Throws STORE_CORRUPT when it can't be told
 * what is reached, STORE_LOCKED, DISK_ERROR.
 */
export async function pruneLayout(layout: Layout, options: PruneOptions = {}): Promise<Pruned> {
  const { index, lock, work } = layout.parts;
  if (!(await index.exists())) return { blobs: 0, partials: 0, cached: 0, bytes: 0 };
  // First, and without the lock: on a full disk there is no room even for that.
  const partials = await prunePartials(layout, options);
  if (options.dryRun !== true) await work.tidy();
  const cached = await pruneCached(layout, options);
  const blobs = await lock.hold(() => pruneBlobs(layout, options), options);
  const bytes = blobs.bytes + partials.bytes + cached.bytes;
  return { blobs: blobs.count, partials: partials.count, cached: cached.count, bytes };
}

interface Freed {
  readonly count: number;
  readonly bytes: number;
}

/** No name reaches any of it, and what is missing is fetched again. */
async function pruneCached(
  layout: Layout,
  { dryRun = false, usedSince = Number.POSITIVE_INFINITY }: PruneOptions,
): Promise<Freed> {
  const { cached } = layout.parts;
  const old = (await cached.list()).filter(({ since }) => since < usedSince);
  if (!dryRun) for (const { path } of old) await cached.remove(path);
  return sum(old);
}

async function prunePartials(
  layout: Layout,
  { dryRun = false, usedSince = Number.POSITIVE_INFINITY }: PruneOptions,
): Promise<Freed> {
  const { work } = layout.parts;
  const removed = [];
  for (const partial of await work.unused()) {
    if (partial.since >= usedSince) continue;
    if (dryRun || (await work.removeUnused(partial.path))) removed.push(partial);
  }
  return sum(removed);
}

async function pruneBlobs(layout: Layout, options: PruneOptions): Promise<Freed> {
  const { dryRun = false, signal } = options;
  const unreached = await findUnreached(layout, options);
  if (dryRun) return sum(unreached);
  const limit = createLimit(CONCURRENCY);
  const rank = async ({ digest }: Unreached) => ({ digest, rank: await rankOf(layout, digest, { signal }) });
  const ranked = await Promise.all(unreached.map((one) => limit(() => rank(one))));
  // Parents go before their children, so that no manifest is ever without its parts.
  for (const { digest } of ranked.sort((one, other) => one.rank - other.rank)) {
    throwIfAborted(signal);
    await layout.parts.blobs.remove(digest);
  }
  return sum(unreached);
}

interface Unreached {
  readonly digest: Digest;
  readonly size: number;
  /** When it came or was last asked for, by the file system's clock. */
  readonly since: number;
}

async function findUnreached(
  layout: Layout,
  { usedSince = Number.POSITIVE_INFINITY, signal }: PruneOptions,
): Promise<readonly Unreached[]> {
  const { blobs, work } = layout.parts;
  const roots = (await layout.entries()).map((entry) => entry.descriptor);
  const reached = new Set<string>();
  for await (const node of reach(layout, roots, { signal })) reached.add(node.digest);
  const unreached: Unreached[] = [];
  for (const digest of await blobs.list()) {
    const stats = reached.has(digest) ? undefined : await blobs.look(digest);
    if (stats === undefined || stats.isDirectory()) continue;
    unreached.push({ digest, size: stats.size, since: stats.ctimeMs });
  }
  // Looked up last: who put in a blob that we have seen took out a lease before.
  const protectedSince = Math.min(usedSince, (await work.oldestLease()) ?? Number.POSITIVE_INFINITY);
  return unreached.filter(({ since }) => since < protectedSince);
}

/** 0 for an index, 1 for a manifest, 2 for anything else. No name reaches it, so only its bytes tell. */
async function rankOf(layout: Layout, digest: Digest, options: CallOptions): Promise<number> {
  try {
    const { mediaType = UNKNOWN_TYPE } = (await describeBlob(layout.parts.blobs, digest, options)) ?? {};
    if (isIndexType(mediaType)) return 0;
    return isManifestType(mediaType) ? 1 : 2;
  } catch (error) {
    // Broken: it goes last, as layers do.
    if (hasCode(error, 'NOT_FOUND', 'STORE_CORRUPT')) return 2;
    throw error;
  }
}

function sum(items: readonly { readonly size: number }[]): Freed {
  return { count: items.length, bytes: items.reduce((bytes, { size }) => bytes + size, 0) };
}
