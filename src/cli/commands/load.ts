/** `reg load` */

import { RegError } from '../../errors.js';
import type { CopyResult } from '../../operations/transfer/copy-images.js';
import { loadImages } from '../../operations/transfer/load-images.js';
import { familiarName, parseReference } from '../../spec/reference.js';
import type { Context } from '../context.js';
import { openEnds } from '../open/ends.js';
import { allOf, transfer } from './transfer.js';

interface LoadFlags {
  readonly input?: string;
}

export async function run(context: Context<LoadFlags>): Promise<void> {
  const { flags, io, progress } = context;
  const { input } = flags;
  if (input === undefined && io.stdin.isTTY) {
    const hint = 'Name a file with --input, or send an archive into the standard input.';
    throw new RegError('INVALID_ARGUMENT', 'there is no archive to load: the standard input is a terminal', {
      hint,
    });
  }
  const file = {
    kind: 'archive',
    text: input ?? '-',
    path: input,
    name: undefined,
    isForDocker: false,
  } as const;
  const options = {
    ...(await openEnds(['-'], context)),
    store: await context.store(),
    concurrency: flags.concurrency,
    onEvent: progress.onEvent,
  };
  await transfer(allOf(loadImages(file, options)), {
    job: { direction: 'load', name: input ?? 'the standard input' },
    print: (result) => printLoaded(result, context),
    progress,
    kept: 'bytes',
  });
}

/** The last line of `docker load`. */
function printLoaded(result: CopyResult, { output }: Context): void {
  const { name = '' } = result;
  const human = `Loaded image: ${familiarName(parseReference(name))}`;
  output.result(result, { human, quiet: name });
}
