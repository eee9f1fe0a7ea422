/** The command line as a tree, of which only the branch is made that the arguments lead to. */

import { Command, CommanderError, Help } from 'commander';

import { RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { addExamples, type Act } from './define/act.js';
import { COMMAND_GROUPS } from './define/commands.js';
import type { CommandEntry } from './define/entry.js';
import type { CommandModule } from './context.js';
import type { SharedFlags } from './flags/flags.js';
import { inOrder } from './define/option-order.js';
import type { Writable } from './output/output.js';
import type { Session } from './session.js';

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

interface Way {
  readonly args: readonly string[];
  readonly entries: readonly CommandEntry[];
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
async function refuse(parent: Command, { args, entries }: Omit<Way, 'act'>): Promise<void> {
  for (const { name, summary } of entries) parent.command(name).summary(summary);
  await parent.parseAsync(args.slice(0, 1), { from: 'user' });
}

/** What commander says, and how we say it. */
const REWORDED: readonly (readonly [RegExp, string])[] = [
  [/^\(outputHelp\)$/, 'a command is missing'],
  [/^option "(?:-\w, )?(--[\w-]+)[^"]*" argument missing$/, '$1 needs a value'],
  [/^option "(?:-\w, )?(--[\w-]+)[^"]*" argument "(.*)" is invalid\./, 'invalid $1 "$2".'],
  [/ \(Did you mean (one of .*)\?\)$/, '. Did you mean $1?'],
  [/ \(Did you mean (.*)\?\)$/, '. Did you mean "$1"?'],
];

/** `error` as one about usage; undefined when it only says that help was shown. */
function usageError(error: CommanderError, way: Omit<Way, 'act'>): RegError | undefined {
  if (error.exitCode === 0) return undefined;
  const message = cleanText(error.message.replace(/^error: /, '').replaceAll("'", '"'), 1000);
  const reworded = REWORDED.reduce((text, [theirs, ours]) => text.replace(theirs, ours), message);
  return new RegError('INVALID_ARGUMENT', reworded, { hint: `Run "reg${commandIn(way)} --help".` });
}

/** The command that the arguments begin with, such as ` auth get`, as far as there is one. */
function commandIn({ args, entries }: Omit<Way, 'act'>): string {
  const [name, ...rest] = args;
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) return '';
  return ` ${entry.name}${'commands' in entry ? commandIn({ args: rest, entries: entry.commands }) : ''}`;
}
