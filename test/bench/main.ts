/**
 * `npm run bench`: `reg` and its peers at the same work, in turn. Everything runs on loopback, and is stopped and removed
 * at the end; only the images stay, in a cache folder.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';
import type { Case, Rig } from './case.js';
import { CASES } from './cases.js';
import { openImage } from './images.js';
import type { BenchImage, ImageName } from './images.js';
import { writePlots } from './plots.js';
import { describeMachine, findMemory, formatReport } from './report.js';
import type { Report } from './report.js';
import { runCase } from './run.js';
import type { Result } from './run.js';
import { registryName, startStaticServer } from './servers.js';
import { findTools, makeHome } from './tools.js';

const USAGE = `npm run bench -- [OPTION]…

  --quick       the short cases only
  --only WORD   the cases with this word in their names (repeatable)
  --runs N      counted runs of each command
  --json        the report as JSON on stdout
  --plot FILE   draw what an earlier --json says
  --cache DIR   where images are kept (default: ~/.cache/reg-bench)
`;

const values = optionsOrUsage();
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

/** Where `--plot FILE` leaves what it draws out of an earlier `--json`. */
const PLOTS = fileURLToPath(new URL('plots', import.meta.url));

// Removed at the very end, with whatever an interrupted run was about to make in it.
const temporary = mkdtempSync(join(tmpdir(), 'reg-bench-'));
for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = temporary;
process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

const hooks: (() => Promise<void> | void)[] = [];
const scope: Scope = { after: (hook) => void hooks.push(hook) };
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void end().finally(() => process.exit(code)));
}
try {
  if (values.plot === undefined) {
    const report = await bench(chooseCases());
    process.stdout.write(`${values.json ? JSON.stringify(report, undefined, 2) : formatReport(report)}\n`);
  } else {
    const report: Report = JSON.parse(await readFile(values.plot, 'utf8'));
    for (const name of await writePlots(PLOTS, report)) say(name);
    process.stdout.write(`${formatReport(report)}\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  await end();
}

function readOptions() {
  return parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string' },
      json: { type: 'boolean', default: false },
      plot: { type: 'string' },
      cache: { type: 'string', default: join(homedir(), '.cache', 'reg-bench') },
    },
  }).values;
}

function optionsOrUsage(): ReturnType<typeof readOptions> {
  try {
    return readOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
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
  const missing: string[] = [];
  for (const one of cases) {
    const result = await inScope((own) => measureCase(one, { ...rig, scope: own }));
    if (result === undefined) missing.push(one.name);
    else results.push(result);
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    tools: tools.map(({ name, version }) => `${name} ${version}`),
    servers: `pulls from ${still.name}, pushes to ${registryName()}`,
    results,
    memory: findMemory(results),
    missing,
  };
}

function chooseCases(): readonly Case[] {
  const words = values.only.map((word) => word.toLowerCase());
  const chosen = CASES.filter(({ name, isQuick = false }) => {
    if (words.length > 0) return words.some((word) => name.toLowerCase().includes(word));
    return isQuick || !values.quick;
  });
  if (chosen.length === 0) throw new Error(`No case has one of these words in its name: ${words.join(', ')}`);
  return chosen;
}

async function openImages(cases: readonly Case[]): Promise<ReadonlyMap<ImageName, BenchImage>> {
  await mkdir(values.cache, { recursive: true });
  const images = new Map<ImageName, BenchImage>();
  for (const name of new Set(cases.flatMap((one) => one.images))) {
    show(`image ${name}`);
    images.set(name, await openImage(values.cache, name));
  }
  return images;
}

function find(images: ReadonlyMap<ImageName, BenchImage>, name: ImageName): BenchImage {
  const image = images.get(name);
  if (image === undefined) throw new Error(`The case does not name the image ${name}.`);
  return image;
}

async function measureCase(one: Case, rig: Omit<Rig, 'folder'>): Promise<Result | undefined> {
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  const result = await runCase(
    one,
    { ...rig, folder: () => temporaryFolder(rig.scope) },
    { runs, onRun: (note) => show(`${one.name}: ${note}`) },
  );
  const ratio = result?.ratios.map(({ to, ratio: { median } }) => `${median.toFixed(2)} × ${to}`) ?? [];
  say(`${one.name}: ${result === undefined ? 'not there yet' : ratio.join(', ')}`);
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

function minutes(cases: readonly Case[]): string {
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0);
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
}

/** On a terminal, a line that the next one takes the place of. */
function show(note: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${note}`);
}

function say(line: string): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  process.stderr.write(`${line}\n`);
}
