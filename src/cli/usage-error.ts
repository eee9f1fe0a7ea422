/** What is wrong with a command line, in our words and with what to do. Loaded only when something is. */

import type { CommanderError } from 'commander';

import { RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import type { CommandEntry } from './define/entry.js';

/** A command line, and the commands that it may begin with. */
export interface Arguments {
  readonly args: readonly string[];
  readonly entries: readonly CommandEntry[];
}

/** What commander says, and how we say it. */
const REWORDED: readonly (readonly [RegExp, string])[] = [
  [/^\(outputHelp\)$/, 'a command is missing'],
  [/^option "(?:-\w, )?(--[\w-]+)[^"]*" argument missing$/, '$1 needs a value'],
  [/^option "(?:-\w, )?(--[\w-]+)[^"]*" argument "(.*)" is invalid\./, 'invalid $1 "$2".'],
  [/^command-argument value "(.*)" is invalid for argument "(.*?)"\./, 'invalid $2 "$1".'],
  [/^required option "(--[\w-]+)[^"]*" not specified$/, '$1 is missing'],
  [
    /^option "(?:-\w, )?(--[\w-]+)[^"]*" cannot be used with option "(?:-\w, )?(--[\w-]+)[^"]*"$/,
    '$1 cannot be used with $2',
  ],
  [/^missing required argument "(.*)"$/, 'the $1 is missing'],
  [
    /^too many arguments for (".*")\. Expected (\d+) arguments? but got (\d+)\.$/,
    '$1 takes $2 arguments, and got $3',
  ],
  [/ takes 0 arguments, /, ' takes no arguments, '],
  [/ takes 1 arguments, /, ' takes one argument, '],
  [/ \(Did you mean (one of .*)\?\)$/, '. Did you mean $1?'],
  [/ \(Did you mean (.*)\?\)$/, '. Did you mean "$1"?'],
];

/** `error` as one about usage; undefined when it only says that help was shown. */
export function usageError(error: CommanderError, given: Arguments): RegError | undefined {
  if (error.exitCode === 0) return undefined;
  const message = cleanText(error.message.replace(/^error: /, '').replaceAll("'", '"'), 1000);
  const reworded = REWORDED.reduce((text, [theirs, ours]) => text.replace(theirs, ours), message);
  return new RegError('INVALID_ARGUMENT', reworded + meantInstead(given), { hint: hintFor(given) });
}

/** What other tools call a command of ours; what is nearly spelled like one commander finds by itself. */
const ELSEWHERE: ReadonlyMap<string | undefined, string> = new Map([
  ['ls', '"images" or "tags"'],
  ['list', '"images" or "tags"'],
  ['list-tags', '"tags"'],
  ['gc', '"prune"'],
  ['du', '"size"'],
  ['validate', '"verify"'],
  ['mutate', '"edit"'],
  ['discover', '"referrers"'],
]);

function meantInstead({ args: [name] }: Arguments): string {
  const ours = ELSEWHERE.get(name);
  return ours === undefined ? '' : `. Did you mean ${ours}?`;
}

function hintFor({ args, entries }: Arguments): string {
  const [first = '', ...rest] = args;
  const command = rest.find((arg) => entries.some(({ name }) => name === arg));
  if (/^--?\w/.test(first) && command !== undefined)
    return `Options stand behind the command: "reg ${command} ${first}".`;
  return `Run "reg${commandIn({ args, entries })} --help".`;
}

/** The command that the arguments begin with, such as ` auth get`, as far as there is one. */
function commandIn({ args, entries }: Arguments): string {
  const [name, ...rest] = args;
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) return '';
  return ` ${entry.name}${'commands' in entry ? commandIn({ args: rest, entries: entry.commands }) : ''}`;
}
