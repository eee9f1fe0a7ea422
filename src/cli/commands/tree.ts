/** `reg tree` */

import type { TreeNode } from '../../operations/look/draw-tree.js';
import { readTree } from '../../operations/look/tree.js';
import type { Digest } from '../../spec/digest.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';
import { describeTree } from '../views/tree.js';

interface TreeFlags extends PlatformFlags {
  readonly referrers: boolean;
}

export async function run(context: Context<TreeFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [image = ''] = args;
  const options = { ...(await lookOptions([image], context)), withoutReferrers: !flags.referrers };
  const { reference, familiar, root } = await readTree(image, options);
  const page = createPage(context);
  output.result(
    { reference, familiar, ...root },
    { human: () => page.print(describeTree({ name: familiar, root }, page)), quiet: [...digestsIn(root)] },
  );
}

/** Of all that is shown, in its order, each once. */
function digestsIn({ digest, children, referrers }: TreeNode): ReadonlySet<Digest> {
  return new Set([digest, ...[...children, ...referrers].flatMap((node) => [...digestsIn(node)])]);
}
