/** What the bench says at its end: a table for people, or JSON for the plots. */

import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { version } from 'node:process';

import type { Comparison, Figures, Result } from './run.js';
import type { Spread } from './statistics.js';

/** Bytes that `reg` may need, whatever it does. */
const MOST_MEMORY = 150e6;

export interface Report {
  /** Day, in UTC. */
  readonly date: string;
  readonly machine: string;
  /** What was measured, with versions. */
  readonly tools: readonly string[];
  /** What was pulled from and pushed to. */
  readonly servers: string;
  readonly results: readonly Result[];
  readonly memory: Memory | undefined;
  /** Names of cases that `reg` can't do yet. */
  readonly missing: readonly string[];
}

/** The most that `reg` needed in any case. */
export interface Memory {
  readonly peakBytes: number;
  readonly name: string;
}

export function describeMachine(): string {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${gibibytes} GiB, ${type()} ${release()}, Node ${version}`;
}

export function findMemory(results: readonly Result[]): Memory | undefined {
  const peaks = results.flatMap(({ name, figures }) => {
    const ours = figures.filter((one) => /^reg(,|$)/.test(one.name));
    return ours.flatMap(({ peakBytes }) =>
      peakBytes === undefined ? [] : [{ name, peakBytes: peakBytes.max }],
    );
  });
  return peaks.sort((one, other) => other.peakBytes - one.peakBytes)[0];
}

/** In Markdown: wall time, CPU time and peak memory are medians, and what is in parentheses are least and most. */
export function formatReport(report: Report): string {
  const { date, machine, tools, servers, results, memory, missing } = report;
  return [
    `Measured on ${date}: ${machine}.`,
    `${tools.join(', ')}; ${servers}.`,
    '',
    '| work | who | wall | CPU | memory | network | `reg` to it |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...results.flatMap(detailRows),
    '',
    '| work | `reg`: wall (CPU) | quickest peer, or Node | ratio of wall time | goal |',
    '| --- | --- | --- | --- | --- |',
    ...results.flatMap(goalRow),
    ...memoryRow(memory),
    ...missing.map((name) => `| ${name} | not there yet | | | |`),
  ].join('\n');
}

function detailRows({ name, figures, ratios }: Result): readonly string[] {
  return figures.map((one, position) => {
    const cells = [
      position === 0 ? name : '',
      one.name,
      milliseconds(one.wallMs),
      one.cpuMs === undefined ? '' : seconds(one.cpuMs.median),
      one.peakBytes === undefined ? '' : megabytes(one.peakBytes.median),
      one.networkBytes === undefined ? '' : megabytes(one.networkBytes.median),
      ratioTo(one, ratios),
    ];
    return `| ${cells.join(' | ')} |`;
  });
}

function ratioTo({ name }: Figures, ratios: readonly Comparison[]): string {
  const found = ratios.find(({ to }) => to === name);
  return found === undefined ? '' : range(found.ratio);
}

function memoryRow(memory: Memory | undefined): readonly string[] {
  if (memory === undefined) return [];
  const { name, peakBytes } = memory;
  return [
    `| most memory of any case (${name}) | ${megabytes(peakBytes)} | | | ≤ 150 MB ${sign(peakBytes <= MOST_MEMORY)} |`,
  ];
}

function goalRow({ name, figures, verdict }: Result): readonly string[] {
  if (verdict === undefined) return [];
  const { goal, to, ratio, isMet } = verdict;
  const needed = (who: string): string => {
    const { wallMs, cpuMs } = figures.find((one) => one.name === who) ?? {};
    if (wallMs === undefined) return '';
    return `${seconds(wallMs.median)}${cpuMs === undefined ? '' : ` (${seconds(cpuMs.median)})`}`;
  };
  const cells = [name, needed('reg'), `${to} ${needed(to)}`, range(ratio), `≤ ${goal.atMost} ${sign(isMet)}`];
  return [`| ${cells.join(' | ')} |`];
}

function sign(isMet: boolean): string {
  return isMet ? 'met' : '**missed**';
}

function range({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function milliseconds({ median, min, max }: Spread): string {
  return `${seconds(median)} (${seconds(min)}–${seconds(max)})`;
}

function seconds(ms: number): string {
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}
