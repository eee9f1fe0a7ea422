import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { bareEnvironment, startChild, typescriptCommand } from '../support/child.js';
import type { Child, Ended } from '../support/child.js';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';
import type { Case } from './case.js';
import { chooseCases, parseOptions } from './options.js';
import { fillIn, writeReadme } from './readme.js';
import type { Report } from './report.js';
import { spread } from './statistics.js';

const isWindows = process.platform === 'win32';
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

test('the bench measures its smallest case, prints JSON, and leaves only the image', async (t) => {
  const [cache, temporary] = [await temporaryFolder(t), await temporaryFolder(t)];
  const args = ['--only', 'cold pull of 3 MB', '--runs', '1', '--json'];
  const { code, stdout, stderr } = await (await startBench(t, { cache, temporary, args })).ended;
  assert.equal(code, 0, stderr);
  const report: Report = JSON.parse(stdout);
  const [result] = report.results;
  assert.equal(report.results.length, 1);
  assert.equal(result?.runs, 1);
  assert.deepEqual(
    result?.figures.map(({ name }) => name).filter((name) => name === 'reg' || name === 'node'),
    ['reg', 'node'],
  );
  for (const { wallMs } of result?.figures ?? []) assert.ok(wallMs.min > 0 && wallMs.min <= wallMs.max);
  assert.equal(result?.verdict?.to, 'node');
  assert.ok(report.tools.some((tool) => /^reg \d/.test(tool)));
  assert.deepEqual(await readdir(cache), ['3mb']);
  assert.deepEqual(await readdir(temporary), []);
});

test(
  'a peer that fails is left out of the case, which says so and counts',
  { skip: isWindows },
  async (t) => {
    const [cache, temporary] = [await temporaryFolder(t), await temporaryFolder(t)];
    const bin = await temporaryFolder(t);
    await writeFile(
      join(bin, 'crane'),
      '#!/bin/sh\n[ "$1" = version ] && echo 1.0 || { echo broken >&2; exit 3; }\n',
      {
        mode: 0o755,
      },
    );
    const args = ['--only', 'cold pull of 3 MB', '--runs', '1', '--json'];
    const env = { PATH: `${bin}${delimiter}${process.env['PATH']}` };
    const { code, stdout, stderr } = await (await startBench(t, { cache, temporary, args, env })).ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /cold pull of 3 MB: crane failed and is left out: .*ended with 3: broken/);
    const report: Report = JSON.parse(stdout);
    const [{ figures, leftOut } = assert.fail('no result')] = report.results;
    assert.ok(figures.some(({ name }) => name === 'reg') && !figures.some(({ name }) => name === 'crane'));
    assert.deepEqual(
      leftOut.map(({ name }) => name),
      ['crane'],
    );
  },
);

