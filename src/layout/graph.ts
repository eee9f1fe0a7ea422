/** Walks the graphs that the store holds. */

import { readManifest } from '../content/read.js';
import type { CallOptions, Source } from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest } from '../spec/digest.js';
import { childrenOf } from '../spec/manifest.js';
import { isManifestType } from '../spec/media-type.js';

/** Manifests that are read at once: with one after the other the disk is waited for most of the time. */
const BATCH = 16;

/**
 * Every node that `roots` reach, once each, parents before children. A manifest is read only when it was asked for, and
 * a node after it is; one that is not there has no children. Throws INVALID_MANIFEST, STORE_CORRUPT.
 */
export async function* reach(
  source: Source,
  roots: readonly Descriptor[],
  options: CallOptions = {},
): AsyncGenerator<Descriptor> {
  const seen = new Set<string>();
  const pending = [...roots];
  while (pending.length > 0) {
    const batch = takeFresh(pending, seen);
    yield* batch;
    const manifests = batch.filter(({ mediaType }) => isManifestType(mediaType));
    const children = await Promise.all(manifests.map((node) => childrenIn(source, node, options)));
    for (const nodes of children) pending.push(...nodes);
  }
}

/** Some of the nodes that were not seen before, off the end of `pending`. */
function takeFresh(pending: Descriptor[], seen: Set<string>): readonly Descriptor[] {
  const batch: Descriptor[] = [];
  while (batch.length < BATCH) {
    const node = pending.pop();
    if (node === undefined) break;
    if (seen.has(node.digest)) continue;
    seen.add(node.digest);
    batch.push(node);
  }
  return batch;
}

/** Throws INCOMPLETE when a node that `roots` reach is not there, as `isThere` sees it. `name` is for the message. */
export async function requireAll(
  nodes: AsyncIterable<Descriptor>,
  { isThere, of }: { readonly isThere: (node: Descriptor) => Promise<boolean>; readonly of: Descriptor },
): Promise<void> {
  for await (const node of nodes) {
    if (await isThere(node)) continue;
    const message = `the store lacks ${shortDigest(node.digest)}, a part of ${shortDigest(of.digest)}`;
    throw new RegError('INCOMPLETE', message, { digest: node.digest });
  }
}

async function childrenIn(
  source: Source,
  node: Descriptor,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  try {
    return childrenOf(await readManifest(source, node, options));
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return [];
    throw error;
  }
}
