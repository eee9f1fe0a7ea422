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
  return new RegError('INVALID_ARGUMENT', meantInstead(reworded, given), { hint: hintFor(given) });
}

/** What other tools call a command of ours, or where one looks for it; what is nearly spelled like one commander finds. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['ls', '"images" or "tags"'],
  ['list', '"images" or "tags"'],
  ['list-tags', '"tags"'],
  ['ps', '"images"'],
  ['repo', '"tags" or "catalog"'],
  ['rm', '"rmi" or "delete"'],
  ['remove', '"rmi" or "delete"'],
  ['get', '"pull"'],
  ['fetch', '"pull"'],
  ['download', '"pull"'],
  ['upload', '"push"'],
  ['show', '"inspect"'],
  ['info', '"inspect"'],
  ['extract', '"unpack" or "cat"'],
  ['gc', '"prune"'],
  ['clean', '"prune"'],
  ['du', '"size"'],
  ['validate', '"verify"'],
  ['mutate', '"edit"'],
  ['mirror', '"sync"'],
  ['discover', '"referrers"'],
  ['attach', '"reg artifact attach"'],
  ['artifact discover', '"reg artifact list"'],
  ['auth login', '"reg login"'],
  ['auth logout', '"reg logout"'],
  ['auth list', '"reg whoami"'],
  ['index append', '"reg index add"'],
  ['index delete', '"reg index remove"'],
  ['index rm', '"reg index remove"'],
]);

/** Known to us, it is surer than what is spelled alike. */
function meantInstead(message: string, { args, entries }: Arguments): string {
  const path = pathOf({ args, entries });
  const ours = ELSEWHERE.get([...path, args[path.length]].join(' '));
  return ours === undefined
    ? message
    : `${message.replace(/\. Did you mean .*$/, '')}. Did you mean ${ours}?`;
}

function hintFor({ args, entries }: Arguments): string {
  const [first = '', ...rest] = args;
  const command = rest.find((arg) => entries.some(({ name }) => name === arg));
  if (/^--?\w/.test(first) && command !== undefined)
    return `Options stand behind the command: "reg ${command} ${first}".`;
  return `Run "${['reg', ...pathOf({ args, entries })].join(' ')} --help".`;
}

/** The command that the arguments begin with, such as `auth` and `get`, as far as there is one. */
function pathOf({ args, entries }: Arguments): readonly string[] {
  const [name, ...rest] = args;
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) return [];
  return [entry.name, ...('commands' in entry ? pathOf({ args: rest, entries: entry.commands }) : [])];
}
