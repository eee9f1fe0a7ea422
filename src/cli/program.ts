/** The command line as a tree: every command with its options, none of their code. */

import { Command, CommanderError } from 'commander';

import { RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { defineAccount } from './define/account.js';
import { addExamples, type Act } from './define/act.js';
import { defineStore } from './define/store.js';
import { defineTools } from './define/tools.js';
import { defineTransfer } from './define/transfer.js';
import type { CommandModule } from './context.js';
import type { SharedFlags } from './flags.js';
import type { Writable } from './output.js';
import type { Session } from './session.js';

export interface ProgramOptions extends Pick<Session, 'run'> {
  readonly stdout: Writable;
}

/** Reads the arguments, and runs the command that they ask for. Throws RegErrors only. */
export async function runProgram(args: readonly string[], options: ProgramOptions): Promise<void> {
  try {
    await buildProgram(options).parseAsync(meant(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const told = usageError(error, args);
    if (told !== undefined) throw told;
  }
}

/** The arguments with the two short cuts of the program itself. */
function meant(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first === undefined) return ['--help'];
  return first === '-v' || first === '--version' ? ['version', ...rest] : args;
}

/** The whole program. Parsing throws what `usageError` understands, and RegErrors. */
function buildProgram({ stdout, run }: ProgramOptions): Command {
  const act: Act = <Flags>(load: () => Promise<CommandModule<Flags>>) =>
    function () {
      const showsProgress = this.options.some((option) => option.name() === 'progress');
      return run({ args: this.args, flags: this.opts<Flags & SharedFlags>(), showsProgress }, load);
    };
  const program = new Command('reg')
    .description('Move container images between registries and local disk: no engine, no root.')
    .option('-v, --version', 'show the versions of reg and Node')
    .helpOption('-h, --help', 'show help')
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      optionDescription: (option) => option.description,
    })
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: () => {} });
  program.commandsGroup('Images:');
  defineTransfer(program, act);
  defineStore(program, act);
  program.commandsGroup('Registries:');
  defineAccount(program, act);
  program.commandsGroup('Tools:');
  defineTools(program, act);
  program.helpCommand('help [command]', 'show help for a command');
  for (const command of program.commands)
    command.option('--debug', 'tell on stderr what is going on, without secrets');
  return addExamples(program, ['reg pull nginx', 'reg push ghcr.io/owner/app:1.0', 'reg login ghcr.io']);
}

/** What commander says, and how we say it. */
const REWORDED: readonly (readonly [RegExp, string])[] = [
  [/^option "(?:-\w, )?(--[\w-]+)[^"]*" argument missing$/, '$1 needs a value'],
  [/^option "(?:-\w, )?(--[\w-]+)[^"]*" argument "(.*)" is invalid\./, 'invalid $1 "$2".'],
  [/ \(Did you mean (one of .*)\?\)$/, '. Did you mean $1?'],
  [/ \(Did you mean (.*)\?\)$/, '. Did you mean "$1"?'],
];

/** `error` as one about usage; undefined when it only says that help was shown. */
function usageError(error: CommanderError, args: readonly string[]): RegError | undefined {
  if (error.exitCode === 0) return undefined;
  const message = cleanText(error.message.replace(/^error: /, '').replaceAll("'", '"'), 1000);
  const [command = ''] = args;
  const known = /^[a-z]+$/.test(command) && error.code !== 'commander.unknownCommand' ? ` ${command}` : '';
  const reworded = REWORDED.reduce((text, [theirs, ours]) => text.replace(theirs, ours), message);
  return new RegError('INVALID_ARGUMENT', reworded, { hint: `Run "reg${known} --help".` });
}
