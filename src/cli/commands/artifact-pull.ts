/** `reg artifact pull` */

import { pullArtifact, type PulledArtifact } from '../../operations/artifact/pull.js';
import { parseNamePatterns } from '../../operations/listing/name-pattern.js';
import { askedPlatform } from '../open/connection.js';
import type { Context } from '../context.js';
import { openEnds } from '../open/ends.js';
import type { PlatformFlags } from '../flags/flags.js';
import { transfer } from './transfer.js';

interface PullFlags extends PlatformFlags {
  readonly output: string;
  readonly title?: readonly string[];
  readonly artifactType?: string;
  readonly config?: string;
  readonly keepOldFiles?: true;
  readonly maxSize?: number;
}

/** Longest title that patterns are tried on, in characters: no system has longer paths. */
const MAX_TITLE_LENGTH = 4096;

export async function run(context: Context<PullFlags>): Promise<void> {
  const { args, flags, io, progress } = context;
  const [name = ''] = args;
  const patternOptions = { code: 'INVALID_ARGUMENT', maxLength: MAX_TITLE_LENGTH } as const;
  const { artifactType, config, keepOldFiles, concurrency } = flags;
  const options = {
    ...(await openEnds([name], context)),
    folder: flags.output,
    isWanted: await parseNamePatterns(flags.title ?? [], patternOptions),
    artifactType,
    config,
    keepOldFiles,
    maxBytes: flags.maxSize,
    platform: askedPlatform(flags, io),
    concurrency,
    onEvent: progress.onEvent,
  };
  await transfer([pullArtifact(name, options)], {
    job: { direction: 'pull', name, unit: 'file' },
    print: (result) => printPulled(result, context),
    progress,
    kept: 'bytes',
  });
}

function printPulled(result: PulledArtifact, { output }: Context): void {
  const paths = result.files.map(({ path }) => path);
  output.result(result, { human: [...paths, `Digest: ${result.digest}`], quiet: paths });
}
