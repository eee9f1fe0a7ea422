/** `reg prune` */

import { pruneLayout } from '../../layout/prune.js';
import { formatBytes } from '../units/bytes.js';
import type { Context } from '../context.js';

interface PruneFlags {
  readonly dryRun?: true;
  /** In milliseconds. */
  readonly unusedFor?: number;
}

export async function run({ flags, output, signal, store }: Context<PruneFlags>): Promise<void> {
  const { dryRun, unusedFor } = flags;
  const usedSince = unusedFor === undefined ? undefined : Date.now() - unusedFor;
  const freed = await pruneLayout(await store(), { dryRun, usedSince, signal });
  const { blobs, partials, cached, bytes } = freed;
  const what = [`${blobs} ${blobs === 1 ? 'blob' : 'blobs'}`];
  if (partials > 0) what.push(`${partials} interrupted ${partials === 1 ? 'download' : 'downloads'}`);
  if (cached > 0) what.push(`${cached} cached ${cached === 1 ? 'manifest or tag' : 'manifests and tags'}`);
  const human = `${dryRun ? 'Would free' : 'Freed'} ${formatBytes(bytes)}: ${what.join(', ')}`;
  output.result(freed, { human });
}
