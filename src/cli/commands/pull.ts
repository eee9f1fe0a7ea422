/** `reg pull` */

import { parseImage } from '../../operations/image-name.js';
import { pull, pullAllTags, type PullResult } from '../../operations/transfer/pull.js';
import type { Platform } from '../../spec/platform.js';
import { familiarName, parseReference } from '../../spec/reference.js';
import { askedPlatform } from '../open/connection.js';
import { noticer } from '../open/notices.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { describePlan } from '../views/plan.js';
import { printCopy } from './print-copy.js';
import { allOf, transfer } from './transfer.js';

interface PullFlags extends PlatformFlags {
  readonly dryRun?: true;
  readonly output?: string;
  readonly allPlatforms?: true;
  readonly allTags?: true;
}

export async function run(context: Context<PullFlags>): Promise<void> {
  const { args, flags, io, progress, signal } = context;
  const platform = askedPlatform(flags, io);
  // A mistake in the last name is told before the first image is fetched.
  const read = flags.allTags ? parseReference : parseImage;
  const images = args.map((image) => ({ image, name: familiarName(read(image)) }));
  if (flags.output !== undefined) return pullInto({ output: flags.output, platform }, context);
  const [client, store] = await Promise.all([context.client(), context.store()]);
  const { allPlatforms, concurrency, dryRun } = flags;
  const common = { concurrency, dryRun, signal, onEvent: progress.onEvent, onNotice: noticer(context) };
  const options = { client, store, platform, allPlatforms, ...common };

  for (const { image, name } of images) {
    const results = flags.allTags ? pullAllTags(image, options) : [pull(image, options)];
    const print = (result: PullResult): void => printResult(result, context);
    await transfer(results, { job: { direction: 'pull', name }, print, progress, kept: 'bytes' });
  }
}

/** Past the store, into another place. */
async function pullInto(
  { output, platform }: { readonly output: string; readonly platform: Platform | undefined },
  context: Context<PullFlags>,
): Promise<void> {
  const { args, flags, progress } = context;
  const { allPlatforms, allTags, concurrency } = flags;
  // A pull into the store needs none of this.
  const [{ openEnds }, { copyImages }, { keptAt, parsePlace, wrongPlace }] = await Promise.all([
    import('../open/ends.js'),
    import('../../operations/transfer/copy-images.js'),
    import('../../operations/places/place.js'),
  ]);
  const to = await parsePlace(output);
  if (to.kind === 'registry')
    throw wrongPlace(output, 'it names an image at a registry', {
      hint: 'Give oci:DIR, oci-archive:FILE, docker-archive:FILE, ./PATH or -.',
    });
  const options = {
    ...(await openEnds([...args, output], context)),
    verb: 'pull',
    dryRun: flags.dryRun,
    platforms: allPlatforms ? [] : platform && [platform],
    onePlatform: true,
    allTags,
    concurrency,
    onEvent: progress.onEvent,
  };
  await transfer(allOf(copyImages(args, to, options)), {
    job: { direction: 'pull', name: args.join(', ') },
    print: (result) => printCopy(result, context),
    progress,
    kept: keptAt(to),
  });
}

/** The last lines of `docker pull`. */
function printResult(result: PullResult, { output }: Context<PullFlags>): void {
  const { reference, familiar, digest, manifest, plan } = result;
  const human =
    plan === undefined
      ? [`Digest: ${digest}`, `Status: ${statusOf(result)}`, reference]
      : describePlan({ digest: manifest, plan, to: `store:${familiar}`, verb: 'fetch' });
  output.result(result, { human, quiet: reference });
}

/** The words of docker, which has none for an image that only the name of was new. */
function statusOf({ status, fetched, familiar }: PullResult): string {
  if (status === 'up-to-date') return `Image is up to date for ${familiar}`;
  if (fetched === 0) return `Named ${familiar}: everything was there already`;
  return `Downloaded newer image for ${familiar}`;
}
