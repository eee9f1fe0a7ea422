/** The manifests that an image is made of, read side by side: an index, and all that it lists. */

import { throwIfAborted } from '../../content/abort.js';
import { createLimit, type Limit } from '../../content/limit.js';
import { readManifest } from '../../content/read.js';
import type { CallOptions, Source } from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { childrenOf, type Manifest } from '../../spec/manifest.js';
import { isManifestType } from '../../spec/media-type.js';

/** Requests that run at once. */
const CONCURRENCY = 8;

/** Most manifests of one image that are read: each costs a request, which some registries count. */
const MAX_MANIFESTS = 1000;

/** Deepest index in an index that is followed. */
const MAX_DEPTH = 10;

/** By digest. What is not in it the source lacks: mirrors may lack platforms that their index lists. */
export type Manifests = ReadonlyMap<Digest, Manifest>;

export interface ReadingOptions extends CallOptions {
  /** Bounds what is read at once, of several images together. */
  readonly limit: Limit;
}

/** For all that one command reads. */
export function createReadingLimit(): Limit {
  return createLimit(CONCURRENCY);
}

/**
 * The manifests under `root`, each by one small request, and nothing else. Throws TOO_LARGE where there are more than
 * 1000 of them, NOT_FOUND for the root alone, INVALID_MANIFEST, and what the source throws.
 */
export async function readManifests(
  source: Source,
  root: Descriptor,
  options: ReadingOptions,
): Promise<Manifests> {
  const found = new Map<Digest, Manifest>([[root.digest, await readManifest(source, root, options)]]);
  const asked = new Set<Digest>([root.digest]);
  let level = entriesOf(found.get(root.digest));
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MAX_DEPTH)
      throw new RegError('INVALID_MANIFEST', `the image is nested more than ${MAX_DEPTH} levels deep`);
    const fresh = level.filter(({ digest }) => !asked.has(digest) && asked.add(digest));
    if (asked.size > MAX_MANIFESTS) throw tooMany();
    const manifests = await allOrStop(fresh, options, (descriptor, signal) =>
      readOrMiss(source, descriptor, { signal }),
    );
    for (const [digest, manifest] of manifests) if (manifest !== undefined) found.set(digest, manifest);
    level = manifests.flatMap(([, manifest]) => entriesOf(manifest));
  }
  return found;
}

/** Length in bytes of all that `root` reaches, each part by its digest and once. */
export function partsUnder(root: Descriptor, manifests: Manifests): ReadonlyMap<Digest, number> {
  const parts = new Map<Digest, number>();
  const add = (node: Descriptor): void => {
    if (parts.has(node.digest)) return;
    parts.set(node.digest, node.size);
    const manifest = manifests.get(node.digest);
    if (manifest !== undefined) childrenOf(manifest).forEach(add);
  };
  add(root);
  return parts;
}

export function sumOf(parts: ReadonlyMap<Digest, number>): number {
  return [...parts.values()].reduce((sum, size) => sum + size, 0);
}

function entriesOf(manifest: Manifest | undefined): readonly Descriptor[] {
  if (manifest?.kind !== 'index') return [];
  return manifest.manifests.filter(({ mediaType }) => isManifestType(mediaType));
}

function tooMany(): RegError {
  return new RegError('TOO_LARGE', `the image has more than ${MAX_MANIFESTS} manifests`, {
    hint: 'Choose one of them with --platform, or by its digest.',
  });
}

async function readOrMiss(
  source: Source,
  descriptor: Descriptor,
  options: CallOptions,
): Promise<readonly [Digest, Manifest | undefined]> {
  try {
    return [descriptor.digest, await readManifest(source, descriptor, options)];
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return [descriptor.digest, undefined];
    throw error;
  }
}

/** What `task` answers to each; after the first failure nothing more is begun. Throws that failure. */
export async function allOrStop<Item, Result>(
  items: readonly Item[],
  { limit, signal }: ReadingOptions,
  task: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<readonly Result[]> {
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  try {
    return await Promise.all(
      items.map((item) =>
        limit(async () => {
          throwIfAborted(stopped);
          return task(item, stopped);
        }),
      ),
    );
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}
