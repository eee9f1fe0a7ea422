/** What the commands that change an image have in common. */

import { RegError } from '../../errors.js';
import type { EditOptions, EditResult } from '../../operations/edit/change-image.js';
import { keptAt, parsePlace } from '../../operations/places/place.js';
import type { Written } from '../../operations/transfer/write-image.js';
import { hostPlatform, parsePlatform } from '../../spec/platform.js';
import { quoteText } from '../../spec/text.js';
import type { Context } from '../context.js';
import { openEnds } from '../open/ends.js';
import type { TagRuleFlags } from '../flags/flags.js';
import { describePlan } from '../views/plan.js';
import type { Job } from '../progress/words.js';
import { tagRules } from '../flags/tag-rules.js';
import { outputBeside } from './print-copy.js';
import { allOf, transfer } from './transfer.js';

export interface ChangeFlags extends TagRuleFlags {
  readonly dryRun?: true;
  readonly output?: string;
  readonly platform?: readonly string[];
}

type ChangeContext = Context<ChangeFlags>;

/** Runs a change of `image`; `others` are the places that it takes besides. */
export async function runChange(
  context: ChangeContext,
  task: (options: EditOptions) => Promise<EditResult>,
  others: readonly string[] = [],
): Promise<void> {
  const { args, flags, io, progress } = context;
  const [image = ''] = args;
  const { concurrency, dryRun, output } = flags;
  const places = [
    ...(image === 'scratch' ? [] : [image]),
    ...(output === undefined ? [] : [output]),
    ...others,
  ];
  const options = {
    ...(await openEnds(places, context)),
    ...tagRules(flags),
    dryRun,
    output,
    platforms: flags.platform?.map((text) => parsePlatform(text, hostPlatform(io))),
    concurrency,
    onEvent: progress.onEvent,
  };
  const kept = keptAt(await parsePlace(output ?? image));
  await transfer(allOf(task(options).then((result) => [result])), {
    job: jobOf(image, output),
    print: (result) => printWritten(result, context),
    progress,
    kept,
  });
}

function jobOf(image: string, output = image): Job {
  if (image === 'scratch') return { direction: 'create', name: output };
  return { direction: 'change', name: image === output ? image : `${image} to ${output}` };
}

/** The last line, as that of a push. */
export function printWritten(written: Written, context: ChangeContext): void {
  const { name, destination, digest, plan } = written;
  const human =
    plan === undefined
      ? `${destination}: digest: ${digest}`
      : describePlan({ digest, plan, to: destination, verb: 'write' });
  outputBeside(destination, context).result(written, { human, quiet: name ?? destination });
}

/** `KEY=VALUE` texts as a map. Throws INVALID_ARGUMENT for one without the sign, or the key. */
export function parsePairs(texts: readonly string[] = [], what: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new RegError('INVALID_ARGUMENT', `invalid ${what} ${quoteText(text)}`, {
        hint: 'Write KEY=VALUE.',
      });
    }),
  );
}
