/** `reg rmi` */

import { removeImages } from '../../operations/images.js';
import type { Context } from '../context.js';

export async function run({ args, flags, output, store }: Context): Promise<void> {
  const removed = await removeImages(args, { store: await store() });
  for (const image of removed) {
    if (flags.json) output.json(image);
    else if (!flags.quiet) output.line(`Untagged: ${image.reference}`);
  }
}
