/**
 * The command line: reads the arguments, runs one command, and ends the process.
 *
 *     bin/reg.js ─▶ run ─▶ program.ts ─▶ define/FAMILY.ts ─▶ commands/NAME.ts ─▶ operations
 *                    │         │                                  │
 *               signals.ts  define/commands.ts                context.ts: client, store, output, progress
 *
 * Starting is what a short command takes longest for, so each step loads what it needs and no more; what is loaded
 * together, rolldown.config.mjs says.
 */

import { useCodeCache } from './code-cache.js';
import { helpPage } from './define/help-page.js';
import { processIo, type Io } from './io.js';
import { createOutput } from './output/output.js';
import { createSession, type Session } from './session.js';
import { watchSignals } from './signals.js';
import { showVersion } from './version.js';

/** Runs the command line of this process. Never returns: it ends the process with the exit code of the command. */
export async function run(): Promise<void> {
  const io = processIo();
  const interruption = watchSignals(process);
  const session = createSession(io, interruption);
  process.on('uncaughtException', (error) => process.exit(session.fail(error)));
  process.on('exit', session.restoreTerminal);
  if (io.platform !== 'win32') process.on('SIGTSTP', () => stop(session));
  for (const stream of [io.stdout, io.stderr]) stream.on('error', session.onStreamError);
  // What Node would print by itself is for those who write programs, and in no words of ours.
  process.removeAllListeners('warning').on('warning', session.onWarning);

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

async function runCommand({ run: act }: Session, io: Io): Promise<number> {
  const { args, stdout } = io;
  if (isHelp(args)) {
    for (const line of helpPage()) createOutput(stdout).line(line);
  } else if (isVersionAlone(args)) {
    const version = { args: [], flags: {}, showsProgress: false };
    await act(version, async () => ({ run: showVersion }));
  } else {
    const codeCache = useCodeCache(io);
    const { runProgram } = await import('./program.js');
    await runProgram(args, { stdout, run: act });
    codeCache.keep();
  }
  return 0;
}

/** As all that follows from here, answered without the code that takes options apart. */
function isHelp([first = '--help', second = '--help']: readonly string[]): boolean {
  return isHelpOption(first) || (first === 'help' && (isHelpOption(second) || second === 'help'));
}

function isHelpOption(arg: string): boolean {
  return arg.startsWith('-h') || arg === '--help';
}

/** Scripts ask for it often. */
function isVersionAlone([first = '', ...rest]: readonly string[]): boolean {
  return rest.length === 0 && ['-v', '--version', 'version'].includes(first);
}
