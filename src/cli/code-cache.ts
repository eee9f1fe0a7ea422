/**
 * Keeps what V8 has made of the files of the command line for the next start, with the functions that ran: a fifth of the
 * time of a short command goes into reading its own code. Node's own compile cache, from 22 on, keeps less and saves half
 * as much.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { Script } from 'node:vm';

import { cacheFolder, isPrivateFolder } from './cache-folder.js';
import type { Io } from './io.js';

/** Files below this length, in bytes, are compiled sooner than looked up. */
const MIN_LENGTH = 24 * 1024;

/** What Node wraps a file in. */
const HEAD = Buffer.from('(function (exports, require, module, __filename, __dirname) {\n');
const TAIL = Buffer.from('\n})');

export interface CodeCache {
  /**
   * To be called when the command has done well. The first call of all only makes the folder: what runs once, in a
   * container say, would gain nothing from more. Never throws.
   */
  keep(): void;
}

/** From now on `require` takes the code of the `.cjs` files of this command from there. */
export function useCodeCache({ env, home, args, node, arch, uid }: Io): CodeCache {
  // The variables are those of Node's own compile cache. A relative folder may be one of a repository that somebody else made.
  const named = env['NODE_COMPILE_CACHE'] ?? '';
  const cache = isAbsolute(named) ? named : cacheFolder({ env, home });
  if (cache === undefined || env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return { keep() {} };
  // What one Node made is of no use to another, and what one command calls of little to the next.
  const folder = join(cache, `code-${node}-${arch}`);
  const [first = ''] = args;
  const command = /^[a-z]{1,20}$/.test(first) ? first : 'reg';
  if (!isPrivateFolder(folder, uid)) return { keep: () => make(folder) };

  const compiled: Compiled[] = [];
  const { cache: loaded, extensions } = createRequire(import.meta.filename);
  const run = (module: NodeJS.Module, path: string): void => {
    const file = compile(path, join(folder, `${command}-${basename(path)}`));
    compiled.push(file);
    const require = (id: string): unknown =>
      id.startsWith('./') ? load(join(dirname(path), id)) : module.require(id);
    file.run.call(module.exports, module.exports, require, module, path, dirname(path));
  };
  // By hand, as Node would look for the file in several ways, and for each package.json on the way to it.
  const load = (path: string): unknown => {
    const known = loaded[path];
    if (known !== undefined) return known.exports;
    const module = new Module(path);
    loaded[path] = module;
    try {
      run(module, path);
    } catch (error) {
      // What is half made is not for the next who asks.
      delete loaded[path];
      throw error;
    }
    return module.exports;
  };
  extensions['.cjs'] = run;
  return { keep: () => compiled.forEach(keepCode) };
}

interface Compiled {
  readonly run: (...scope: readonly unknown[]) => void;
  readonly bytes: Uint8Array;
  readonly script: Script;
  /** Where its code is to be kept; undefined when it is there, or not worth it. */
  readonly keptAt: string | undefined;
}

function compile(path: string, keptAt: string): Compiled {
  const bytes = readFileSync(path);
  const isWorthIt = bytes.length >= MIN_LENGTH;
  const cachedData = isWorthIt ? readCode(keptAt, bytes) : undefined;
  // Stacks have the lines of the file.
  const script = new Script(Buffer.concat([HEAD, bytes, TAIL]).toString(), {
    filename: path,
    lineOffset: -1,
    ...(cachedData && { cachedData }),
  });
  const isKept = cachedData !== undefined && script.cachedDataRejected !== true;
  const run: unknown = script.runInThisContext();
  if (!isRunnable(run)) throw new TypeError(`${path} is no program`);
  return { run, bytes, script, keptAt: isWorthIt && !isKept ? keptAt : undefined };
}

function isRunnable(value: unknown): value is Compiled['run'] {
  return typeof value === 'function';
}

/**
 * It is run unseen: so it counts only when it was made of these very bytes and is whole, neither of which V8 checks. The
 * file holds it twice and the source behind it, as to compare takes no time, and to load a hash takes 2 ms.
 */
function readCode(file: string, source: Uint8Array): Uint8Array | undefined {
  try {
    const kept = readFileSync(file);
    const length = (kept.byteLength - source.byteLength) / 2;
    const code = kept.subarray(0, length);
    const isWhole =
      kept.subarray(length, 2 * length).equals(code) && kept.subarray(2 * length).equals(source);
    return isWhole ? code : undefined;
  } catch {
    return undefined;
  }
}

function keepCode({ script, bytes, keptAt }: Compiled): void {
  if (keptAt === undefined) return;
  const code = script.createCachedData();
  // Always the same name, so that one who is killed leaves nothing for long; what two write at once is not whole.
  const temporary = `${keptAt}.next`;
  try {
    writeFileSync(temporary, Buffer.concat([code, code, bytes]), { mode: 0o600, flush: true });
    renameSync(temporary, keptAt);
  } catch {
    // A disk that is full or not to be written to: the next start takes as long as this one.
  }
}

function make(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // As above.
  }
}
