/** `reg cat` */

import { RegError } from '../../errors.js';
import { readFiles } from '../../operations/files/read-file.js';
import type { Context } from '../context.js';
import { writeBytes, writeText } from '../output/file-output.js';
import type { PlatformFlags } from '../flags/flags.js';
import { splitImagePath } from '../flags/image-path.js';
import { lookOptions } from '../open/look-options.js';
import type { Job } from '../progress/words.js';

interface CatFlags extends PlatformFlags {
  readonly raw?: true;
  readonly whole?: true;
  readonly maxSize?: number;
}

export async function run(context: Context<CatFlags>): Promise<void> {
  const { args, flags, io, progress } = context;
  const { image, paths } = splitImagePath(args);
  if (paths.length === 0)
    throw new RegError('INVALID_ARGUMENT', 'there is no file to print', {
      hint: 'Write "reg cat IMAGE PATH", or IMAGE:/PATH.',
    });
  const options = {
    ...(await lookOptions([image], context)),
    paths,
    whole: flags.whole,
    maxBytes: flags.maxSize,
  };
  const isForPeople = io.stdout.isTTY && flags.raw !== true;
  const job: Job = { direction: 'read', name: image, isTransient: true };
  progress.begin(job);
  await readFiles(image, { ...options, onEvent: progress.onEvent }, async (file) => {
    // It may share the terminal with the file.
    progress.end('done');
    await (isForPeople ? writeText(file, io.stdout) : writeBytes(file.bytes, io.stdout));
    progress.begin(job);
  });
  progress.end('done');
}
