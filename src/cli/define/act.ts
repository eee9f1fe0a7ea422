/** How a definition says what runs: by a module that is loaded only then. */

import type { Command } from 'commander';

import type { CommandModule } from '../context.js';

/** Makes the action of a command. */
export type Act = <Flags>(load: () => Promise<CommandModule<Flags>>) => (this: Command) => Promise<void>;

/** Examples below the help of a command. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`,
  );
}
