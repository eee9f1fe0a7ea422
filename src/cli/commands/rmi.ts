/** `reg rmi` */

import { removeImages } from '../../operations/store/images.js';
import type { Context } from '../context.js';

export async function run({ args, output, store }: Context): Promise<void> {
  const removed = await removeImages(args, { store: await store() });
  for (const image of removed) output.result(image, { human: `Untagged: ${image.reference}` });
}
