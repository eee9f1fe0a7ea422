/**
 * `npm test [-- WORD… [!WORD…] [--flag…]]`: sets up, then runs every `test/**\/*.test.ts`, or those whose path contains
 * one of the words; none whose path contains a word behind a `!`. Flags (such as `--test-name-pattern=…`) go to Node's
 * test runner. What fails is run once more by itself.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, setUp } from './setup.js';

const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('-'));
const words = args.filter((arg) => !arg.startsWith('-') && !arg.startsWith('!'));
const without = args.filter((arg) => arg.startsWith('!')).map((arg) => arg.slice(1));

const files = readdirSync(join(root, 'test'), { recursive: true })
  .map((name) => join('test', name))
  .filter((path) => path.endsWith('.test.ts'))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .filter((path) => !without.some((word) => path.includes(word)))
  .sort();

if (files.length === 0) {
  console.error(words.length === 0 ? 'no test files' : `no test file has ${words.join(' or ')} in its path`);
  process.exit(1);
}

setUp();

/** Runs test files; answers the exit code, and those in which a test failed. */
function run(paths, concurrency) {
  const folder = mkdtempSync(join(tmpdir(), 'reg-tests-'));
  const list = join(folder, 'failed');
  const options = [
    '--import=tsx',
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=300000',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./test/support/failed-files.js',
    `--test-reporter-destination=${list}`,
  ];
  const stdio = ['ignore', 'inherit', 'inherit'];
  const { status } = spawnSync(process.execPath, [...options, ...flags, ...paths], { cwd: root, stdio });
  const failed = readFileSync(list, 'utf8').split('\n').filter(Boolean);
  rmSync(folder, { recursive: true });
  return { status: status ?? 1, failed };
}

const first = run(files, 2);
if (first.status === 0 || first.failed.length === 0) process.exit(first.status);

// The tests start hundreds of processes and cut hundreds of connections: on a busy machine one may come too late. What
// fails again with the machine to itself has failed.
console.error(
  `\nOnce more, one at a time:\n${first.failed.map((file) => `  ${relative(root, file)}\n`).join('')}`,
);
process.exit(run(first.failed, 1).status);
