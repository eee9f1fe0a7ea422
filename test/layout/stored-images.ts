/** Images put into a store, and what is then there. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { copy } from '../../src/content/copy.js';
import type { Layout } from '../../src/layout/layout.js';
import type { Digest } from '../../src/spec/digest.js';
import type { TestImage } from './stores.js';

export const NAME = 'docker.io/library/app:1.0';

export async function putImage(store: Layout, { source, root }: TestImage, tag = NAME): Promise<void> {
  await copy(source, store, root, { tag });
}

export const fileOf = (store: Layout, digest: Digest): string =>
  join(store.folder, 'blobs', 'sha256', digest.slice(7));

export function parts({ root, config, layers }: TestImage): Digest[] {
  return [root, config, ...layers].map((descriptor) => descriptor.digest);
}

export async function digests(store: Layout): Promise<string[]> {
  return (await readdir(join(store.folder, 'blobs', 'sha256'))).map((hex) => `sha256:${hex}`).sort();
}
