/** `reg index create` */

import { createIndex } from '../../operations/edit/index-images.js';
import { keptAt, parsePlace } from '../../operations/places/place.js';
import type { Context } from '../context.js';
import { openEnds } from '../open/ends.js';
import { tagRules } from '../flags/tag-rules.js';
import { parsePairs, printWritten, type ChangeFlags } from './change.js';
import { allOf, transfer } from './transfer.js';

interface CreateFlags extends ChangeFlags {
  readonly annotation?: readonly string[];
}

export async function run(context: Context<CreateFlags>): Promise<void> {
  const { args, flags, progress } = context;
  const [target = '', ...images] = args;
  const { concurrency, dryRun } = flags;
  const options = {
    ...(await openEnds([...images, target], context)),
    ...tagRules(flags),
    annotations: parsePairs(flags.annotation, '--annotation'),
    dryRun,
    concurrency,
    onEvent: progress.onEvent,
  };
  const kept = keptAt(await parsePlace(target));
  await transfer(allOf(createIndex(target, images, options).then((written) => [written])), {
    job: { direction: 'create', name: target },
    print: (written) => printWritten(written, context),
    progress,
    kept,
  });
}
