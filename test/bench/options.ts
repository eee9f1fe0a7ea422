/** What `npm run bench` may be asked for. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Case } from './case.js';

export const USAGE = `npm run bench -- [OPTION]…

Measures reg and its peers at the same work, in turn, on this machine alone.

  --goals        the cases with a goal only (about 8 minutes)
  --quick        the short cases only
  --only WORD    the cases with this word in their names, or the one of this name (repeatable)
  --except WORD  none of these (repeatable)
  --list         the cases that would run, and about how many seconds each takes
  --runs N       counted runs of each command
  --json         the report as JSON on stdout
  --show FILE    print the tables of an earlier --json
  --readme FILE  put what an earlier --json says into the tables and charts of the README (repeatable: of what was
                 measured twice, the later file is taken; a table is left as it is while cases of it are missing)
  --cache DIR    where images are kept (default: ~/.cache/reg-bench)

Progress goes to stderr, the report to stdout. It ends with 1 where a case could not be measured; the others count all
the same. Peers are found on the PATH: skopeo, crane, oras, regctl; nginx and docker-registry serve where installed.

  npm run bench -- --quick                          # two minutes
  npm run bench -- --only 'push of' --runs 9        # some cases, with more certainty
  npm run -s bench -- --json > all.json             # everything, 15 minutes
  npm run -s bench -- --readme all.json             # what was measured, into the README
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
      show: { type: 'string' },
      readme: { type: 'string', multiple: true, default: [] },
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
