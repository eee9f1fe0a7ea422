/** `reg diff` */

import { RegError } from '../../errors.js';
import { compareImages } from '../../operations/look/diff.js';
import type { Context } from '../context.js';
import { describeDiff } from '../diff-view.js';
import type { PlatformFlags } from '../flags.js';
import { lookOptions } from '../look-options.js';
import { createPage } from '../page.js';

interface DiffFlags extends PlatformFlags {
  readonly exitCode?: true;
}

export async function run(context: Context<DiffFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [from = '', to = ''] = args;
  const diff = await compareImages({ from, to }, await lookOptions(args, context));
  output.result(diff, { human: () => createPage(context).print(describeDiff(diff)) });
  if (flags.exitCode && !diff.isEqual)
    throw new RegError('DIFFERENT', `${diff.from.familiar} and ${diff.to.familiar} differ`);
}
