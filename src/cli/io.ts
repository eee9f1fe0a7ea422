/** The outside world of the command line, gathered so that nothing else asks for it. */

import { homedir } from 'node:os';
import process from 'node:process';

import type { Surroundings } from './environment.js';

export interface Io extends Surroundings {
  /** What follows the name of the program. */
  readonly args: readonly string[];
  /** Version of Node, such as `22.11.0`. */
  readonly node: string;
  /** As `process.platform`. */
  readonly platform: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** Such as `6`; on 32-bit ARM only. */
  readonly armVersion?: string;
  /** Id of this process. */
  readonly pid: number;
  /** Whether a process of that id runs here; true when in doubt. */
  readonly isRunning: (pid: number) => boolean;
  readonly stdin: typeof process.stdin;
  readonly stdout: typeof process.stdout;
  readonly stderr: typeof process.stderr;
}

export function processIo(): Io {
  const { stdout, stderr, env, argv, pid, platform, arch, versions } = process;
  const armVersion: unknown = Reflect.get(process.config.variables, 'arm_version');
  return {
    args: argv.slice(2),
    env,
    home: homeFolder(),
    node: versions.node,
    platform,
    arch,
    ...(typeof armVersion === 'string' ? { armVersion } : {}),
    pid,
    isRunning,
    get stdin() {
      // Opening it costs time, and few commands read it.
      return process.stdin;
    },
    stdout,
    stderr,
  };
}

function homeFolder(): string | undefined {
  try {
    return homedir() || undefined;
  } catch {
    // A user id without an entry in the list of users, as in some containers: then there is none.
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
