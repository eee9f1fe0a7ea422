/** Runs another program to its end, however it behaves: without a shell, bounded in time and in output. */

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { untilAborted } from '../content/abort.js';
import { errnoOf } from '../disk/files.js';
import { RegError } from '../errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is started: a program, with arguments that always come first. */
export interface Command {
  readonly path: string;
  readonly args?: readonly string[] | undefined;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  /** All that its standard input holds. */
  readonly input: string;
  readonly env: Environment;
  /** After how long it is killed, in milliseconds. */
  readonly timeLimitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a program left behind. */
export interface Ended {
  /** Null after a signal. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Most that is taken of either stream, in bytes. */
const MAX_OUTPUT = 64 * 1024;

/** How long the streams may stay open once the program ended: children of its own may hold them for ever. */
const DRAIN_MS = 250;

/** On Windows nothing but an .exe is run: .bat and .cmd go through a shell (CVE-2024-27980). */
const SUFFIX = sep === '\\' ? '.exe' : '';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOENT: 'its interpreter is missing',
  ENOEXEC: 'this system cannot run it',
  EMFILE: 'too many files are open',
};

/**
 * Path of the program `name`; undefined when it is not on the PATH. Folders that are not absolute are passed over: what
 * is run must not depend on where we stand.
 */
export async function findProgram(name: string, env: Environment): Promise<string | undefined> {
  const file = name.endsWith(SUFFIX) ? name : `${name}${SUFFIX}`;
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  for (const folder of folders) {
    const path = join(folder, file);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

/**
 * Runs the program at `path`; `name` is what messages call it. Throws CREDENTIALS_UNAVAILABLE when it cannot be
 * started, takes too long or says too much, and ABORTED; then it is killed.
 */
export async function runProgram(
  { name, path }: { readonly name: string; readonly path: string },
  { args, input, env, timeLimitMs, signal }: ProgramOptions,
): Promise<Ended> {
  const limit = new AbortController();
  const stop = (why: string): void =>
    limit.abort(new RegError('CREDENTIALS_UNAVAILABLE', `${name} ${why} and was stopped`));
  const timer = setTimeout(() => stop(`did not end within ${timeLimitMs / 1000} s`), timeLimitMs);
  let child: ChildProcessWithoutNullStreams | undefined;
  try {
    // Few need a program for their login.
    const { spawn } = await import('node:child_process');
    child = spawn(path, args, { env: { ...env }, windowsHide: true });
    const ended = collect(child, () => stop(`wrote more than ${MAX_OUTPUT / 1024} KiB`));
    // One that does not read what it is told, and ends first, is judged by how it ends.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return await untilAborted(untilAborted(ended, limit.signal), signal);
  } catch (error) {
    throw startError(error, name);
  } finally {
    clearTimeout(timer);
    if (child !== undefined) letGo(child);
  }
}

async function collect(child: ChildProcessWithoutNullStreams, onTooMuch: () => void): Promise<Ended> {
  const stdout = gather(child.stdout, onTooMuch);
  const stderr = gather(child.stderr, onTooMuch);
  const closed = new Promise((resolve) => child.once('close', resolve));
  await once(child, 'exit');
  await Promise.race([closed, delay(DRAIN_MS, undefined, { ref: false })]);
  return { code: child.exitCode, stdout: stdout(), stderr: stderr() };
}

function gather(stream: Readable, onTooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_OUTPUT) onTooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}

/** Whatever became of the child, it keeps neither itself nor us alive any longer. */
function letGo(child: ChildProcessWithoutNullStreams): void {
  child.kill('SIGKILL');
  for (const stream of child.stdio) stream?.destroy();
  child.unref();
}

function startError(error: unknown, name: string): unknown {
  const code = errnoOf(error);
  if (code === undefined) return error;
  return new RegError('CREDENTIALS_UNAVAILABLE', `${name} cannot be started: ${REASONS[code] ?? code}`, {
    cause: error,
  });
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not for us: both mean "look further".
    return false;
  }
}
