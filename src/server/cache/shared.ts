/** One answer for all who ask the same at the same time. */

/** The result of `task`, or of the one that is under way for the same key. */
export type Shared<T> = (key: string, task: () => Promise<T>) => Promise<T>;

export function createShared<T>(): Shared<T> {
  const running = new Map<string, Promise<T>>();
  return async (key, task) => {
    const known = running.get(key);
    if (known !== undefined) return known;
    const mine = task();
    running.set(key, mine);
    try {
      return await mine;
    } finally {
      running.delete(key);
    }
  };
}
