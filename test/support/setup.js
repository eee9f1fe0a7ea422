/**
 * Makes a fresh clone ready to run: installs the packages, builds `dist` and compiles the tests, each when it is missing
 * or stale.
 * Plain JavaScript with `node:` modules only, because it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledFolder } from './typescript-hooks.js';

/** The project's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Installs and builds what is missing or stale; ends the process when that fails. */
export function setUp() {
  install();
  if (!isBuilt()) npm('run', 'build');
  if (!isCompiled()) run(process.execPath, join(root, 'test', 'support', 'compile.js'));
}

/** The command that runs a TypeScript file of the tests, once all is set up. */
export function typescriptCommand(...args) {
  return [process.execPath, `--import=${new URL('typescript.js', import.meta.url)}`, ...args];
}

/** Installs the packages when they are missing or stale; ends the process when that fails. */
export function install() {
  if (!isInstalled()) npm('ci');
}

/** The command that runs npm the way it runs itself, through Node, which needs no shell on Windows either. */
export function npmCommand(...args) {
  const cli = process.env.npm_execpath;
  return cli === undefined ? ['npm', ...args] : [process.execPath, cli, ...args];
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
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'rolldown.config.mjs'];
  // The library, and the command line that is bundled after it.
  const built = ['index.js', 'cli/main.cjs'].map((name) => modified(join(root, 'dist', name)));
  return Math.max(...[...settings, 'src'].map(newest)) < Math.min(...built);
}

function isCompiled() {
  return (
    Math.max(...['package-lock.json', 'src', 'test'].map(newest)) < modified(join(compiledFolder, 'complete'))
  );
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

function npm(...args) {
  run(...npmCommand(...args));
}

function run(command, ...args) {
  const { status, error, stdout } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 0) return;
  // What npm and the bundler say of their work is of interest only when it failed.
  process.stderr.write(stdout ?? '');
  console.error(`${command} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(1);
}
