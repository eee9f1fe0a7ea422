/** `reg files` */

import { listFiles } from '../../operations/files/list-files.js';
import { quotePatterns } from '../../operations/listing/name-pattern.js';
import { spellOut } from '../../spec/text.js';
import type { Context } from '../context.js';
import { describeFiles, fileForPrograms } from '../views/files.js';
import type { PlatformFlags } from '../flags/flags.js';
import { splitImagePath } from '../flags/image-path.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';

interface FilesFlags extends PlatformFlags {
  readonly recursive?: true;
  readonly layer?: string;
  readonly match?: readonly string[];
  readonly whole?: true;
  readonly maxSize?: number;
}

export async function run(context: Context<FilesFlags>): Promise<void> {
  const { args, flags, output, progress } = context;
  const { layer, match, recursive, whole, maxSize: maxBytes } = flags;
  const { image, paths } = splitImagePath(args);
  const [path] = paths;
  const options = {
    ...(await lookOptions([image], context)),
    path,
    recursive,
    layer,
    match,
    whole,
    maxBytes,
  };
  progress.begin({ direction: 'read', name: image, isTransient: true });
  const files = await listFiles(image, { ...options, onEvent: progress.onEvent });
  progress.end('done');
  const isForPrograms = flags.json === true || flags.format !== undefined;
  output.list<{ readonly path: string }>(isForPrograms ? files.map(fileForPrograms) : files, {
    human: () => createPage(context).print(describeFiles(files)),
    quiet: (file) => spellOut(file.path),
    none: noneIn(path === undefined ? image : `${image}:${path}`, match),
  });
}

function noneIn(where: string, match: readonly string[] | undefined): string {
  if (match === undefined) return `there are no files in ${where}`;
  return `no file in ${where} fits ${quotePatterns(match)}`;
}