test('a bench that is interrupted removes what it made', async (t) => {
  const [cache, temporary] = [await temporaryFolder(t), await temporaryFolder(t)];
  const args = ['--only', 'cold pull of 3 MB', '--runs', '1000'];
  const bench = await startBench(t, { cache, temporary, args });
  for (let waits = 0; (await readdir(temporary)).length === 0 && waits < 600; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  bench.kill('SIGINT');
  const { code, stderr } = await bench.ended;
  assert.equal(code, 130, stderr);
  assert.deepEqual(await readdir(temporary), []);
});

test('cases are chosen by words, and by a whole name without those that begin with it', () => {
  const all = ['pull of 1 GB', 'pull of 1 GB, far', 'push'].map((name): Case => {
    return { name, images: [], runs: 1, seconds: 1, contestants: async () => [] };
  });
  const choose = (...args: readonly string[]): readonly string[] =>
    chooseCases(all, parseOptions(args)).map(({ name }) => name);
  assert.deepEqual(choose('--only', 'Pull'), ['pull of 1 GB', 'pull of 1 GB, far']);
  assert.deepEqual(choose('--only', 'pull of 1 gb'), ['pull of 1 GB']);
  assert.deepEqual(choose('--only', 'p', '--except', 'pull of 1 GB'), ['pull of 1 GB, far', 'push']);
  assert.throws(() => choose('--goals'), /No case is left/);
});

test('a report replaces the tables of the README, and nothing else', () => {
  const text =
    'a\n\n<!-- bench goals -->\n\nold\n\n<!-- bench end -->\n\nb\n<!-- bench other -->\nc\n<!-- bench end -->\n';
  const filled = fillIn(text, new Map([['goals', 'new $1']]));
  assert.equal(
    filled,
    text.replace('old', () => 'new $1'),
  );
  assert.equal(fillIn(filled, new Map([['goals', 'old']])), text);
});

test('a table of the README is made of several reports, the later one before, and not of half of its cases', async (t) => {
  const [tag, pull, grow] = ['reg digest', 'cold pull of 3 MB', 'scale: reg tags'] as const;
  const cases = [tag, pull, grow].map((name): Case => {
    const goal = { atMost: 1, of: 'peer' } as const;
    return {
      name,
      images: [],
      runs: 1,
      seconds: 1,
      contestants: async () => [],
      ...(name !== grow && { goal }),
    };
  });
  const file = join(await temporaryFolder(t), 'README.md');
  const text = (goals: string): string =>
    `<!-- bench goals -->\n\n${goals}\n\n<!-- bench end -->\n<!-- bench scale -->\n\nold\n\n<!-- bench end -->\n`;
  await writeFile(file, text('old'));
  const early = reportOf('2026-01-01', { [tag]: 100, [pull]: 'skopeo ended with 1' });
  assert.deepEqual(await writeReadme(file, { reports: [reportOf('2026-01-01', { [tag]: 1 })], cases }), [
    { table: 'goals', missing: [pull] },
    { table: 'scale', missing: [grow] },
  ]);
  assert.equal(await readFile(file, 'utf8'), text('old'));
  const reports = [early, reportOf('2026-01-02', { [tag]: 200 })];
  const left = await writeReadme(file, { reports, cases });
  assert.deepEqual(
    left.map(({ table }) => table),
    ['scale'],
  );
  const filled = await readFile(file, 'utf8');
  assert.match(
    filled,
    /\n\nMeasured on 2026-01-01[^]*\n\nreg digest: Measured on 2026-01-02[^]*\| reg digest \| 200 ms \|/,
  );
  const alone = { ...reportOf('2026-01-01', { [tag]: 200 }), tools: ['reg 1.0.0', 'crane 1'] };
  await writeReadme(file, { reports: [early, alone], cases });
  assert.deepEqual((await readFile(file, 'utf8')).match(/^.*Measured on.*$/gm), [
    'Measured on 2026-01-01: a machine; reg 1.0.0, crane 1; a server.',
  ]);
  assert.match(filled, /\| cold pull of 3 MB \| *\| skopeo ended with 1 \| not measured \|/);
});

/** A report in which `reg` alone took so many milliseconds for each case, or why it did not. */
function reportOf(date: string, cases: Readonly<Record<string, number | string>>): Report {
  const origin = { date, machine: 'a machine', tools: ['reg 1.0.0'], servers: 'a server' };
  const all = Object.entries(cases);
  return {
    ...origin,
    results: all.flatMap(([name, ms]) => (typeof ms === 'number' ? [resultOf(name, ms)] : [])),
    failed: all.flatMap(([name, reason]) => (typeof reason === 'string' ? [{ name, reason }] : [])),
  };
}

function resultOf(name: string, ms: number): Report['results'][number] {
  const [wallMs, ratio] = [spread([ms]), spread([0.5])];
  const verdict = { goal: { atMost: 1, of: 'peer' }, to: 'crane', ratio, isMet: true } as const;
  return { name, runs: 1, figures: [{ name: 'reg', wallMs }], ratios: [], leftOut: [], verdict };
}

test('a word that no case has is an error', async (t) => {
  const cache = await temporaryFolder(t);
  const { code, stderr } = await (
    await startBench(t, { cache, temporary: cache, args: ['--only', 'nonsense'] })
  ).ended;
  assert.equal(code, 2);
  assert.match(stderr, /No case is left/);
});

test('the options are told to who asks for them, and to who gets one wrong', async (t) => {
  const cache = await temporaryFolder(t);
  const say = async (arg: string): Promise<Ended> =>
    (await startBench(t, { cache, temporary: cache, args: [arg] })).ended;
  const [help, wrong] = [await say('--help'), await say('--fast')];
  assert.deepEqual([help.code, wrong.code], [0, 2]);
  assert.match(help.stdout, /--only WORD/);
  assert.match(wrong.stderr, /'--fast'[^]*--only WORD/);
  assert.doesNotMatch(wrong.stderr, /^ +at /m);
});

interface BenchOptions {
  readonly cache: string;
  readonly temporary: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function startBench(scope: Scope, { cache, temporary, args, env = {} }: BenchOptions): Promise<Child> {
  const command = typescriptCommand(MAIN, '--cache', cache, ...args);
  return startChild(scope, command, { env: { ...bareEnvironment(), TMPDIR: temporary, ...env } });
}
