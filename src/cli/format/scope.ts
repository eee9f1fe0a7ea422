/** What an expression sees while a template is filled in, and how much work that may be. */

import { RegError } from '../../errors.js';

export interface Scope {
  /** What `.` is: the result, or the item of a range. */
  readonly dot: unknown;
  /** `$`, the whole result, and what ranges name: `$item`. */
  readonly variables: ReadonlyMap<string, unknown>;
  readonly budget: Budget;
}

export interface Budget {
  /** Throws TOO_LARGE when a template makes too much of too little. */
  readonly spend: (characters: number) => void;
}

/** Most parts that are filled in, and characters that come out: ranges in ranges make much of little. */
const MAX_PARTS = 2_000_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

export function createBudget(): Budget {
  let parts = 0;
  let output = 0;
  return {
    spend(characters) {
      parts += 1;
      output += characters;
      if (parts > MAX_PARTS || output > MAX_OUTPUT)
        throw new RegError('TOO_LARGE', 'what --format makes of the result is too large');
    },
  };
}
