/** The command line as a tree, of which only the branch is made that the arguments lead to. */

import { Command, CommanderError, Help } from 'commander';

import { addExamples, type Act } from './define/act.js';
import { COMMAND_GROUPS } from './define/commands.js';
import type { CommandModule } from './context.js';
import type { SharedFlags } from './flags/flags.js';
import { inOrder } from './define/option-order.js';
import type { Writable } from './output/output.js';
import type { Session } from './session.js';
import type { Arguments } from './usage-error.js';

export interface ProgramOptions extends Pick<Session, 'run'> {
  readonly stdout: Writable;
}

/** Reads the arguments, and runs the command that they ask for. Throws RegErrors only. */
export async function runProgram(args: readonly string[], { stdout, run }: ProgramOptions): Promise<void> {
  const act: Act = <Flags>(load: () => Promise<CommandModule<Flags>>) =>
    function () {
      const showsProgress = this.options.some((option) => option.name() === 'progress');
      return run({ args: this.args, flags: this.opts<Flags & SharedFlags>(), showsProgress }, load);
    };
  const way = { args: meant(args), entries: COMMAND_GROUPS.flatMap(({ commands }) => commands), act };
  try {
    await descend(createRoot(stdout), way);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const { usageError } = await import('./usage-error.js');
    const told = usageError(error, way);
    if (told !== undefined) throw told;
  }
}

/** The arguments with the two short cuts of the program itself. */
function meant(args: readonly string[]): readonly string[] {
  const [first = '', ...rest] = args;
  if (first === 'help') return [...rest, '--help'];
  return first === '-v' || first === '--version' ? ['version', ...rest] : args;
}

/** What holds for all commands. */
function createRoot(stdout: Writable): Command {
  return new Command('reg')
    .option('--version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help')
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      optionDescription: (option) => option.description,
      visibleOptions: (command) => inOrder(new Help().visibleOptions(command)),
    })
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: () => {} });
}

interface Way extends Arguments {
  readonly act: Act;
}

/** Defines and runs the command below `parent` that the arguments begin with. Throws CommanderErrors and RegErrors. */
async function descend(parent: Command, { args, entries, act }: Way): Promise<void> {
  const [name, ...rest] = args;
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) return refuse(parent, { args, entries });
  const command = parent.command(entry.name);
  if ('commands' in entry) {
    command.description(asSentence(entry.summary)).helpCommand(false);
    addExamples(command, entry.examples);
    return descend(command, { args: rest, entries: entry.commands, act });
  }
  await entry.define(command, act);
  command.option('--debug', 'explain on stderr what happens, without secrets');
  await command.parseAsync(rest, { from: 'user' });
}

function asSentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** Shows what there is below `parent`, or says what is wrong with the first argument: no command is named so. */
async function refuse(parent: Command, { args, entries }: Arguments): Promise<void> {
  for (const { name, summary } of entries) parent.command(name).summary(summary);
  await parent.parseAsync(args.slice(0, 1), { from: 'user' });
}
