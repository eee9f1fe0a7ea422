/**
 * `npm run bench`: `reg` and its peers at the same work, in turn. Everything runs on loopback, and is stopped and removed
 * at the end; only the images stay, in a cache folder.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import type { Scope } from '../support/temp.js';
import { bench } from './bench.js';
import { CASES } from './cases.js';
import { USAGE, chooseCases, parseOptions } from './options.js';
import type { Options } from './options.js';
import { writePlots } from './plots.js';
import { writeReadme } from './readme.js';
import { readReport } from './report.js';
import type { Report } from './report.js';
import { reasonOf } from './run.js';
import { formatReport } from './tables.js';

const values = optionsOrUsage();
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

/** Where charts are left. */
const PLOTS = fileURLToPath(new URL('plots', import.meta.url));
const README = fileURLToPath(new URL('../../README.md', import.meta.url));

// Removed at the very end, with whatever an interrupted run was about to make in it.
const temporary = mkdtempSync(join(tmpdir(), 'reg-bench-'));
for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = temporary;
process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

let isInterrupted = false;
const hooks: (() => Promise<void> | void)[] = [];
const scope: Scope = { after: (hook) => void hooks.push(hook) };
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    isInterrupted = true;
    void end().finally(() => process.exit(code));
  });
}
try {
  await main();
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 2;
} finally {
  await end();
}

function optionsOrUsage(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

async function main(): Promise<void> {
  const { show, readme, list, cache } = values;
  if (show !== undefined) return print(await readReport(show));
  if (readme.length > 0) return fillReadme(await Promise.all(readme.map(readReport)));
  const cases = chooseCases(CASES, values);
  if (list) {
    process.stdout.write(cases.map(({ name, seconds }) => `${name} (${seconds} s)\n`).join(''));
    return;
  }
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  const report = await bench(cases, { scope, cache, runs, isInterrupted: () => isInterrupted, note, say });
  print(report);
  if (report.failed.length > 0) process.exitCode = 1;
}

function print(report: Report): void {
  process.stdout.write(`${values.json ? JSON.stringify(report, undefined, 2) : formatReport(report)}\n`);
}

async function fillReadme(reports: readonly Report[]): Promise<void> {
  const left = await writeReadme(README, { reports, cases: CASES });
  for (const { table, missing } of left)
    say(`The table of the ${table} is left as it is, for lack of: ${missing.join('; ')}`);
  for (const chart of await writePlots(PLOTS, reports)) say(`${chart} is drawn`);
}

async function end(): Promise<void> {
  for (let hook = hooks.pop(); hook !== undefined; hook = hooks.pop()) await hook();
}

/** On a terminal, a line that the next one takes the place of. */
function note(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

function say(line: string): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  process.stderr.write(`${line}\n`);
}
