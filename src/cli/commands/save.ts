/** `reg save` */

import { copyImages } from '../../operations/transfer/copy-images.js';
import type { Context } from '../context.js';
import { openEnds } from '../open/ends.js';
import { outputBeside } from './print-copy.js';
import { allOf, transfer } from './transfer.js';

interface SaveFlags {
  readonly output?: string;
}

/** Says nothing on the standard output when all is well, as docker; only programs are told. */
export async function run(context: Context<SaveFlags>): Promise<void> {
  const { args, flags, progress } = context;
  const { output: path } = flags;
  const sources = args.map((image) => `store:${image}`);
  const file = { kind: 'archive', text: path ?? '-', path, name: undefined, isForDocker: false } as const;
  const options = {
    ...(await openEnds([...sources, '-'], context)),
    verb: 'save',
    onEvent: progress.onEvent,
  };
  await transfer(allOf(copyImages(sources, file, options)), {
    job: { direction: 'save', name: args.join(', ') },
    print: (result) => outputBeside(result.destination, context).result(result, {}),
    progress,
    kept: 'nothing',
  });
}
