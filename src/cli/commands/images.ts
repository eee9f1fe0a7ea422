/** `reg images` */

import { listImages } from '../../operations/images.js';
import { formatBytes } from '../bytes.js';
import type { Context } from '../context.js';

const HEAD = ['REPOSITORY', 'TAG', 'DIGEST', 'PLATFORM', 'SIZE'];

export async function run({ flags, output, store }: Context): Promise<void> {
  const images = await listImages({ store: await store() });
  if (flags.json) return images.forEach(output.json);
  if (flags.quiet) return images.forEach((image) => output.line(image.reference));
  const rows = images.map(({ repository, tag = '<none>', digest, platform = 'multi', size }) => [
    repository,
    tag,
    digest.replace(/^sha(256|512):/, '').slice(0, 12),
    platform,
    formatBytes(size),
  ]);
  output.table(HEAD, rows);
}
