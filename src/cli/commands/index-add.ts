/** `reg index add` */

import { addToIndex } from '../../operations/edit/index-images.js';
import type { Context } from '../context.js';
import { runChange, type ChangeFlags } from './change.js';

export async function run(context: Context<ChangeFlags>): Promise<void> {
  const [index = '', ...images] = context.args;
  await runChange(context, (options) => addToIndex(index, images, options), images);
}
