/** Counts things by kind. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(kind: string, count = 1): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** `12 (cut 7, stall 5)`: the most frequent first. */
  toString(): string {
    const kinds = [...this.#counts].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`);
    return kinds.length === 0 ? '0' : `${this.total} (${kinds.join(', ')})`;
  }
}
