/**
 * How a command is ended from outside: Ctrl-C, `kill`, a closed terminal, a reader that went away.
 *
 *     first signal ──▶ abort; the command has 0.7 s to put its things away, or what it asked for
 *     second one   ──▶ exit at once
 */

import { RegError } from '../errors.js';

type Cause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE';

/** 128 and the number of the signal, as shells have it. */
const EXIT_CODES: Readonly<Record<Cause, number>> = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 };
const REASONS: Readonly<Record<Cause, string>> = {
  SIGHUP: 'the terminal was closed',
  SIGINT: 'interrupted',
  SIGPIPE: 'nobody reads the output any more',
  SIGTERM: 'terminated',
};

/** What an aborted command may still take, in milliseconds, unless it asked for more. */
const GRACE_MS = 700;

/** A part of what `process` can do. */
export interface SignalSource {
  on(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  exit(code: number): void;
}

export interface Interruption {
  /** Aborted by the first signal, with a RegError ABORTED as its reason. */
  readonly signal: AbortSignal;
  /** Rejects with that reason when the time to end by itself is over; never resolves. */
  readonly deadline: Promise<never>;
  /** Gives the command so many milliseconds more to end, from the signal on. */
  readonly allow: (ms: number) => void;
  /** The exit code that the first signal asks for; undefined when there was none. */
  exitCode(): number | undefined;
  /** Whether to say nothing: nobody is there to read it. */
  isQuiet(): boolean;
  /** What the end of the standard output or error does: it aborts like a signal, without a word. */
  brokenPipe(): void;
}

/** Listens from now on; also as process 1 of a container, where only signals that are listened to arrive. */
export function watchSignals(source: SignalSource): Interruption {
  const controller = new AbortController();
  let first: Cause | undefined;
  let graceMs = GRACE_MS;
  let expire: (reason: RegError) => void;
  const deadline = new Promise<never>((_, reject) => (expire = reject));
  // Nobody may be waiting for it when it comes.
  deadline.catch(() => {});

  const interrupt = (cause: Cause): void => {
    if (first !== undefined) return;
    first = cause;
    const reason = new RegError('ABORTED', REASONS[cause]);
    controller.abort(reason);
    setTimeout(() => expire(reason), graceMs);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    source.on(name, () => (first === undefined ? interrupt(name) : source.exit(EXIT_CODES[first])));
  }
  return {
    signal: controller.signal,
    deadline,
    allow: (ms) => void (graceMs = GRACE_MS + ms),
    exitCode: () => (first === undefined ? undefined : EXIT_CODES[first]),
    isQuiet: () => first === 'SIGPIPE' || first === 'SIGHUP',
    brokenPipe: () => interrupt('SIGPIPE'),
  };
}
