/** What `npm run bench` may be asked for. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Case } from './case.js';

export const USAGE = `npm run bench -- [OPTION]…

  --goals        the cases with a goal only (about 8 minutes)
  --quick        the short cases only
  --only WORD    the cases with this word in their names, or the one of this name (repeatable)
  --except WORD  none of these (repeatable)
  --list         the cases that would run, and about how many seconds each takes
  --runs N       counted runs of each command
  --json         the report as JSON on stdout
  --plot FILE    draw what an earlier --json says, and print its tables
  --readme FILE  put what an earlier --json says into the README, with its charts
  --cache DIR    where images are kept (default: ~/.cache/reg-bench)
`;

export type Options = ReturnType<typeof parseOptions>;

/** Throws a `TypeError` for what is no option. */
export function parseOptions(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      goals: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      except: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      runs: { type: 'string' },
      json: { type: 'boolean', default: false },
      plot: { type: 'string' },
      readme: { type: 'string' },
      cache: { type: 'string', default: join(homedir(), '.cache', 'reg-bench') },
    },
  }).values;
}

/** Those that all of the options leave; at least one. */
export function chooseCases(
  all: readonly Case[],
  { goals, quick, only, except }: Pick<Options, 'goals' | 'quick' | 'only' | 'except'>,
): readonly Case[] {
  const wanted = new Set(only.length === 0 ? all : named(all, only));
  for (const one of named(all, except)) wanted.delete(one);
  const chosen = [...wanted].filter(
    ({ isQuick = false, goal }) => (isQuick || !quick) && (goal !== undefined || !goals),
  );
  if (chosen.length === 0)
    throw new Error(`No case is left by these words: ${[...only, ...except].join(', ')}`);
  return chosen;
}

/** A word that is a whole name means that case alone: the names of some begin with those of others. */
function named(all: readonly Case[], words: readonly string[]): readonly Case[] {
  return words.flatMap((word) => {
    const wanted = word.toLowerCase();
    const whole = all.filter(({ name }) => name.toLowerCase() === wanted);
    return whole.length > 0 ? whole : all.filter(({ name }) => name.toLowerCase().includes(wanted));
  });
}
