/** Where the local store is, and what it holds. */

import type { Layout } from '../../../layout/layout.js';
import { quoteText } from '../../../spec/text.js';
import { good, type Check } from '../check.js';
import type { MachineSubject } from '../machine-subject.js';

export const store: Check<MachineSubject> = {
  check: 'store',
  title: 'Store',
  async look({ store: open, formatBytes }) {
    const layout = await open();
    const { length: images } = await layout.images();
    const bytes = await sizeOf(layout);
    const what = `${images} ${images === 1 ? 'image' : 'images'}, ${formatBytes(bytes)}`;
    return good(`${quoteText(layout.folder)}: ${what}`, { directory: layout.folder, images, bytes });
  },
};

async function sizeOf({ parts: { blobs } }: Layout): Promise<number> {
  const sizes = await Promise.all(
    (await blobs.list()).map(async (digest) => (await blobs.look(digest))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
