/** What the bench says at its end to people, in Markdown: each figure, then each goal. */

import { MOST_MEMORY, programOf } from './case.js';
import { findMemory } from './report.js';
import type { Memory, Origin, Report, select } from './report.js';
import type { Comparison, Figures, Result } from './run.js';
import type { Spread } from './statistics.js';

type Measured = Pick<Report, 'results' | 'failed'>;

/** What the names of cases begin with that show what a size costs. */
const SCALE = 'scale: ';

/** Wall time, CPU time and peak memory are medians, and what is in parentheses are least and most. */
export function formatReport(report: Report): string {
  const details = [
    row(['work', 'who', 'wall', 'CPU', 'memory', 'network', '`reg` to it']),
    row(Array<string>(7).fill('---')),
    ...report.results.flatMap(detailRows),
  ].join('\n');
  const tables = [details, formatGoals(report), formatScale(report)].filter((table) => table !== '');
  const leftOut = report.results.flatMap((result) =>
    result.leftOut.map(({ name, reason }) => `${name} is left out of "${result.name}": ${reason}`),
  );
  return [formatOrigin(report), ...tables.map(align), ...leftOut].join('\n\n');
}

/** Each but the largest says what of the table it is about. */
export function formatOrigins(origins: ReturnType<typeof select>['origins']): string {
  const [most, ...others] = origins.toSorted((one, other) => other.cases.length - one.cases.length);
  const exceptions = others.map((one) => `${one.cases.join(', ')}: ${formatOrigin(one)}`);
  return [...(most === undefined ? [] : [formatOrigin(most)]), ...exceptions].join('\n\n');
}

function formatOrigin({ date, machine, tools, servers }: Origin): string {
  return `Measured on ${date}: ${machine}; ${tools.join(', ')}; ${servers}.`;
}

/** A row for each goal, a column for each program; empty without goals. */
export function formatGoals({ results, failed }: Measured): string {
  const judged = results.filter(({ verdict }) => verdict !== undefined);
  const unmeasured = failed.filter(({ name }) => !isScale(name));
  if (judged.length + unmeasured.length === 0) return '';
  const found = new Set(results.flatMap(({ figures }) => figures.map(({ name }) => programOf(name))));
  const names = [...found].filter((name) => name !== 'node');
  return [
    row(['work', ...names, '`reg` to the quickest, or to Node', 'goal']),
    row(Array<string>(names.length + 3).fill('---')),
    ...judged.flatMap((result) => goalRow(result, names)),
    ...findMemory(results).map((memory) => memoryRow(memory, names)),
    ...unmeasured.map(({ name, reason }) => row([name, ...names.map(() => ''), reason, 'not measured'])),
  ].join('\n');
}

export function isScale(name: string): boolean {
  return name.startsWith(SCALE);
}

/** What a size costs `reg`: a row for each kind of work, a cell for each size; empty without any. */
export function formatScale({ results, failed }: Measured): string {
  const rows = results.filter(({ name }) => isScale(name));
  if (rows.length === 0) return '';
  return [
    row(['work', 'small', 'larger', 'large']),
    row(Array<string>(4).fill('---')),
    ...rows.map(({ name, figures }) =>
      row([name.slice(SCALE.length), ...figures.toReversed().map(scaleCell)]),
    ),
    ...failed
      .filter(({ name }) => isScale(name))
      .map(({ name, reason }) => row([name.slice(SCALE.length), `not measured: ${reason}`, '', ''])),
  ].join('\n');
}

function scaleCell({ name, wallMs, peakBytes }: Figures): string {
  const memory = peakBytes === undefined ? '' : `, ${megabytes(peakBytes.median)}`;
  return `${grouped(name.replace('reg, ', ''))}: ${seconds(wallMs.median)}${memory}`;
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
  return [row([name, ...needed, `${ratio.median.toFixed(2)} × ${rivalOf(to, figures)}`, wanted])];
}

/** Node has no column: it is in few of the cases. */
function rivalOf(to: string, figures: readonly Figures[]): string {
  const node = to === 'node' ? figures.find(({ name }) => name === to) : undefined;
  return node === undefined ? to : `\`node -e 0\`, ${seconds(node.wallMs.median)}`;
}

/** What came of a case, in a line. */
export function formatOutcome({ figures, ratios, verdict }: Result): string {
  if (verdict === undefined)
    return figures.map(({ name, wallMs }) => `${name} ${seconds(wallMs.median)}`).join(', ');
  const { ratio, to, goal, isMet } = verdict;
  const others = ratios.flatMap((one) =>
    one.to === to ? [] : [`${one.ratio.median.toFixed(2)} × ${one.to}`],
  );
  const wanted = `wanted ≤ ${goal.atMost}, ${isMet ? 'met' : 'missed'}`;
  return [`${ratio.median.toFixed(2)} × ${to} (${wanted})`, ...others].join(', ');
}

function memoryRow({ kind, peakBytes }: Memory, names: readonly string[]): string {
  const needed = names.map((who) => {
    const peak = peakBytes.get(who);
    return peak === undefined ? '' : megabytes(peak);
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

/** For a terminal: the columns of a table in Markdown, one below the other. */
function align(table: string): string {
  const cells = table.split('\n').map((line) => line.slice(2, -2).split(' | '));
  const widths = cells.reduce<readonly number[]>(
    (most, line) => line.map((cell, column) => Math.max(cell.length, most[column] ?? 0)),
    [],
  );
  const pad = (cell: string, width = 0): string => cell.padEnd(width, cell === '---' ? '-' : ' ');
  return cells.map((line) => row(line.map((cell, column) => pad(cell, widths[column])))).join('\n');
}

function grouped(words: string): string {
  return words.replace(/\d{5,}/, (digits) => Number(digits).toLocaleString('en').replace(',', ' '));
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
