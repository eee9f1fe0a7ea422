/** `reg rebase` */

import { rebaseImage } from '../../operations/edit/rebase.js';
import type { Context } from '../context.js';
import { runChange, type ChangeFlags } from './change.js';

interface RebaseFlags extends ChangeFlags {
  readonly oldBase?: string;
  readonly newBase?: string;
}

export async function run(context: Context<RebaseFlags>): Promise<void> {
  const { args, flags } = context;
  const [image = ''] = args;
  const { oldBase, newBase } = flags;
  const bases = [oldBase, newBase].filter((base) => base !== undefined);
  const task = async (options: Parameters<typeof rebaseImage>[1]) => {
    // What the annotations of the image name is at a registry.
    const client = options.client ?? (await context.client([]));
    return rebaseImage(image, { ...options, client, oldBase, newBase });
  };
  await runChange(context, task, bases);
}
