/** Runs a program and says what it cost. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { text } from 'node:stream/consumers';

export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/** What one run cost. */
export interface Sample {
  /** From the start of the process to its end. */
  readonly wallMs: number;
  /** User and system time, to about 10 ms; undefined where there is no /proc. */
  readonly cpuMs: number | undefined;
  /** Most physical memory at one time; undefined where there is no /proc. */
  readonly peakBytes: number | undefined;
}

/** Memory only grows in the kernel's high-water mark, so only the growth since the last look is missed. */
const LOOK_MS = 5;

/** Nothing that is measured takes so long, in milliseconds: what does hangs, and would hold up the bench for ever. */
const LIMIT_MS = 5 * 60_000;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A program that has been started. */
export interface Running {
  readonly child: ChildProcess;
  /** Rejects when it ends with anything but 0. */
  readonly sample: Promise<Sample>;
}

/** Runs a command to its end, which must be a good one. One at a time: the kernel counts the time of all children. */
export function measure(command: Command): Promise<Sample> {
  return start(command).sample;
}

export function start({ argv: [program, ...args], env }: Command): Running {
  const cpuBefore = childrenCpuMs();
  const begin = performance.now();
  const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  return { child, sample: finish() };

  async function finish(): Promise<Sample> {
    let peak: number | undefined;
    let isHanging = false;
    const look = setInterval(() => (peak = highWaterBytes(child.pid) ?? peak), LOOK_MS);
    const limit = setTimeout(() => (isHanging = child.kill('SIGKILL')), LIMIT_MS);
    try {
      const said = text(child.stderr);
      const [code] = (await once(child, 'exit')) as [number | null];
      const wallMs = performance.now() - begin;
      const cpuAfter = childrenCpuMs();
      const ending = isHanging ? `was killed after ${LIMIT_MS / 1000} s` : `ended with ${code}`;
      if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ${ending}: ${await said}`);
      const cpuMs = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
      return { wallMs, cpuMs, peakBytes: peak };
    } finally {
      clearInterval(look);
      clearTimeout(limit);
      running.delete(child);
    }
  }
}

/** Kernel ticks; 100 a second on every Linux that Node runs on. */
const TICK_MS = 10;

/** User and system time of the children that have ended: fields 16 and 17 of proc_pid_stat(5). */
function childrenCpuMs(): number | undefined {
  const stat = readProc('self/stat');
  // The name, in parentheses, may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

/** `VmHWM` of proc_pid_status(5). */
function highWaterBytes(pid: number | undefined): number | undefined {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`) ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

function readProc(name: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readFileSync(`/proc/${name}`, 'utf8');
  } catch {
    // The process has ended between two looks.
    return undefined;
  }
}
