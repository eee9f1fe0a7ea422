/** Calls that end early because their caller no longer waits. */

import { RegError } from '../errors.js';

/** What a call rejects with once `signal` was aborted. */
export function abortError(signal: AbortSignal): RegError {
  const reason: unknown = signal.reason;
  return reason instanceof RegError ? reason : new RegError('ABORTED', 'interrupted', { cause: reason });
}

/** The outcome of `task`, or the abort if that comes first; the task itself is left alone. */
export async function untilAborted<T>(task: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return task;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortError(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([task, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
