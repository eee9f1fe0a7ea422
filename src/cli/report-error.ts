/** Turns whatever ended a command into one line for people, or one object for programs. */

import { hintFor } from '../disk/reasons.js';
import { exitCodeOf, RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { safeJson } from './format/safe-json.js';
import { inSources } from './source-map.js';

/** Most that is ever said about one error: in characters, so that it stays below 8 KiB, and in lines. */
const MAX_LENGTH = 2000;
const MAX_STACK_LINES = 40;

export interface ReportOptions {
  /** Takes secrets out; default: there are none yet. */
  readonly redact?: ((text: string) => string) | undefined;
  /** As a JSON object, for `--progress json`. */
  readonly json?: boolean | undefined;
  /** With the code, the causes and the stack. */
  readonly debug?: boolean | undefined;
  /** Finds out where bugs are reported; asked only for a bug. */
  readonly bugs?: (() => string | undefined) | undefined;
}

/** The text for the standard error, with its line break. */
export function reportError(error: unknown, options: ReportOptions = {}): string {
  const { redact = (text) => text, json = false, debug = false } = options;
  const told = error instanceof RegError ? error : asBug(error, options.bugs);
  const clean = (text: string): string => cleanText(redact(text), MAX_LENGTH);
  if (json) return `${safeJson(toJson(told, { clean, exitCode: exitCodeFor(error) }))}\n`;
  const lines = [
    `reg: ${clean(sentence(told))}`,
    ...(debug ? stackLines(error).map((line) => `  ${clean(line)}`) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** As `exitCodeOf`, but a refusal of the operating system that nobody explained is the disk's, not a bug. */
export function exitCodeFor(error: unknown): number {
  return exitCodeOf(systemCode(error) === undefined ? error : new RegError('DISK_ERROR', ''));
}

/** `message. Hint.` */
function sentence({ message, context: { hint } }: Pick<RegError, 'message' | 'context'>): string {
  if (hint === undefined) return message;
  return `${message}${/[.?!]$/.test(message) ? '' : '.'} ${hint}`;
}

function toJson(
  error: Pick<RegError, 'message' | 'context'> & { readonly code?: string },
  { clean, exitCode }: { readonly clean: (text: string) => string; readonly exitCode: number },
): object {
  const { hint, reference } = error.context;
  return {
    type: 'error',
    code: error.code ?? null,
    exitCode,
    message: clean(error.message),
    ...(hint === undefined ? {} : { hint: clean(hint) }),
    ...(reference === undefined ? {} : { reference: clean(reference) }),
  };
}

function asBug(error: unknown, bugs: ReportOptions['bugs']): Pick<RegError, 'message' | 'context'> {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`;
  const code = systemCode(error);
  if (code !== undefined && error instanceof Error) return { message: error.message, context: hintFor(code) };
  const url = bugs?.();
  const where = url === undefined ? '' : ` at ${url}`;
  const hint = `This is a bug in reg: please report it${where}, with what the same command prints with --debug.`;
  return { message: `internal error: ${message}`, context: { hint } };
}

/** `ENOSPC` and the like, where the operating system said so. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

function stackLines(error: unknown): readonly string[] {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error && lines.length < MAX_STACK_LINES; cause = cause.cause) {
    const code = cause instanceof RegError ? ` [${cause.code}]` : '';
    const [, ...frames] = (cause.stack ?? '').split('\n    at ');
    lines.push(
      `${cause.name}${code}: ${cause.message}`,
      ...frames.map((frame) => `  at ${inSources(frame)}`),
    );
  }
  return lines.slice(0, MAX_STACK_LINES);
}
