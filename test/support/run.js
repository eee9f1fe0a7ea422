/**
 * `npm test [-- WORD… [!WORD…] [--flag…]]`: sets up, then runs every `test/**\/*.test.ts`, or those whose path contains
 * one of the words; none whose path contains a word behind a `!`. Flags (such as `--test-name-pattern=…`) go to Node's
 * test runner. A file that passes is one line; of one that fails everything is shown, and it is run once more by itself.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root, setUp, typescriptCommand } from './setup.js';

/** A file that takes longer has hung. */
const FILE_LIMIT_MS = 600_000;

const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('-'));
const words = args.filter((arg) => !arg.startsWith('-') && !arg.startsWith('!'));
const without = args.filter((arg) => arg.startsWith('!')).map((arg) => arg.slice(1));

const files = readdirSync(join(root, 'test'), { recursive: true })
  .map((name) => join('test', name))
  .filter((path) => path.endsWith('.test.ts'))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .filter((path) => !without.some((word) => path.includes(word)))
  .sort(longFirst);

if (files.length === 0) {
  console.error(words.length === 0 ? 'no test files' : `no test file has ${words.join(' or ')} in its path`);
  process.exit(1);
}

setUp();

// Twice the cores: half of the time goes into waiting for servers that are made to be silent.
const results = await runAll(files, 2 * availableParallelism());
// The tests start hundreds of processes and cut hundreds of connections: on a busy machine one may come too late. What
// fails again with the machine to itself has failed.
const doubtful = results.filter(({ ok }) => !ok).map(({ path }) => path);
if (doubtful.length > 0) console.log(`\nOnce more, one at a time:`);
const again = await runAll(doubtful, 1);
const final = [...results.filter(({ ok }) => ok), ...again];

const sum = (key) => final.reduce((total, result) => total + result[key], 0);
for (const { path } of final.filter(({ ok }) => !ok)) console.log(`failed: ${path}`);
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = final.every(({ ok }) => ok) ? 0 : 1;

/** The folders whose files take longest begin, so that the end isn't spent waiting for one of them. */
function longFirst(one, other) {
  const rank = (path) => ['crash', 'e2e', 'hostile', ''].findIndex((word) => path.includes(word));
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

/** Runs the files, so many at a time. */
async function runAll(paths, concurrency) {
  const waiting = [...paths];
  const done = [];
  const worker = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift())
      done.push(await runFile(path));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return done;
}

/** Runs one file in a process of its own, and says what became of it. */
async function runFile(path) {
  const started = performance.now();
  const options = ['--test-reporter=spec', '--test-timeout=300000', ...flags];
  const [command, ...rest] = typescriptCommand(...options, path);
  const child = spawn(command, rest, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: FILE_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const status = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const counted = (what) => Number(new RegExp(`^ℹ ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const counts = { passed: counted('pass'), failed: counted('fail'), skipped: counted('skipped') };
  const ok = (await status) === 0 && counts.failed === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
  console.log(`${ok ? '✔' : '✖'} ${path} (${counts.passed} passed${skipped}, ${seconds} s)`);
  if (!ok) console.log(`${output}${errors}`);
  // A file that ends before it can count has failed as a whole.
  return { path, ok, ...counts, failed: ok ? 0 : Math.max(1, counts.failed) };
}
