/**
 * The command line: reads the arguments, runs one command, and ends the process.
 *
 *     bin/reg.js ─▶ run ─▶ program.ts ─▶ define/*.ts ─▶ commands/NAME.ts ─▶ operations
 *                    │                                       │
 *               signals.ts                              context.ts: client, store, output, progress
 */

import process from 'node:process';

import { CommanderError } from 'commander';

import { processIo, type Io } from './io.js';
import { buildProgram, usageError } from './program.js';
import { createSession, type Session } from './session.js';
import { watchSignals } from './signals.js';

/** Runs the command line of this process. Never returns: it ends the process with the exit code of the command. */
export async function run(): Promise<void> {
  const io = processIo();
  const interruption = watchSignals(process);
  const session = createSession(io, interruption);
  process.on('uncaughtException', (error) => process.exit(session.fail(error)));
  process.on('exit', session.restoreTerminal);
  if (io.platform !== 'win32') process.on('SIGTSTP', () => stop(session));
  for (const stream of [io.stdout, io.stderr]) stream.on('error', session.onStreamError);

  const inTime = <T>(task: Promise<T>): Promise<T> => Promise.race([task, interruption.deadline]);
  const code = await inTime(runCommand(session, io)).catch(session.fail);
  const failedToEnd = await inTime(session.finish()).then(() => 0, session.fail);
  process.exit(interruption.exitCode() ?? (code || failedToEnd));
}

/** Ctrl-Z: what Node would do by itself, but with the cursor given back first. */
function stop({ restoreTerminal }: Session): void {
  restoreTerminal();
  process.kill(process.pid, 'SIGSTOP');
}

async function runCommand(session: Session, { args, stdout }: Io): Promise<number> {
  try {
    await buildProgram({ stdout, act: session.act }).parseAsync(meant(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const told = usageError(error, args);
    if (told !== undefined) throw told;
  }
  return 0;
}

/** The arguments with the two short cuts of the program itself. */
function meant(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first === undefined) return ['--help'];
  return first === '-v' || first === '--version' ? ['version', ...rest] : args;
}
