/** What is known of a command before its family is loaded. */

import type { Command } from 'commander';

import type { Act } from './act.js';

interface Entry {
  readonly name: string;
  /** One line for the help: no capital, no full stop, at most 63 characters. */
  readonly summary: string;
}

/** A command that runs something. */
export interface Leaf extends Entry {
  readonly define: (command: Command, act: Act) => Promise<void>;
}

/** A command that only holds others: the `auth` of `reg auth get`. */
interface Branch extends Entry {
  readonly commands: readonly CommandEntry[];
  readonly examples: readonly string[];
}

export type CommandEntry = Leaf | Branch;
