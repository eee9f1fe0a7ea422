/** Work on one thing at a time: one task after the other for the same key, so that one process fetches no bytes twice. */

export class Turns<Key> {
  /** The last task for each key that is still under way. */
  readonly #last = new Map<Key, Promise<unknown>>();

  /** What `task` comes to, begun when all earlier ones for `key` are over, however they ended. */
  async take<T>(key: Key, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = before.then(task, task);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
