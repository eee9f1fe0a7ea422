/** Chance that can be had again: the same seed gives the same choices. */

export interface Random {
  /** From 0 up to 1. */
  (): number;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  pick<T>(items: readonly T[]): T;
  /** One of the keys, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
  /** Chance of its own for a part that runs beside others, so that they do not disturb each other. */
  fork(): Random;
}

/** Mulberry32: small, quick, and good enough to shake things. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(next() * items.length)];
    if (item === undefined) throw new Error('There is nothing to pick from.');
    return item;
  };
  return Object.assign(next, {
    between: (least: number, most: number) => least + Math.floor(next() * (most - least + 1)),
    pick,
    weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
      // Object.keys forgets the type of the keys.
      const keys = Object.keys(weights) as K[];
      return pick(keys.flatMap((key) => Array<K>(weights[key]).fill(key)));
    },
    fork: () => createRandom(Math.floor(next() * 2 ** 32)),
  });
}
