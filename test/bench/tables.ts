/** What the bench says at its end to people, in Markdown: each figure, then each goal. */

import { MOST_MEMORY } from './case.js';
import { findMemory } from './report.js';
import type { Memory, Report } from './report.js';
import type { Comparison, Figures, Result } from './run.js';
import type { Spread } from './statistics.js';

/** Wall time, CPU time and peak memory are medians, and what is in parentheses are least and most. */
export function formatReport(report: Report): string {
  return [
    formatOrigin(report),
    '',
    '| work | who | wall | CPU | memory | network | `reg` to it |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...report.results.flatMap(detailRows),
    '',
    formatGoals(report),
    ...report.failed.map(({ name, reason }) => `\n${name} failed: ${reason}`),
  ].join('\n');
}

export function formatOrigin({ date, machine, tools, servers }: Report): string {
  return `Measured on ${date}: ${machine}; ${tools.join(', ')}; ${servers}.`;
}

/** A row for each goal, a column for each program. */
export function formatGoals({ tools, results }: Report): string {
  const programs = tools.map((tool) => ({ name: tool.split(' ')[0] ?? tool, title: tool }));
  const columns = [...programs, { name: 'node', title: '`node -e 0`' }];
  const names = columns.map(({ name }) => name);
  return [
    row(['work', ...columns.map(({ title }) => title), '`reg` to the quickest, or to Node', 'goal']),
    row(Array<string>(columns.length + 3).fill('---')),
    ...results.flatMap((result) => goalRow(result, names)),
    ...findMemory(results).map((memory) => memoryRow(memory, names)),
  ].join('\n');
}

/** What a size costs `reg`: a row for each kind of work, a cell for each size. */
export function formatScale({ results }: Report): string {
  const rows = results.filter(({ name }) => name.startsWith('scale: '));
  const columns = Math.max(0, ...rows.map(({ figures }) => figures.length));
  return [
    row(['work', ...Array<string>(columns).fill('')]),
    row(Array<string>(columns + 1).fill('---')),
    ...rows.map(({ name, figures }) =>
      row([name.replace('scale: ', ''), ...figures.toReversed().map(scaleCell)]),
    ),
  ].join('\n');
}

function scaleCell({ name, wallMs, peakBytes }: Figures): string {
  const memory = peakBytes === undefined ? '' : `, ${megabytes(peakBytes.median)}`;
  return `${name.replace('reg, ', '')}: ${seconds(wallMs.median)}${memory}`;
}

function goalRow({ name, figures, verdict }: Result, names: readonly string[]): readonly string[] {
  if (verdict === undefined) return [];
  const { goal, to, ratio, isMet } = verdict;
  const needed = names.map((who) => {
    const { wallMs, networkBytes } = figures.find((one) => one.name === who) ?? {};
    if (wallMs === undefined) return '';
    const isAboutBytes = goal.bytesAtMost !== undefined && networkBytes !== undefined;
    return `${seconds(wallMs.median)}${isAboutBytes ? `, ${megabytes(networkBytes.median)}` : ''}`;
  });
  const bytes = goal.bytesAtMost === undefined ? '' : `, ${megabytes(goal.bytesAtMost)}`;
  const wanted = `≤ ${goal.atMost}${bytes} ${sign(isMet)}`;
  return [row([name, ...needed, `${ratio.median.toFixed(2)} × ${to}`, wanted])];
}

function memoryRow({ kind, peakBytes }: Memory, names: readonly string[]): string {
  const needed = names.map((who) => {
    const peak = peakBytes.get(who);
    return peak === undefined || who === 'node' ? '' : megabytes(peak);
  });
  const most = MOST_MEMORY[kind];
  const isMet = (peakBytes.get('reg') ?? 0) <= most;
  return row([`most memory of any ${kind}`, ...needed, '', `≤ ${megabytes(most)} ${sign(isMet)}`]);
}

function detailRows({ name, figures, ratios }: Result): readonly string[] {
  return figures.map((one, position) =>
    row([
      position === 0 ? name : '',
      one.name,
      `${seconds(one.wallMs.median)} (${seconds(one.wallMs.min)}–${seconds(one.wallMs.max)})`,
      one.cpuMs === undefined ? '' : seconds(one.cpuMs.median),
      one.peakBytes === undefined ? '' : megabytes(one.peakBytes.median),
      one.networkBytes === undefined ? '' : megabytes(one.networkBytes.median),
      ratioTo(one, ratios),
    ]),
  );
}

function ratioTo({ name }: Figures, ratios: readonly Comparison[]): string {
  const found = ratios.find(({ to }) => to === name);
  return found === undefined ? '' : range(found.ratio);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function sign(isMet: boolean): string {
  return isMet ? 'met' : '**missed**';
}

function range({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function seconds(ms: number): string {
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}
