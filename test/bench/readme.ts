/** Keeps the tables of the README what the bench measured. */

import { readFile, writeFile } from 'node:fs/promises';

import type { Report } from './report.js';
import { formatGoals, formatOrigin, formatScale } from './tables.js';

/** Replaces what stands between `<!-- bench NAME -->` and `<!-- bench end -->`, for each table. */
export async function writeReadme(file: string, report: Report): Promise<void> {
  const tables = new Map([
    ['goals', `${formatOrigin(report)}\n\n${formatGoals(report)}`],
    [
      'scale',
      `What \`reg\` alone needs, in wall time and peak memory, as things grow:\n\n${formatScale(report)}`,
    ],
  ]);
  const text = await readFile(file, 'utf8');
  await writeFile(file, fillIn(text, tables));
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
