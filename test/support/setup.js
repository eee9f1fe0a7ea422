/**
 * Makes a fresh clone ready to run: installs the packages and builds `dist` when either is missing or stale.
 * Plain JavaScript with `node:` modules only, because it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Installs and builds what is missing or stale; ends the process when that fails. */
export function setUp() {
  if (!isInstalled()) npm('ci');
  if (!isBuilt()) npm('run', 'build');
}

/** npm leaves a copy of the lock inside node_modules: every version there must be the one that is locked. */
function isInstalled() {
  const installed = readLock('node_modules/.package-lock.json');
  return Object.entries(readLock('package-lock.json'))
    .filter(([path]) => path !== '')
    .every(
      ([path, locked]) => (installed[path] ?? (locked.optional ? locked : {})).version === locked.version,
    );
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

function isBuilt() {
  const sources = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'src'];
  return Math.max(...sources.map(newest)) < modified(join(root, 'dist', 'index.js'));
}

/** When the path, or anything below it, last changed (a folder changes when a file in it is deleted). */
function newest(path) {
  const below = statSync(join(root, path)).isDirectory()
    ? readdirSync(join(root, path), { recursive: true })
    : [];
  return Math.max(modified(join(root, path)), ...below.map((name) => modified(join(root, path, name))));
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs npm the way it runs itself, through Node, which needs no shell on Windows either. */
function npm(...args) {
  const cli = process.env.npm_execpath;
  const [command, ...first] = cli === undefined ? ['npm'] : [process.execPath, cli];
  const { status, error } = spawnSync(command, [...first, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  console.error(`npm ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(1);
}
