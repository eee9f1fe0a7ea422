/** Calls that end early because their caller no longer waits. */

import { RegError } from '../errors.js';

/** Throws ABORTED, or the signal's reason where that is a RegError, once the signal was aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

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

/** `chunks` until the signal is aborted, even when no next chunk ever comes. */
export async function* chunksUntilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await untilAborted(iterator.next(), signal);
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    // Releases what is behind it. Not waited for: it may stand in line behind a chunk that never comes.
    iterator.return?.().catch(() => {});
  }
}
