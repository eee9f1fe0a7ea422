/** Bounds how much work runs at once. */

/** Runs a task as soon as fewer than the limit are running; first come, first served. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** A limit of `concurrency` tasks at once. Wrap leaf I/O in it, never a walk that waits for others. */
export function createLimit(concurrency: number): Limit {
  // Not an array that is shifted, which takes longer the longer it is: an image may have tens of thousands of parts.
  const waiting = new Map<number, () => void>();
  let first = 0;
  let running = 0;
  return async (task) => {
    if (running >= concurrency)
      await new Promise<void>((resolve) => waiting.set(first + waiting.size, resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line, so that nobody can slip in between.
      const next = waiting.get(first);
      if (next === undefined) running -= 1;
      else {
        waiting.delete(first);
        first += 1;
        next();
      }
    }
  };
}
