/** `reg artifact push` */

import { pushArtifact, splitTags } from '../../operations/artifact/push.js';
import { keptAt, parsePlace } from '../../operations/places/place.js';
import type { Context } from '../context.js';
import type { TagRuleFlags } from '../flags/flags.js';
import { tagRules } from '../flags/tag-rules.js';
import { filesFrom, openTargetEnds, printPushed, type FileFlags } from './artifact-files.js';
import { transfer } from './transfer.js';

export async function run(context: Context<FileFlags & TagRuleFlags>): Promise<void> {
  const { args, flags, progress } = context;
  const [name = ''] = args;
  const options = {
    ...(await openTargetEnds(context)),
    ...filesFrom(context),
    ...tagRules(flags),
    dryRun: flags.dryRun,
    concurrency: flags.concurrency,
    onEvent: progress.onEvent,
  };
  const [place] = splitTags(name);
  const kept = keptAt(await parsePlace(place));
  await transfer([pushArtifact(name, options)], {
    job: { direction: 'push', name, unit: 'file' },
    print: (result) => printPushed(result, context),
    progress,
    kept,
  });
}
