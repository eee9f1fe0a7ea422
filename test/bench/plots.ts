/** The charts of the README, out of what the bench measured. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { drawChart } from './plot.js';
import type { Chart, Series } from './plot.js';
import type { Report } from './report.js';
import type { Figures, Result } from './run.js';

/** Bytes of the image behind the cases that pull over loopback. */
const SIZES: Readonly<Record<string, number>> = {
  'cold pull of 3 MB': 3e6,
  'cold pull of 7 layers (70 MB)': 70e6,
  'cold pull of one layer of 100 MB': 100e6,
  'cold pull of one layer of 1 GB': 1e9,
};

/** Writes a chart for everything that `report` has figures for; answers the names of the files. */
export async function writePlots(folder: string, report: Report): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const charts = [
    ['time-by-size.svg', timeBySize(report)],
    ['memory-by-size.svg', memoryBySize(report)],
    ['throughput-by-connections.svg', throughputByConnections(report)],
    ['time-by-store.svg', timeByStore(report)],
  ] as const;
  const drawn = charts.filter(([, { series }]) => series.some(({ points }) => points.length > 2));
  for (const [name, chart] of drawn) await writeFile(join(folder, name), drawChart(chart));
  return drawn.map(([name]) => name);
}

function timeBySize(report: Report): Chart {
  return {
    title: 'Cold pull over loopback: time against size',
    x: { label: 'size of the image in MB', isLogarithmic: true },
    y: { label: 'seconds', isLogarithmic: true },
    series: bySize(report, ({ wallMs }) => wallMs.median / 1000),
  };
}

function memoryBySize(report: Report): Chart {
  return {
    title: 'Cold pull over loopback: memory against size',
    x: { label: 'size of the image in MB', isLogarithmic: true },
    y: { label: 'peak memory in MB' },
    series: bySize(report, ({ peakBytes }) => peakBytes && peakBytes.median / 1e6),
  };
}

function throughputByConnections({ results }: Report): Chart {
  const ours = results.find(({ name }) => name.startsWith('connections:'));
  const points = (ours?.figures ?? []).map(({ name, wallMs }) => ({
    x: numberIn(name),
    y: 100 / (wallMs.median / 1000),
  }));
  return {
    title: 'Pull of one layer of 100 MB at 5 MB/s a connection',
    x: { label: 'connections at most' },
    y: { label: 'MB/s' },
    series: [{ name: 'reg', points }],
  };
}

function timeByStore({ results }: Report): Chart {
  const ours = results.filter(({ name }) => /^scale: (pull into|reg)/.test(name) && !name.endsWith('tags'));
  return {
    title: 'Time against images in the store',
    x: { label: 'images in the store', isLogarithmic: true },
    y: { label: 'seconds', isLogarithmic: true },
    series: ours.map(({ name, figures }) => ({
      name: name.replace('scale: ', '').replace(/ into .*/, ' of 3 MB'),
      points: figures.map((one) => ({ x: numberIn(one.name), y: one.wallMs.median / 1000 })),
    })),
  };
}

/** A line for each program that did all of it. */
function bySize({ results }: Report, quantity: (figures: Figures) => number | undefined): readonly Series[] {
  const measured = results.filter(({ name }) => SIZES[name] !== undefined);
  const names = new Set(measured.flatMap(({ figures }) => figures.map(({ name }) => name)));
  names.delete('node');
  return [...names].map((name) => ({
    name,
    points: measured.flatMap((result) => pointOf(result, { name, quantity })),
  }));
}

function pointOf(
  result: Result,
  { name, quantity }: { readonly name: string; readonly quantity: (figures: Figures) => number | undefined },
): Series['points'] {
  const found = result.figures.find((one) => one.name === name);
  const y = found && quantity(found);
  return y === undefined ? [] : [{ x: (SIZES[result.name] ?? 0) / 1e6, y }];
}

function numberIn(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}
