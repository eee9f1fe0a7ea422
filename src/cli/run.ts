/** One command in its session: signals, streams and warnings are heard, and the process ends with its exit code. */

import type { Io } from './io.js';
import { runProgram } from './program.js';
import { createSession, type Session } from './session.js';
import { watchSignals } from './signals.js';

interface RunOptions {
  /** What is to be printed in place of a command. */
  readonly answer?: string | undefined;
  /** Called when the command has done well. */
  readonly onDone: () => void;
}

/** Never returns: it ends the process. */
export async function runInSession(io: Io, options: RunOptions): Promise<void> {
  const interruption = watchSignals(process);
  const session = createSession(io, interruption);
  process.on('uncaughtException', (error) => process.exit(session.fail(error)));
  process.on('exit', session.restoreTerminal);
  if (io.platform !== 'win32') process.on('SIGTSTP', () => stop(session));
  for (const stream of [io.stdout, io.stderr]) stream.on('error', session.onStreamError);
  // What Node would print by itself is for those who write programs, and in no words of ours.
  process.removeAllListeners('warning').on('warning', session.onWarning);

  const inTime = <T>(done: Promise<T>): Promise<T> => Promise.race([done, interruption.deadline]);
  const code = await inTime(answerOrRun(session, io, options)).catch(session.fail);
  const failedToEnd = await inTime(session.finish()).then(() => 0, session.fail);
  process.exit(interruption.exitCode() ?? (code || failedToEnd));
}

async function answerOrRun(
  { run }: Session,
  { args, stdout }: Io,
  { answer, onDone }: RunOptions,
): Promise<number> {
  if (answer !== undefined) {
    stdout.write(answer);
    return 0;
  }
  await runProgram(args, { stdout, run });
  onDone();
  return 0;
}

/** Ctrl-Z: what Node would do by itself, but with the cursor given back first. */
function stop({ restoreTerminal }: Session): void {
  restoreTerminal();
  process.kill(process.pid, 'SIGSTOP');
}
