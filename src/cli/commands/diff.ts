/** `reg diff` */

import { RegError } from '../../errors.js';
import { compareFiles, type FileChange } from '../../operations/files/file-diff.js';
import { compareImages, type ImageDiff } from '../../operations/look/diff.js';
import type { LookOptions } from '../../operations/look/look-at.js';
import { parsePlatform } from '../../spec/platform.js';
import type { Context } from '../context.js';
import { describeDiff } from '../views/diff.js';
import { changeForPrograms, describeFileChanges } from '../views/file-diff.js';
import type { PlatformFlags } from '../flags/flags.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';

interface DiffFlags extends PlatformFlags {
  readonly exitCode?: true;
  readonly files?: true;
  readonly whole?: true;
  readonly maxSize?: number;
}

export async function run(context: Context<DiffFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [from = '', to = ''] = args;
  const options = await lookOptions(args, context);
  const diff = await compareImages({ from, to }, options);
  const files = flags.files === true ? await filesOf(diff, context, options) : undefined;
  output.result(files === undefined ? diff : { ...diff, files: files.map(changeForPrograms) }, {
    human() {
      const { print } = createPage(context);
      print(describeDiff(diff));
      if (files !== undefined) print(describeFileChanges(files));
    },
  });
  if ((flags.exitCode || flags.quiet) && !diff.isEqual)
    throw new RegError('DIFFERENT', `${diff.from.familiar} and ${diff.to.familiar} differ`);
}

/** Of the very images whose configs and layers are compared. */
async function filesOf(
  diff: ImageDiff,
  { args, flags, progress }: Context<DiffFlags>,
  options: LookOptions,
): Promise<readonly FileChange[]> {
  const [from = '', to = ''] = args;
  if ([from, to].some((place) => place.startsWith('-')))
    throw new RegError('INVALID_ARGUMENT', 'files cannot be compared with those of the standard input', {
      hint: 'It can only be read once: write it to a file first.',
    });
  const platform = diff.to.image?.platform ?? diff.from.image?.platform;
  const hostPlatform = platform === undefined ? options.hostPlatform : parsePlatform(platform);
  progress.begin({ direction: 'read', name: `${from} and ${to}`, isTransient: true });
  const { whole, maxSize: maxBytes } = flags;
  const changes = await compareFiles(
    { from, to },
    { ...options, hostPlatform, whole, maxBytes, onEvent: progress.onEvent },
  );
  progress.end('done');
  return changes;
}
