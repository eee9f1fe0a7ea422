/** `reg completion`. */

import { Argument, type Command } from 'commander';

import type { CommandModule } from '../context.js';
import { SHELLS } from '../completion/scripts.js';
import { addExamples, type Act } from './act.js';
import type { CommandEntry } from './entry.js';

interface Parts {
  readonly act: Act;
  /** Every command that there is. */
  readonly entries: () => readonly CommandEntry[];
}

export function defineCompletion(command: Command, { act, entries }: Parts): void {
  command
    .description(
      'Print what a shell needs to complete command lines of reg: commands, options, their values, and images of the local ' +
        'store. What is printed asks reg itself, by "reg completion words -- WORD...", so that it is never out of date.',
    )
    .addArgument(new Argument('<shell>', 'which one').choices([...SHELLS, 'words']))
    .argument('[word...]', 'behind "words": the command line so far');
  addExamples(command, [
    'reg completion bash > ~/.local/share/bash-completion/completions/reg',
    'reg completion zsh > ~/.zfunc/_reg',
    'reg completion fish > ~/.config/fish/completions/reg.fish',
    'reg completion powershell | Out-String | Invoke-Expression',
  ]);
  const load = async (): Promise<CommandModule<unknown>> => {
    const { run } = await import('../commands/completion.js');
    return { run: (context) => run(context, entries()) };
  };
  command.action(act(load));
}
