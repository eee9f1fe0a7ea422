/** What could come next on a command line that is not finished. */

import { Command, type Argument, type Option } from 'commander';

import type { CommandEntry } from '../define/entry.js';

/** Neither has a blank in its first part: that divides the two in the answer to a shell. */
export interface Candidate {
  readonly value: string;
  readonly text: string;
}

export interface CandidateOptions {
  readonly entries: readonly CommandEntry[];
  /** Names of images of the local store; asked for only where one could come next. */
  readonly images: () => Promise<readonly string[]>;
}

/** Arguments that may be names of images of the local store. */
const IMAGE = /^(image|source|target|destination|ref|repository)$/;

/**
 * What could stand in place of the last of `words`, which may be empty; the first one is behind `reg`. Of nothing, a
 * shell takes files.
 */
export async function candidatesFor(
  words: readonly string[],
  { entries, images }: CandidateOptions,
): Promise<readonly Candidate[]> {
  const [name = '', ...rest] = words;
  const wanted = words.at(-1) ?? '';
  const fits = ({ value }: Candidate): boolean => value.startsWith(wanted) && value !== '';
  if (rest.length === 0)
    return entries.map((entry) => ({ value: entry.name, text: entry.summary })).filter(fits);
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) return [];
  if ('commands' in entry) return candidatesFor(rest, { entries: entry.commands, images });
  const command = new Command(name);
  await entry.define(command, () => async () => {});
  command.option('--debug', 'explain on stderr what happens, without secrets').option('--help', 'show help');
  return (await insideOf(command, rest, images)).filter(fits);
}

/** Behind the name of a command: the value of an option, an option, or an argument. */
async function insideOf(
  command: Command,
  words: readonly string[],
  images: CandidateOptions['images'],
): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1);
  const isPastOptions = before.includes('--');
  const open = isPastOptions ? undefined : optionWithValue(command, before.at(-1));
  if (open !== undefined) return choicesOf(open);
  if (!isPastOptions && words.at(-1)?.startsWith('-') === true) return command.options.map(describe);
  const argument = argumentAt(command, before);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return choicesOf(argument);
  if (!IMAGE.test(argument.name())) return [];
  return (await images()).map((value) => ({ value, text: 'in the local store' }));
}

/** The option that `word` is, where a value has to follow. */
function optionWithValue({ options }: Command, word: string | undefined): Option | undefined {
  const option = options.find(({ short, long }) => word !== undefined && (word === short || word === long));
  return option?.required === true ? option : undefined;
}

function describe({ short, long, description }: Option): Candidate {
  return { value: long ?? short ?? '', text: description };
}

function choicesOf({ argChoices = [] }: Pick<Option | Argument, 'argChoices'>): readonly Candidate[] {
  return argChoices.map((value) => ({ value, text: '' }));
}

/** The argument that comes behind these words; the last one may take several. */
function argumentAt(command: Command, words: readonly string[]): Argument | undefined {
  const given = words.filter(
    (word, at) => !word.startsWith('-') && optionWithValue(command, words[at - 1]) === undefined,
  );
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  return all[given.length] ?? (last?.variadic === true ? last : undefined);
}
