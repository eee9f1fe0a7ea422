/** `reg tag` */

import { tagImage } from '../../operations/images.js';
import type { Context } from '../context.js';

/** Says nothing when all is well, as docker. */
export async function run({ args, store }: Context): Promise<void> {
  const [source = '', target = ''] = args;
  await tagImage(source, { store: await store(), target });
}
