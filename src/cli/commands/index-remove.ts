/** `reg index remove` */

import { RegError } from '../../errors.js';
import { removeFromIndex } from '../../operations/edit/index-images.js';
import { parseDigest } from '../../spec/digest.js';
import type { Context } from '../context.js';
import { runChange, type ChangeFlags } from './change.js';

export async function run(context: Context<ChangeFlags>): Promise<void> {
  const { args, flags } = context;
  const [index = '', ...texts] = args;
  const digests = texts.map(parseDigest);
  if (digests.length === 0 && flags.platform === undefined)
    throw new RegError('INVALID_ARGUMENT', 'nothing is to be removed', {
      hint: 'Give digests, or --platform.',
    });
  await runChange(context, (options) => removeFromIndex(index, { ...options, digests }));
}
