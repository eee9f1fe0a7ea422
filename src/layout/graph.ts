/** Walks the graphs that the store holds. */

import { readManifest } from '../content/read.js';
import type { CallOptions, Source } from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest } from '../spec/digest.js';
import { childrenOf } from '../spec/manifest.js';
import { isManifestType } from '../spec/media-type.js';

/**
 * Every node that `roots` reach, once each, parents before children. A manifest is read only when the node after it is
 * asked for; one that is not there has no children. Throws INVALID_MANIFEST, STORE_CORRUPT.
 */
export async function* reach(
  source: Source,
  roots: readonly Descriptor[],
  options: CallOptions = {},
): AsyncGenerator<Descriptor> {
  const seen = new Set<string>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node.digest)) continue;
    seen.add(node.digest);
    yield node;
    if (isManifestType(node.mediaType)) pending.push(...(await childrenIn(source, node, options)));
  }
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
