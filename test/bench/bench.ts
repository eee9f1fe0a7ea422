/** Measures one case after the other: one that fails takes none of the others with it. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';
import type { Case, Rig } from './case.js';
import { makeHome } from './home.js';
import { openImage } from './images.js';
import type { BenchImage, ImageName } from './images.js';
import { describeMachine } from './report.js';
import type { Report } from './report.js';
import { failureOf, reasonOf, runCase } from './run.js';
import type { Failure, Result } from './run.js';
import { registryName, startStaticServer } from './servers.js';
import { formatOutcome } from './tables.js';
import { findTools } from './tools.js';

export interface BenchOptions {
  /** Ends what is started. */
  readonly scope: Scope;
  /** The folder where images are kept. */
  readonly cache: string;
  /** Counted runs of each contestant; default: as each case says. */
  readonly runs: number | undefined;
  readonly isInterrupted: () => boolean;
  /** What is under way, and is of no interest any more with the next call. */
  readonly note: (line: string) => void;
  readonly say: (line: string) => void;
}

export async function bench(cases: readonly Case[], options: BenchOptions): Promise<Report> {
  const { scope, cache, note, say } = options;
  say(`${cases.length} cases, about ${minutes(cases)} once the images are made (in ${cache}).`);
  const images = await openImages(cases, { cache, note });
  const home = await makeHome(join(await temporaryFolder(scope), 'home'));
  const still = await startStaticServer(scope, [...images.values()]);
  const tools = await findTools(home);
  const rig = { tools, home, still, cache, image: (name: ImageName) => find(images, name) };
  const results: Result[] = [];
  const failed: Failure[] = [];
  for (const [position, one] of cases.entries()) {
    const title = `${position + 1}/${cases.length} ${one.name}`;
    const outcome = await measureTwice(one, { ...options, title, rig });
    if ('reason' in outcome) failed.push(outcome);
    else results.push(outcome);
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

interface CaseOptions extends BenchOptions {
  readonly title: string;
  readonly rig: Omit<Rig, 'folder' | 'scope'>;
}

/** A case that fails has one more try: on a busy machine a server may come up late. */
async function measureTwice(one: Case, options: CaseOptions): Promise<Result | Failure> {
  const { title, say, isInterrupted } = options;
  let failure: unknown;
  for (const next of ['it is tried once more', 'it is left out']) {
    try {
      const result = await inScope(options.scope, (scope) => measureCase(one, { ...options, scope }));
      say(`${title}: ${formatOutcome(result)}`);
      return result;
    } catch (error) {
      if (isInterrupted()) throw error;
      failure = error;
      say(`${title} failed, ${next}: ${reasonOf(error)}`);
    }
  }
  return failureOf(one.name, failure);
}

async function measureCase(one: Case, options: CaseOptions): Promise<Result> {
  const { title, rig, scope, runs, note, say } = options;
  return runCase(
    one,
    { ...rig, scope, folder: () => temporaryFolder(scope) },
    {
      runs,
      onRun: (run) => note(`${title}: ${run}`),
      onFailure: ({ name, reason }) => say(`${title}: ${name} failed and is left out: ${reason}`),
    },
  );
}

async function openImages(
  cases: readonly Case[],
  { cache, note }: Pick<BenchOptions, 'cache' | 'note'>,
): Promise<ReadonlyMap<ImageName, BenchImage>> {
  await mkdir(cache, { recursive: true });
  const images = new Map<ImageName, BenchImage>();
  for (const name of new Set(cases.flatMap((one) => one.images))) {
    note(`image ${name}`);
    images.set(name, await openImage(cache, name));
  }
  return images;
}

function find(images: ReadonlyMap<ImageName, BenchImage>, name: ImageName): BenchImage {
  const image = images.get(name);
  if (image === undefined) throw new Error(`The case does not name the image ${name}.`);
  return image;
}

/** Ends what the task started when it is over, or the bench is. */
async function inScope<T>(scope: Scope, task: (own: Scope) => Promise<T>): Promise<T> {
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
