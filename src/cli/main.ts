/**
 * The command line: what is answered at once, and what is run.
 *
 *     bin/reg.js ─▶ main ─▶ run.ts ─▶ program.ts ─▶ define/FAMILY.ts ─▶ commands/NAME.ts ─▶ operations
 *                    │        │           │                                  │
 *              code-cache.ts  signals.ts  define/commands.ts                context.ts: client, store, output, progress
 *
 * Starting is what a short command takes longest for, so each step loads what it needs and no more; what is loaded
 * together, rolldown.config.mjs says. This file, and what it imports, is the one that is compiled anew each time.
 */

import { writeSync } from 'node:fs';

import { useCodeCache } from './code-cache.js';
import { helpPage } from './define/help-page.js';
import { processIo, type Io } from './io.js';
import { versionLine } from './version.js';

/** Runs the command line of this process. Never returns: it ends the process with the exit code of the command. */
export async function run(): Promise<void> {
  const io = processIo();
  const answer = shortAnswer(io);
  const rest = answer === undefined ? undefined : writeAtOnce(answer);
  if (rest === '') process.exit(0);
  const codeCache = useCodeCache(io);
  const { runInSession } = await import('./run.js');
  await runInSession(io, { answer: rest, onDone: () => codeCache.keep() });
}

/** What is asked for often, and needs none of the code that takes options apart. */
function shortAnswer(io: Io): string | undefined {
  if (isVersionAlone(io.args)) return versionLine(io);
  return isHelp(io.args) ? helpPage() : undefined;
}

/**
 * Writes to the standard output without the streams of Node, which take longer to load than all else. Answers what is left:
 * of a pipe that is full or that nobody reads, and of a full disk, the session knows what to do and what to say.
 */
function writeAtOnce(text: string): string {
  const bytes = Buffer.from(text);
  try {
    return bytes.subarray(writeSync(STDOUT, bytes)).toString();
  } catch {
    return text;
  }
}

/** The descriptor of the standard output. */
const STDOUT = 1;

/** Whether the page of help is asked for, by the rules of program.ts. */
function isHelp([first = '--help', second = '--help']: readonly string[]): boolean {
  return isHelpOption(first) || (first === 'help' && (isHelpOption(second) || second === 'help'));
}

function isHelpOption(arg: string): boolean {
  return arg.startsWith('-h') || arg === '--help';
}

function isVersionAlone([first = '', ...rest]: readonly string[]): boolean {
  return rest.length === 0 && ['-v', '--version', 'version'].includes(first);
}
