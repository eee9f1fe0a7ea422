/** `reg completion` */

import { familiarName, parseReference } from '../../spec/reference.js';
import { candidatesFor } from '../completion/candidates.js';
import { SCRIPTS, SHELLS } from '../completion/scripts.js';
import type { Context } from '../context.js';
import type { CommandEntry } from '../define/entry.js';

/** Of a shell its script; of "words", what the scripts ask by, what could come next. */
export async function run(context: Context, entries: readonly CommandEntry[]): Promise<void> {
  const [shell = '', ...words] = context.args;
  const known = SHELLS.find((one) => one === shell);
  if (known === undefined) await printCandidates(words, { ...context, entries });
  else context.output.raw(Buffer.from(SCRIPTS[known]));
}

async function printCandidates(
  words: readonly string[],
  { output, store, entries }: Context & { readonly entries: readonly CommandEntry[] },
): Promise<void> {
  const images = async (): Promise<readonly string[]> =>
    (await (await store()).images()).map(({ name }) => familiarName(parseReference(name)));
  // PowerShell loses what is empty.
  const given = words.map((word) => (word === '""' ? '' : word));
  for (const { value, text } of await candidatesFor(given, { entries, images }))
    output.line(`${value} ${text}`);
}
