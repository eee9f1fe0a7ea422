/** Looks, before the first byte moves, whether there is room for all of them. */

import type { CopyOptions } from '../../content/copy.js';
import type { Sink, Source } from '../../content/types.js';
import { requireFreeSpace } from '../../disk/free-space.js';
import { Layout } from '../../layout/layout.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { lackingParts } from './plan.js';

interface RoomOptions extends Pick<CopyOptions, 'signal' | 'concurrency'> {
  /** A folder on the disk that everything is written to. */
  readonly folder: string;
}

/**
 * Throws DISK_FULL when the disk has no room for what `sink` lacks of `root`. Costs reading the manifests, which a
 * registry client remembers for the copy, and nothing when the root is there: all that it reaches is there then, but in a
 * store that was damaged. What such a one lacks is not reckoned with, and a full disk is found out on the way.
 */
export async function requireRoom(
  source: Source,
  sink: Sink,
  root: Descriptor,
  { folder, ...options }: RoomOptions,
): Promise<void> {
  // Asked here, too, as a walk that finds nothing to do takes a millisecond to prepare.
  if (await sink.has(root, { signal: options.signal })) return;
  const parts = await lackingParts(source, sink, root, options);
  // What an earlier try has left of a layer need not be written again.
  const lacking = await Promise.all(
    parts.map(async (part) => (sink instanceof Layout ? sink.lacks(part) : part.size)),
  );
  const bytes = lacking.reduce((sum, size) => sum + size, 0);
  if (bytes > 0) await requireFreeSpace(folder, bytes);
}
