/** `reg tag` */

import { tagImage } from '../../operations/store/images.js';
import { tagRemote } from '../../operations/edit/tag-remote.js';
import { parseReference } from '../../spec/reference.js';
import type { Context } from '../context.js';
import type { TagRuleFlags } from '../flags/flags.js';
import { tagRules } from '../flags/tag-rules.js';

interface TagFlags extends TagRuleFlags {
  readonly remote?: true;
}

/** Says nothing when all is well, as docker. */
export async function run(context: Context<TagFlags>): Promise<void> {
  const { args, flags, signal, store } = context;
  const [source = '', ...targets] = args;
  const rules = tagRules(flags);
  if (flags.remote) {
    // A tag alone could be read as the name of an image somewhere else.
    const client = await context.client([parseReference(source).domain]);
    await tagRemote(source, targets, { client, signal, ...rules });
    return;
  }
  for (const target of targets) await tagImage(source, { store: await store(), target, ...rules });
}
