/**
 * `npm test [-- WORD… [!WORD…] [--flag…]]`: sets up, then runs every `test/**\/*.test.ts`, or those whose path contains
 * one of the words; none whose path contains a word behind a `!`. Flags (such as `--test-name-pattern=…`) go to Node's
 * test runner.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
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

const runner = [
  '--import',
  'tsx',
  '--test',
  '--test-concurrency=2',
  '--test-timeout=300000',
  '--test-reporter=spec',
];
const { status } = spawnSync(process.execPath, [...runner, ...flags, ...files], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
