import { join } from 'node:path';
import { env as ourEnvironment, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { bareEnvironment, startChild } from './child.js';
import type { Child, Ended } from './child.js';
import { assertNoSecret } from './secrets.js';
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
 * What V8 has made of the command line (cli/code-cache.ts) is the one thing that all homes share: else each command of
 * thousands, the first ones in their homes, would take a fifth longer.
 */
const CODE = fileURLToPath(new URL('../../node_modules/.cache/reg-code', import.meta.url));

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
  const [program, ...rest] = [...(options.under ?? []), execPath, BIN, ...(TALKS ? talking(args) : args)];
  const child = await startChild(scope, [program, ...rest], {
    env: { ...homeEnvironment(home), ...options.env },
    cwd: options.cwd ?? home,
    ...(options.stdin !== undefined && { stdin: options.stdin }),
  });
  const ended = child.ended.then((ended) => {
    assertNoSecret(ended, args);
    return TALKS && !args.includes('--debug') ? quietened(ended) : ended;
  });
  return { ...child, ended };
}

/** Set for a run in which every command has to say all that it would say to somebody who looks for an error in it. */
const TALKS = ourEnvironment['REG_TEST_DEBUG'] === '1';

/** The arguments with `--debug` behind the name of the command. */
function talking(args: readonly string[]): readonly string[] {
  const isFamily = ['artifact', 'auth', 'index'].includes(args[0] ?? '');
  const names = args.slice(0, isFamily ? 2 : 1);
  const isCommand = names.length > 0 && names.every((name) => /^[a-z]+$/.test(name)) && names[0] !== 'help';
  return isCommand ? [...names, '--debug', ...args.slice(names.length)] : args;
}

/** What it would have said without: the test wants to know that. */
function quietened(ended: Ended): Ended {
  const lines = ended.stderr.split('\n').filter((line) => !/^debug: |^\{"type":"debug"|^ {2}/.test(line));
  return { ...ended, stderr: lines.join('\n') };
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
    NODE_COMPILE_CACHE: CODE,
    XDG_RUNTIME_DIR: join(home, '.run'),
    REG_STORE: storeFolder(home),
  };
}
