/** `reg tag` */

import { tagImage } from '../../operations/images.js';
import type { Context } from '../context.js';
import type { TagRuleFlags } from '../flags.js';
import { tagRules } from '../tag-rules.js';

/** Says nothing when all is well, as docker. */
export async function run({ args, flags, store }: Context<TagRuleFlags>): Promise<void> {
  const [source = '', target = ''] = args;
  await tagImage(source, { store: await store(), target, ...tagRules(flags) });
}
