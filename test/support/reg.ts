import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { bareEnvironment, startChild } from './child.js';
import type { Child, Ended } from './child.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';

export interface RegOptions {
  /** A folder that stands for the whole person: home, settings and store. Default: an empty one. */
  readonly home?: string;
  /** Added to, or put over, the clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  /** A program with its arguments that starts `reg`, as strace does: what is run is put behind them. */
  readonly under?: readonly [string, ...string[]];
}

const BIN = fileURLToPath(new URL('../../bin/reg.js', import.meta.url));

/**
 * Runs the built command line to its end, in an environment that has nothing of the person who runs the tests.
 * Never throws because of the exit code.
 */
export async function reg(scope: Scope, args: readonly string[], options: RegOptions = {}): Promise<Ended> {
  const child = await startReg(scope, args, options);
  return child.ended;
}

/** The same, for a test that wants to do something (kill it, say) while it runs. */
export async function startReg(
  scope: Scope,
  args: readonly string[],
  options: RegOptions = {},
): Promise<Child> {
  const home = options.home ?? (await temporaryFolder(scope));
  const [program, ...rest] = [...(options.under ?? []), execPath, BIN, ...args];
  return startChild(scope, [program, ...rest], {
    env: { ...homeEnvironment(home), ...options.env },
    cwd: options.cwd ?? home,
    ...(options.stdin !== undefined && { stdin: options.stdin }),
  });
}

/** Where the store of `reg` is when its home is this folder. */
export function storeFolder(home: string): string {
  return join(home, 'store');
}

function homeEnvironment(home: string): Record<string, string> {
  return {
    ...bareEnvironment(),
    HOME: home,
    USERPROFILE: home,
    DOCKER_CONFIG: join(home, '.docker'),
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_RUNTIME_DIR: join(home, '.run'),
    REG_STORE: storeFolder(home),
  };
}
