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
      'Print a script that makes a shell complete reg commands, options and their values, and images in the local store. The ' +
        'script asks reg itself ("reg completion words -- WORD..."), so it is never out of date.',
    )
    .addArgument(new Argument('<shell>', 'your shell').choices([...SHELLS, 'words']))
    .argument('[word...]', 'after "words": the command line so far');
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
