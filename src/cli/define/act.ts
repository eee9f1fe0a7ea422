/** What command definitions are made of: the module that runs, loaded only then, and examples. */

import type { Command } from 'commander';

import type { CommandModule } from '../context.js';

/** The action of a command: loads its module and runs it. */
export type Act = <Flags>(load: () => Promise<CommandModule<Flags>>) => (this: Command) => Promise<void>;

/** Defines one command: description, arguments, options, examples and action. */
export type Define = (command: Command, act: Act) => void;

/** Help for an argument that may be any place. */
export const ANY_PLACE = 'any place: NAME, store:NAME, oci:DIR, oci-archive:FILE, docker-daemon:NAME, -';

/** Adds examples below the help of a command. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`,
  );
}
