import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import process from 'node:process';
import type { Scope } from './temp.js';

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to the standard input, which is then closed. Default: nothing. */
  readonly stdin?: string | Uint8Array;
}

/** How a child process ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /**
   * The most physical memory that the process held at one time: the kernel's own high-water mark (`VmHWM`, see
   * proc_pid_status(5)), looked at every 10 ms, so only growth in the last 10 ms is missed. 0 where there is no /proc.
   * (`ru_maxrss` will not do: after the vfork that Node uses it starts at the size of the parent.)
   */
  readonly peakRssKiB: number;
}

export interface Child {
  readonly pid: number;
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Never rejects because of how the child ended. */
  readonly ended: Promise<Ended>;
  kill(signal?: NodeJS.Signals): void;
}

const running = new Set<Child>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** The command that runs a TypeScript file of the tests in a process of its own. */
export function typescriptCommand(...args: readonly string[]): readonly [string, ...string[]] {
  return [process.execPath, `--import=${new URL('typescript.js', import.meta.url).href}`, ...args];
}

/** Starts a program, without a shell. It is killed when the scope ends, should it still run. */
export async function startChild(
  scope: Scope,
  [program, ...args]: readonly [string, ...string[]],
  options: ChildOptions = {},
): Promise<Child> {
  const spawned = spawn(program, args, {
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  await once(spawned, 'spawn');
  // A child that does not read its input and ends first is no failure of the test.
  spawned.stdin.on('error', () => {});
  spawned.stdin.end(options.stdin ?? '');
  const child: Child = {
    pid: spawned.pid ?? 0,
    process: spawned,
    ended: collect(spawned),
    kill: (signal = 'SIGKILL') => void spawned.kill(signal),
  };
  running.add(child);
  void child.ended.then(() => running.delete(child));
  scope.after(async () => {
    child.kill();
    await child.ended;
  });
  return child;
}

/** The little of our own environment that a child may see: where programs are, and what Windows cannot do without. */
export function bareEnvironment(): Record<string, string> {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function collect(spawned: ChildProcessByStdio<Writable, Readable, Readable>): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  spawned.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  spawned.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  let peakRssKiB = 0;
  const look = setInterval(() => (peakRssKiB = Math.max(peakRssKiB, highWaterKiB(spawned.pid))), 10);
  await once(spawned, 'close');
  clearInterval(look);
  return {
    code: spawned.exitCode,
    signal: spawned.signalCode,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
    peakRssKiB,
  };
}

function highWaterKiB(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch {
    // It ended between two looks.
    return 0;
  }
}
