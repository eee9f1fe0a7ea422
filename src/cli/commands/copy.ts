/** `reg copy` */

import { keptAt, parsePlace } from '../../operations/places/place.js';
import { copyImages } from '../../operations/transfer/copy-images.js';
import { hostPlatform, parsePlatform } from '../../spec/platform.js';
import type { Context } from '../context.js';
import { openEnds } from '../open/ends.js';
import type { TagRuleFlags } from '../flags/flags.js';
import { tagRules } from '../flags/tag-rules.js';
import { printCopy } from './print-copy.js';
import { allOf, transfer } from './transfer.js';

interface CopyFlags extends TagRuleFlags {
  readonly dryRun?: true;
  readonly platform?: readonly string[];
  readonly allTags?: true;
  readonly referrers?: true;
}

export async function run(context: Context<CopyFlags>): Promise<void> {
  const { args, flags, io, progress } = context;
  const [source = '', destination = ''] = args;
  const { allTags, concurrency, referrers } = flags;
  const platforms = flags.platform?.map((text) => parsePlatform(text, hostPlatform(io)));
  const options = {
    ...(await openEnds([source, destination], context)),
    ...tagRules(flags),
    dryRun: flags.dryRun,
    platforms,
    allTags,
    referrers,
    concurrency,
    onEvent: progress.onEvent,
  };
  const kept = keptAt(await parsePlace(destination));
  await transfer(allOf(copyImages([source], destination, options)), {
    job: { direction: 'copy', name: `${source} to ${destination}` },
    print: (result) => printCopy(result, context),
    progress,
    kept,
  });
}
