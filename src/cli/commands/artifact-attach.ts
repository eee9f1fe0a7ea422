/** `reg artifact attach` */

import { attachArtifact, type AttachedArtifact } from '../../operations/artifact/attach.js';
import { keptAt, parsePlace } from '../../operations/places/place.js';
import { platformFor } from '../open/connection.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { describePlan } from '../views/plan.js';
import { filesFrom, openTargetEnds, type FileFlags } from './artifact-files.js';
import { transfer } from './transfer.js';

interface AttachFlags extends FileFlags, PlatformFlags {
  readonly artifactType: string;
}

export async function run(context: Context<AttachFlags>): Promise<void> {
  const { args, flags, io, progress } = context;
  const [image = ''] = args;
  const options = {
    ...(await openTargetEnds(context)),
    ...filesFrom(context),
    artifactType: flags.artifactType,
    about: flags.platform === undefined ? undefined : platformFor(flags, io),
    dryRun: flags.dryRun,
    concurrency: flags.concurrency,
    onEvent: progress.onEvent,
  };
  const kept = keptAt(await parsePlace(image));
  await transfer([attachArtifact(image, options)], {
    job: { direction: 'attach', name: image, unit: 'file' },
    print: (result) => printAttached(result, context),
    progress,
    kept,
  });
}

/** What it is pulled by: it has no tag. */
function printAttached(result: AttachedArtifact, { output }: Context): void {
  const { destination, names, digest, plan } = result;
  const human = plan === undefined ? names : describePlan({ digest, plan, to: destination, verb: 'upload' });
  output.result(result, { human, quiet: names });
}
