/** What files are called in an artifact, and what is said of them there. */

import { RegError } from '../../errors.js';
import { TITLE, type Annotations } from '../../spec/artifact.js';
import { quoteText } from '../../spec/text.js';
import type { NewFile } from './contents.js';
import { parseFileArgument } from './file-argument.js';
import { faultOf, titleOf } from './title.js';

interface DescribeOptions {
  /** Titles are bare names. Default false. */
  readonly stripDirs?: boolean | undefined;
  /** `TITLE[:TYPE]` of the standard input. */
  readonly stdinTitle?: string | undefined;
  /** By path, as it was given; a title among them wins. */
  readonly annotations: ReadonlyMap<string, Annotations>;
}

/** `files` as they were given: `FILE[:TYPE]`, or `-`. Throws INVALID_ARGUMENT for titles that nobody could pull. */
export function describeFiles(files: readonly string[], options: DescribeOptions): readonly NewFile[] {
  const described = files.map((text) =>
    text === '-' ? describeStdin(options.stdinTitle) : describeFile(text, options),
  );
  for (const { title } of described) requireTitle(title);
  requireDifferent(described);
  return described;
}

function describeFile(text: string, { stripDirs, annotations }: DescribeOptions): NewFile {
  const { path, mediaType } = parseFileArgument(text);
  const own = annotations.get(path) ?? {};
  return { path, mediaType, title: own[TITLE] ?? titleOf(path, { stripDirs }), annotations: own };
}

function describeStdin(text: string | undefined): NewFile {
  if (text === undefined)
    throw new RegError('INVALID_ARGUMENT', 'what comes from the standard input has no title', {
      hint: 'Give it one by --title.',
    });
  const { path: title, mediaType } = parseFileArgument(text);
  return { path: '-', title, mediaType, annotations: {} };
}

function requireTitle(title: string): void {
  // What is a name on one system and none on another is told to whoever pulls it there.
  const fault = faultOf(title, { system: 'linux', isFolder: true });
  if (fault !== undefined) throw new RegError('INVALID_ARGUMENT', `the title ${quoteText(title)} ${fault}`);
}

function requireDifferent(files: readonly NewFile[]): void {
  const paths = new Map<string, string>();
  for (const { title, path } of files) {
    const other = paths.get(title);
    if (other !== undefined)
      throw new RegError('INVALID_ARGUMENT', `${quoteText(other)} and ${quoteText(path)} have one title`);
    paths.set(title, path);
  }
}
