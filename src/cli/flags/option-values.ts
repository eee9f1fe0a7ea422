/** What stands behind an option, read. */

import { InvalidArgumentError } from 'commander';

/** Collects the values of a repeatable option. */
export function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

/** A count, 1 or more. Throws commander's InvalidArgumentError. */
export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number of 1 or more.');
}

/** How many at once, from 1 to 64. Throws commander's InvalidArgumentError. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('Give a number from 1 to 64.');
}
