/** `reg push` */

import { RegError } from '../../errors.js';
import { push, pushAllTags, pushFrom, type PushResult } from '../../operations/transfer/push.js';
import { familiarName, parseReference } from '../../spec/reference.js';
import type { Context } from '../context.js';
import type { TagRuleFlags } from '../flags/flags.js';
import { tagRules } from '../flags/tag-rules.js';
import { describePlan } from '../views/plan.js';
import { transfer } from './transfer.js';

interface PushFlags extends TagRuleFlags {
  readonly dryRun?: true;
  readonly allTags?: true;
  readonly from?: string;
  readonly tag?: readonly string[];
}

export async function run(context: Context<PushFlags>): Promise<void> {
  const { args, flags, progress } = context;
  const [image = ''] = args;
  if (flags.allTags && (flags.from ?? flags.tag) !== undefined) {
    throw new RegError(
      'INVALID_ARGUMENT',
      '--all-tags takes the tags of the local store: it goes without --from and --tag',
    );
  }
  const name = familiarName(parseReference(image));
  await transfer(results(image, context), {
    job: { direction: 'push', name },
    print: (result) => printResult(result, context),
    progress,
    kept: 'blobs',
  });
}

async function* results(image: string, context: Context<PushFlags>): AsyncGenerator<PushResult> {
  const { flags, progress, signal } = context;
  const { concurrency, from, tag: tags } = flags;
  const client = await context.client();
  const rules = { ...tagRules(flags), dryRun: flags.dryRun };
  const options = { client, concurrency, signal, onEvent: progress.onEvent, ...rules };
  if (from === undefined) {
    const store = await context.store();
    if (flags.allTags) yield* pushAllTags(image, { ...options, store });
    else yield* await push(image, { ...options, store, tags });
    return;
  }
  // Tars and layouts of others are read by code that no other command needs.
  const [{ openEnds }, { openPlace }, { preferPath }] = await Promise.all([
    import('../open/ends.js'),
    import('../../operations/places/source-place.js'),
    import('../../operations/places/place.js'),
  ]);
  const place = await preferPath(from);
  const source = await openPlace(place, await openEnds([place, image], context));
  try {
    yield* await pushFrom(source, { ...options, image, tags });
  } finally {
    await source.close();
  }
}

/** The last line of `docker push`. */
function printResult(result: PushResult, { output }: Context<PushFlags>): void {
  const { reference, familiar, digest, plan } = result;
  const human =
    plan === undefined
      ? `${familiar}: digest: ${digest}`
      : describePlan({ digest, plan, to: familiar, verb: 'upload' });
  output.result(result, { human, quiet: reference });
}
