/** The outside world of the command line, gathered so that nothing else asks for it. */

import { homedir } from 'node:os';

import type { SystemSurroundings } from './environment.js';

export interface Io extends SystemSurroundings {
  /** What follows the name of the program. */
  readonly args: readonly string[];
  /** Version of Node, such as `22.11.0`. */
  readonly node: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** Such as `6`; on 32-bit ARM only. */
  readonly armVersion?: string;
  readonly stdin: typeof process.stdin;
  readonly stdout: typeof process.stdout;
  readonly stderr: typeof process.stderr;
}

export function processIo(): Io {
  const { env, argv, platform, arch, versions, getuid } = process;
  const armVersion: unknown = Reflect.get(process.config.variables, 'arm_version');
  return {
    args: argv.slice(2),
    env,
    get home() {
      return homeFolder();
    },
    node: versions.node,
    platform,
    uid: getuid?.(),
    arch,
    ...(typeof armVersion === 'string' ? { armVersion } : {}),
    // Opened when they are asked for: that takes time, and few commands read from the first.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
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
