/** Asks a person. */

import { RegError } from '../../errors.js';
import type { Io } from '../io.js';

export interface PromptOptions {
  readonly io: Pick<Io, 'stdin' | 'stderr'>;
  readonly signal: AbortSignal;
  /** What to use where nobody can be asked. */
  readonly flag: string;
  /** Nothing of the answer is shown. Default false. */
  readonly isSecret?: boolean;
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_U = '\u0015';
const BACKSPACES = '\b\u007f';

/** One line, without its end. The question goes to the standard error. Throws INVALID_ARGUMENT, ABORTED. */
export async function prompt(question: string, options: PromptOptions): Promise<string> {
  const { io, isSecret = false } = options;
  const { stdin, stderr } = io;
  if (!stdin.isTTY) {
    const what = question.replace(/:? *$/, '').toLowerCase();
    throw new RegError(
      'INVALID_ARGUMENT',
      `cannot ask for the ${what}: the standard input is not a terminal`,
      {
        hint: `Use ${options.flag}.`,
      },
    );
  }
  stderr.write(question);
  if (!isSecret) return readKeys(options);
  stdin.setRawMode(true);
  try {
    return await readKeys(options);
  } finally {
    stdin.setRawMode(false);
    stderr.write('\n');
  }
}

/** What is typed up to the end of the line. In raw mode the terminal edits nothing, so that is done here. */
function readKeys({ io: { stdin }, signal }: PromptOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    const end = (settle: () => void): void => {
      stdin.pause();
      stdin.off('data', take);
      stdin.off('end', finish);
      signal.removeEventListener('abort', abort);
      settle();
    };
    const abort = (): void => end(() => reject(new RegError('ABORTED', 'interrupted')));
    const finish = (): void => end(() => resolve(line));
    const take = (keys: string): void => {
      for (const key of keys) {
        if (key === '\r' || key === '\n' || key === CTRL_D) return finish();
        if (key === CTRL_C) return void process.kill(process.pid, 'SIGINT');
        line = edited(line, key);
      }
    };
    stdin.setEncoding('utf8').on('data', take).on('end', finish).resume();
    signal.addEventListener('abort', abort);
  });
}

function edited(line: string, key: string): string {
  if (key === CTRL_U) return '';
  if (BACKSPACES.includes(key)) return Array.from(line).slice(0, -1).join('');
  return key < ' ' ? line : line + key;
}

/** Returns when a person agrees. Throws INVALID_ARGUMENT where nobody can be asked, ABORTED when they do not. */
export async function confirm(question: string, options: PromptOptions): Promise<void> {
  if (!options.io.stdin.isTTY) {
    const message = 'nothing is done without being asked, and the standard input is not a terminal';
    throw new RegError('INVALID_ARGUMENT', message, { hint: `Use ${options.flag}.` });
  }
  const answer = await prompt(`${question} [y/N] `, options);
  if (!/^y(es)?$/i.test(answer.trim())) throw new RegError('ABORTED', 'nothing was done');
}
