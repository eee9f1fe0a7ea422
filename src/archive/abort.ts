/** Work that ends early because its caller no longer waits. */

import { RegError } from '../errors.js';

/** Throws ABORTED, or the signal's reason where that is a RegError, once the signal was aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

/** `chunks` until the signal is aborted, even when no next chunk ever comes. */
export async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  for (;;) {
    const result = await orAbort(iterator.next(), signal);
    if (result.done === true) return;
    yield result.value;
  }
}

function orAbort<T>(task: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return task;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    void task.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function abortError(signal: AbortSignal): RegError {
  const reason: unknown = signal.reason;
  return reason instanceof RegError ? reason : new RegError('ABORTED', 'interrupted', { cause: reason });
}
