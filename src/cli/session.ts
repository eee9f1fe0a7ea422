/** One run of the command line: what is set up as the arguments become known, and how it ends. */

import { thenRelease } from '../content/release.js';
import { reasonFor } from '../disk/reasons.js';
import { hasCode, RegError } from '../errors.js';
import { Redactor } from '../spec/redactor.js';
import { createContext, type CommandModule } from './context.js';
import type { SharedFlags } from './flags/flags.js';
import type { Template } from './format/template.js';
import type { Io } from './io.js';
import { readPackage } from './package.js';
import { createSilentProgress } from './progress/silent.js';
import type { Progress } from './progress/types.js';
import { exitCodeFor, reportError } from './report-error.js';
import type { Interruption } from './signals.js';

/** What the arguments ask for. */
interface Invocation<Flags> {
  readonly args: readonly string[];
  readonly flags: Flags & SharedFlags;
  /** Whether the command has something to show while it works. */
  readonly showsProgress: boolean;
}

export interface Session {
  /** Runs one command, by a module that is loaded only now. */
  readonly run: <Flags>(
    invocation: Invocation<Flags>,
    load: () => Promise<CommandModule<Flags>>,
  ) => Promise<void>;
  /** Puts away what the command opened, and waits until its output is written. Throws DISK_ERROR. */
  finish(): Promise<void>;
  /** Says, once, why the command failed; answers the exit code. */
  readonly fail: (error: unknown) => number;
  /** For the `error` event of the standard output and error. */
  readonly onStreamError: (error: NodeJS.ErrnoException) => void;
  /** For the `warning` event of the process: told to those who ask with --debug. */
  readonly onWarning: (warning: Error) => void;
  /** Gives the cursor back before the process is stopped, or gone; synchronous. */
  readonly restoreTerminal: () => void;
}

/** The reader went away, or the terminal did. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

export function createSession(io: Io, interruption: Interruption): Session {
  const redactor = new Redactor();
  const { signal } = interruption;
  const closers: (() => Promise<void>)[] = [];
  let flags: SharedFlags = {};
  let progress: Progress = createSilentProgress(io.stderr);
  let isTold = false;
  let outputError: RegError | undefined;

  const onClose = (close: () => Promise<void>): void => void closers.push(close);

  return {
    async run({ args, flags: given, showsProgress }, load) {
      flags = given;
      const loading = load();
      const template = await templateFor(given);
      if (showsProgress) progress = await createProgressFor(given, io);
      const { allow } = interruption;
      const common = { io, args, progress, redactor, signal, allow, template, onClose };
      await (await loading).run(createContext({ ...common, flags: given }));
    },
    async finish() {
      await thenRelease(
        async () => {},
        ...closers.splice(0),
        () => flushAll(io),
      );
      if (outputError !== undefined) throw outputError;
    },
    fail(error) {
      progress.end('failed');
      const told: unknown = signal.aborted && !hasCode(error, 'ABORTED') ? signal.reason : error;
      // With --quiet the exit code is the answer to a question, and nothing went wrong.
      const isAnswer = flags.quiet === true && hasCode(told, 'DIFFERENT');
      if (!isTold && !isAnswer && !interruption.isQuiet()) {
        isTold = true;
        const { debug, progress: mode } = flags;
        io.stderr.write(
          reportError(told, {
            redact: (text) => redactor.redact(text),
            debug,
            json: mode === 'json',
            bugs: () => readPackage().bugs,
          }),
        );
      }
      return exitCodeFor(told);
    },
    onStreamError(error) {
      if (GONE.has(error.code)) interruption.brokenPipe();
      else
        outputError ??= new RegError(
          'DISK_ERROR',
          `cannot write the output: ${reasonFor(error.code ?? error.message)}`,
          { cause: error },
        );
    },
    onWarning({ name, message }) {
      if (flags.debug) progress.notice({ type: 'debug', message: redactor.redact(`${name}: ${message}`) });
    },
    restoreTerminal: () => progress.pause(),
  };
}

/** Before anything is done, so that a mistake in it is told in time. */
async function templateFor({ format }: SharedFlags): Promise<Template | undefined> {
  return format === undefined ? undefined : (await import('./format/template.js')).compileTemplate(format);
}

async function createProgressFor(flags: SharedFlags, { stderr, env, platform }: Io): Promise<Progress> {
  const { createProgress } = await import('./progress/create.js');
  return createProgress(stderr, { mode: flags.progress ?? (flags.quiet ? 'none' : 'auto'), env, platform });
}

async function flushAll({ stdout, stderr }: Io): Promise<void> {
  await Promise.all([stdout, stderr].map(flushed));
}

/** Resolves when all that was written before has been handed to the system, or never will be. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const isIdle = stream.writableLength === 0 && !stream.errored;
    if (isIdle || stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
