/** What was measured, as `--json` prints it. */

import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { version } from 'node:process';

import { programOf } from './case.js';
import type { MOST_MEMORY } from './case.js';
import type { Failure, Result } from './run.js';

/** Where and with what figures were measured. */
export interface Origin {
  /** Day, in UTC. */
  readonly date: string;
  readonly machine: string;
  /** What was measured, with versions: `reg 1.0.0`. */
  readonly tools: readonly string[];
  /** What was pulled from and pushed to. */
  readonly servers: string;
}

export interface Report extends Origin {
  readonly results: readonly Result[];
  /** Cases that could not be measured. */
  readonly failed: readonly Failure[];
}

/** What `--json` printed into a file, behind whatever npm says first or not. */
export async function readReport(file: string): Promise<Report> {
  const text = await readFile(file, 'utf8');
  const start = text.search(/^\{$/m);
  try {
    return JSON.parse(text.slice(start));
  } catch (error) {
    throw new Error(`${file} is no report: "npm run bench -- --json > ${file}" makes one.`, { cause: error });
  }
}

/** The origin of some of the cases. */
interface PartOrigin extends Origin {
  readonly cases: readonly string[];
}

/** Those that differ only in the tools that were there are one. */
function mergeOrigins(origins: readonly PartOrigin[]): readonly PartOrigin[] {
  const merged = new Map<string, PartOrigin>();
  for (const { date, machine, servers, tools, cases } of origins) {
    const key = [date, machine, servers].join('\n');
    const known = merged.get(key);
    merged.set(key, {
      date,
      machine,
      servers,
      tools: [...new Set([...(known?.tools ?? []), ...tools])],
      cases: [...(known?.cases ?? []), ...cases],
    });
  }
  return [...merged.values()];
}

/** What several reports say of the cases that are wanted; of one that was measured again, the later report. */
export function select(
  reports: readonly Report[],
  isWanted: (name: string) => boolean,
): Omit<Report, keyof Origin> & { readonly origins: readonly PartOrigin[] } {
  const found = new Map<string, { readonly report: Report; readonly one: Result | Failure }>();
  for (const report of reports)
    for (const one of [...report.failed, ...report.results])
      if (isWanted(one.name)) found.set(one.name, { report, one });
  const all = [...found.values()];
  return {
    origins: mergeOrigins(all.map(({ report, one }) => ({ ...report, cases: [one.name] }))),
    results: all.flatMap(({ one }) => ('figures' in one ? [one] : [])),
    failed: all.flatMap(({ one }) => ('figures' in one ? [] : [one])),
  };
}

/** The most that each program needed in any case of one kind. */
export interface Memory {
  readonly kind: keyof typeof MOST_MEMORY;
  readonly peakBytes: ReadonlyMap<string, number>;
}

export function describeMachine(): string {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const [system = ''] = /^\d+\.\d+/.exec(release()) ?? [];
  return `${availableParallelism()} cores (${model}), ${gibibytes} GiB, ${type()} ${system}, Node ${version}`;
}

export function findMemory(results: readonly Result[]): readonly Memory[] {
  const kinds = [...new Set(results.flatMap(({ memory }) => memory ?? []))];
  return kinds.map((kind) => {
    const peakBytes = new Map<string, number>();
    for (const { figures } of results.filter(({ memory }) => memory === kind)) {
      for (const { name, peakBytes: peak } of figures) {
        const who = programOf(name);
        peakBytes.set(who, Math.max(peak?.max ?? 0, peakBytes.get(who) ?? 0));
      }
    }
    return { kind, peakBytes };
  });
}
