/** What definitions are made of: how one says what runs, by a module that is loaded only then, and its examples. */

import type { Command } from 'commander';

import type { CommandModule } from '../context.js';

/** Makes the action of a command. */
export type Act = <Flags>(load: () => Promise<CommandModule<Flags>>) => (this: Command) => Promise<void>;

/** Says what a command takes and what runs it: description, arguments, options, examples and action. */
export type Define = (command: Command, act: Act) => void;

/** What the argument is called that may be any place. */
export const ANY_PLACE = 'any place: NAME, store:NAME, oci:DIR, oci-archive:FILE, docker-daemon:NAME, -';

/** Examples below the help of a command. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`,
  );
}
