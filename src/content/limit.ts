/** Bounds how much work runs at once. */

/** Runs a task as soon as fewer than the limit are running; first come, first served. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** A limit of `concurrency` tasks at once. Wrap leaf I/O in it, never a walk that waits for others. */
export function createLimit(concurrency: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line, so that nobody can slip in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
