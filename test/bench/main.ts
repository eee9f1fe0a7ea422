/**
 * `npm run bench`: `reg` and its peers at the same work, in turn. Everything runs on loopback, and is stopped and removed
 * at the end; only the images stay, in a cache folder.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';
import type { Case, Rig } from './case.js';
import { CASES } from './cases.js';
import { makeHome } from './home.js';
import { openImage } from './images.js';
import type { BenchImage, ImageName } from './images.js';
import { USAGE, chooseCases, parseOptions } from './options.js';
import type { Options } from './options.js';
import { writePlots } from './plots.js';
import { writeReadme } from './readme.js';
import { describeMachine } from './report.js';
import type { Report } from './report.js';
import { runCase } from './run.js';
import type { Result } from './run.js';
import { registryName, startStaticServer } from './servers.js';
import { formatReport } from './tables.js';
import { findTools } from './tools.js';

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
  const earlier = values.readme ?? values.plot;
  if (earlier !== undefined) return show(JSON.parse(await readFile(earlier, 'utf8')));
  const cases = chooseCases(CASES, values);
  if (values.list) {
    process.stdout.write(cases.map(({ name, seconds }) => `${name} (${seconds} s)\n`).join(''));
    return;
  }
  const report = await bench(cases);
  process.stdout.write(`${values.json ? JSON.stringify(report, undefined, 2) : formatReport(report)}\n`);
}

/** What was measured earlier. */
async function show(report: Report): Promise<void> {
  for (const name of await writePlots(PLOTS, report)) say(name);
  if (values.readme === undefined) process.stdout.write(`${formatReport(report)}\n`);
  else await writeReadme(README, report);
}

async function end(): Promise<void> {
  for (let hook = hooks.pop(); hook !== undefined; hook = hooks.pop()) await hook();
}

async function bench(cases: readonly Case[]): Promise<Report> {
  say(`${cases.length} cases, about ${minutes(cases)} once the images are made (in ${values.cache}).`);
  const images = await openImages(cases);
  const home = await makeHome(join(await temporaryFolder(scope), 'home'));
  const still = await startStaticServer(scope, [...images.values()]);
  const tools = await findTools(home);
  const rig = { tools, home, still, cache: values.cache, image: (name: ImageName) => find(images, name) };
  const results: Result[] = [];
  const failed: Report['failed'][number][] = [];
  for (const one of cases) {
    try {
      results.push(await inScope((own) => measureCase(one, { ...rig, scope: own })));
    } catch (error) {
      if (isInterrupted) throw error;
      // The others have taken minutes: they are not lost for one.
      failed.push({ name: one.name, reason: reasonOf(error) });
      say(`${one.name} failed: ${reasonOf(error)}`);
      process.exitCode = 1;
    }
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    tools: tools.map(({ name, version }) => `${name} ${version}`),
    servers: `pulls from ${still.name}, pushes to ${registryName()}`,
    results,
    failed,
  };
}

async function openImages(cases: readonly Case[]): Promise<ReadonlyMap<ImageName, BenchImage>> {
  await mkdir(values.cache, { recursive: true });
  const images = new Map<ImageName, BenchImage>();
  for (const name of new Set(cases.flatMap((one) => one.images))) {
    note(`image ${name}`);
    images.set(name, await openImage(values.cache, name));
  }
  return images;
}

function find(images: ReadonlyMap<ImageName, BenchImage>, name: ImageName): BenchImage {
  const image = images.get(name);
  if (image === undefined) throw new Error(`The case does not name the image ${name}.`);
  return image;
}

async function measureCase(one: Case, rig: Omit<Rig, 'folder'>): Promise<Result> {
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  const result = await runCase(
    one,
    { ...rig, folder: () => temporaryFolder(rig.scope) },
    { runs, onRun: (run) => note(`${one.name}: ${run}`) },
  );
  const ratio = result.ratios.map(({ to, ratio: { median } }) => `${median.toFixed(2)} × ${to}`);
  say(`${one.name}: ${ratio.join(', ')}`);
  return result;
}

/** Ends what the task started when it is over, or the bench is. */
async function inScope<T>(task: (own: Scope) => Promise<T>): Promise<T> {
  const started: (() => Promise<void> | void)[] = [];
  const endAll = async (): Promise<void> => {
    for (let hook = started.pop(); hook !== undefined; hook = started.pop()) await hook();
  };
  scope.after(endAll);
  try {
    return await task({ after: (hook) => void started.push(hook) });
  } finally {
    await endAll();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function minutes(cases: readonly Case[]): string {
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0);
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
}

/** On a terminal, a line that the next one takes the place of. */
function note(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

function say(line: string): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  process.stderr.write(`${line}\n`);
}
