/** The charts of the README, out of what the bench measured. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { drawChart } from './plot.js';
import type { Axis, Chart, Series } from './plot.js';
import { select } from './report.js';
import type { Origin, Report } from './report.js';
import type { Figures, Result } from './run.js';

/** Bytes of the image behind the cases that pull over loopback. */
const SIZES: Readonly<Record<string, number>> = {
  'cold pull of 3 MB': 3e6,
  'cold pull of 7 layers (70 MB)': 70e6,
  'cold pull of one layer of 100 MB': 100e6,
  'cold pull of one layer of 1 GB': 1e9,
};

/** Bytes of the image, and bytes per second of each connection, of the case about connections. */
const CONNECTIONS = { name: 'connections: ', size: 100e6, rate: 5e6 };

/** What is drawn of the cases that show what a size costs, and what that is called. */
const STORE: Readonly<Record<string, string>> = {
  'scale: pull into a store of many images': 'reg pull',
  'scale: reg images': 'reg images',
  'scale: reg prune': 'reg prune',
  'scale: reg verify': 'reg verify',
};

const SIZE: Axis = {
  label: 'size of the image (logarithmic)',
  format: (bytes) => (bytes < 1e9 ? `${bytes / 1e6} MB` : `${bytes / 1e9} GB`),
  isLogarithmic: true,
};

const TIME: Axis = {
  label: 'wall time (logarithmic)',
  format: (ms) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`),
  isLogarithmic: true,
};

interface Drawing {
  readonly file: string;
  readonly isOf: (name: string) => boolean;
  readonly draw: (results: readonly Result[]) => Omit<Chart, 'subtitle'>;
}

const DRAWINGS: readonly Drawing[] = [
  {
    file: 'time-by-size.svg',
    isOf: (name) => name in SIZES,
    draw: (results) => ({
      title: 'Time of a cold pull over loopback',
      x: SIZE,
      y: TIME,
      series: bySize(results, ({ wallMs }) => wallMs.median),
    }),
  },
  {
    file: 'memory-by-size.svg',
    isOf: (name) => name in SIZES,
    draw: (results) => ({
      title: 'Memory of a cold pull over loopback',
      x: SIZE,
      y: { label: 'peak memory', format: (bytes) => `${bytes / 1e6} MB` },
      series: bySize(results, ({ peakBytes }) => peakBytes?.median),
    }),
  },
  {
    file: 'throughput-by-connections.svg',
    isOf: (name) => name.startsWith(CONNECTIONS.name),
    draw: throughputByConnections,
  },
  {
    file: 'time-by-store.svg',
    isOf: (name) => name in STORE,
    draw: (results) => ({
      title: 'Time of reg by what is in the store',
      x: {
        label: 'images in the store (logarithmic)',
        format: (count) => count.toLocaleString('en'),
        isLogarithmic: true,
      },
      y: TIME,
      series: byStore(results),
    }),
  },
];

/** Writes each chart that the reports have figures for; answers the names of the files. */
export async function writePlots(folder: string, reports: readonly Report[]): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const drawn: string[] = [];
  for (const { file, isOf, draw } of DRAWINGS) {
    const { origins, results } = select(reports, isOf);
    const chart = draw(results);
    if (!chart.series.some(({ points }) => points.length > 2)) continue;
    const subtitle = [...new Set(origins.map(subtitleOf))].join('; ');
    await writeFile(join(folder, file), drawChart({ ...chart, subtitle }));
    drawn.push(file);
  }
  return drawn;
}

function subtitleOf({ date, machine, tools }: Origin): string {
  return [date, tools[0], machine.replace(/, Linux [^,]*/, '')].join(', ');
}

function throughputByConnections(results: readonly Result[]): Omit<Chart, 'subtitle'> {
  const { size, rate } = CONNECTIONS;
  const figures = results.flatMap((one) => one.figures);
  const points = figures.map(({ name, wallMs }) => ({ x: numberIn(name), y: (size / wallMs.median) * 1000 }));
  const most = Math.max(...points.map(({ x }) => x));
  return {
    title: 'Pull of one layer of 100 MB, 5 MB/s a connection',
    x: { label: 'connections at most', format: String },
    y: { label: 'throughput', format: (bytes) => `${bytes / 1e6} MB/s` },
    series: [
      { name: 'reg', points },
      {
        name: 'what they carry',
        points: [
          { x: 0, y: 0 },
          { x: most, y: most * rate },
        ],
        isReference: true,
      },
    ],
  };
}

function byStore(results: readonly Result[]): readonly Series[] {
  return results.flatMap(({ name, figures }) => {
    const title = STORE[name];
    const points = figures.map((one) => ({ x: numberIn(one.name), y: one.wallMs.median }));
    return title === undefined ? [] : [{ name: title, points }];
  });
}

/** A line for each program that did all of it. */
function bySize(
  measured: readonly Result[],
  quantity: (figures: Figures) => number | undefined,
): readonly Series[] {
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
  return y === undefined ? [] : [{ x: SIZES[result.name] ?? 0, y }];
}

function numberIn(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}
