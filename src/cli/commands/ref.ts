/** `reg ref`: the parts of references. */

import { RegError } from '../../errors.js';
import { familiarName, formatReference, parseReference, pullReference } from '../../spec/reference.js';
import type { Context } from '../context.js';
import { readLines } from '../input/lines.js';
import { layRows, span, textOf } from '../output/layout.js';

/** What `--json` prints; its keys are a promise. */
type Result =
  | {
      readonly input: string;
      readonly ok: true;
      readonly domain: string;
      readonly path: string;
      readonly tag: string | null;
      readonly digest: string | null;
      readonly familiar: string;
      readonly pull: string;
    }
  | { readonly input: string; readonly ok: false; readonly error: string };

export async function run(context: Context): Promise<void> {
  const { args, flags, output } = context;
  // The error of one reference says more than a count of them.
  const isAlone = args.length === 1 && args[0] !== '-' && !flags.json;
  let total = 0;
  let refused = 0;
  for await (const input of inputs(context)) {
    const result = isAlone ? takeApart(input) : examine(input);
    output.result(result, { human: () => describe(result) });
    total += 1;
    if (!result.ok) refused += 1;
  }
  if (refused === 0) return;
  const verb = refused === 1 ? 'is' : 'are';
  throw new RegError('INVALID_REFERENCE', `${refused} of ${total} references ${verb} not valid`);
}

async function* inputs({ args, io, signal }: Context): AsyncGenerator<string> {
  for (const arg of args) {
    if (arg === '-') yield* readLines(io.stdin, signal);
    else yield arg;
  }
}

/** Throws INVALID_REFERENCE. */
function takeApart(input: string): Result {
  const reference = parseReference(input);
  const { domain, path, tag = null, digest = null } = reference;
  const pull = formatReference(pullReference(reference));
  return { input, ok: true, domain, path, tag, digest, familiar: familiarName(reference), pull };
}

function examine(input: string): Result {
  try {
    return takeApart(input);
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    const { hint } = error.context;
    return { input, ok: false, error: hint === undefined ? error.message : `${error.message}. ${hint}` };
  }
}

function describe({ input, ok: _ok, ...parts }: Result): readonly string[] {
  const rows = Object.entries(parts).map(([name, value]) => [span(name), span(value ?? '-')]);
  return [input, ...layRows(rows, { gap: '  ' }).map((line) => `  ${textOf(line)}`)];
}
