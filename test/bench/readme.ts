/** Keeps the tables of the README what the bench measured. */

import { readFile, writeFile } from 'node:fs/promises';

import type { Case } from './case.js';
import { select } from './report.js';
import type { Report } from './report.js';
import { formatGoals, formatOrigins, formatScale, isScale } from './tables.js';

/** A table of the README, and why it is left as it is. */
export interface Left {
  readonly table: string;
  /** Names of the cases that no report is about. */
  readonly missing: readonly string[];
}

/** What each is made of; `isOf` says what else it tells of, where that was measured. */
const TABLES = [
  {
    table: 'goals',
    needs: ({ goal }: Case) => goal !== undefined,
    isOf: ({ goal, memory }: Case) => (goal ?? memory) !== undefined,
    format: formatGoals,
  },
  {
    table: 'scale',
    needs: ({ name }: Case) => isScale(name),
    isOf: ({ name }: Case) => isScale(name),
    format: formatScale,
  },
];

/**
 * Replaces what stands between `<!-- bench NAME -->` and `<!-- bench end -->`, for each table of which the reports have
 * every case; answers those that are left as they are.
 */
export async function writeReadme(
  file: string,
  { reports, cases }: { readonly reports: readonly Report[]; readonly cases: readonly Case[] },
): Promise<readonly Left[]> {
  const tables = new Map<string, string>();
  const left: Left[] = [];
  for (const { table, needs, isOf, format } of TABLES) {
    const { origins, ...measured } = select(reports, isAmong(cases.filter(isOf)));
    const missing = namesOf(cases.filter(needs));
    for (const { name } of [...measured.results, ...measured.failed]) missing.delete(name);
    if (missing.size > 0) left.push({ table, missing: [...missing] });
    else tables.set(table, [formatOrigins(origins), format(measured)].join('\n\n'));
  }
  const text = await readFile(file, 'utf8');
  await writeFile(file, fillIn(text, tables));
  return left;
}

function isAmong(cases: readonly Case[]): (name: string) => boolean {
  const names = namesOf(cases);
  return (name) => names.has(name);
}

function namesOf(cases: readonly Case[]): Set<string> {
  return new Set(cases.map(({ name }) => name));
}

export function fillIn(text: string, tables: ReadonlyMap<string, string>): string {
  return text.replaceAll(
    /(<!-- bench (\w+) -->\n)[^]*?(\n<!-- bench end -->)/g,
    (whole, begin: string, name: string, end: string) => {
      const table = tables.get(name);
      return table === undefined ? whole : `${begin}\n${table}\n${end}`;
    },
  );
}
