/** `reg prune` */

import { pruneLayout } from '../../layout/maintain.js';
import { formatBytes } from '../bytes.js';
import type { Context } from '../context.js';

interface PruneFlags {
  readonly dryRun?: true;
}

export async function run({ flags, output, signal, store }: Context<PruneFlags>): Promise<void> {
  const { dryRun } = flags;
  const freed = await pruneLayout(await store(), { dryRun, signal });
  const { blobs, partials, bytes } = freed;
  const what = [`${blobs} ${blobs === 1 ? 'blob' : 'blobs'}`];
  if (partials > 0) what.push(`${partials} broken-off ${partials === 1 ? 'download' : 'downloads'}`);
  const human = `${dryRun ? 'Would free' : 'Freed'} ${formatBytes(bytes)}: ${what.join(', ')}`;
  output.result(freed, { human });
}
