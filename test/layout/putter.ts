/**
 * A process that puts one image after the other into a store, for tests that kill it or run several:
 * `putter.ts STORE SHARED NAME…`. All images share the layer of the text SHARED. Says "ready" before it begins.
 */
import { argv, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

import { copy } from '../../src/content/copy.js';
import type { Source } from '../../src/content/types.js';
import { openLayout } from '../../src/layout/layout.js';
import { slowly, sharedImage, thisProcess } from './stores.js';

const [, , folder = '', shared = '', ...names] = argv;

const store = await openLayout(folder, thisProcess);
stdout.write('ready\n');
for (const name of names) {
  const { source, root } = sharedImage(name, shared);
  const slow: Source = {
    ...source,
    get: (descriptor) => slowly(source.get(descriptor), { pause: () => delay(1) }),
  };
  await copy(slow, store, root, { tag: name });
}
await store.close();
stdout.write('done\n');
