import assert from 'node:assert/strict';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import { Memory } from '../../src/content/memory.js';
import { verifyLayout } from '../../src/layout/verify.js';
import { needs } from '../support/programs.js';
import { skopeo } from '../support/skopeo.js';
import { temporaryFolder } from '../support/temp.js';
import { emptyStore, image } from './stores.js';

const NAME = 'docker.io/library/nginx:latest';

test('skopeo reads an image of the store by its full name', needs('skopeo'), async (t) => {
  const store = await emptyStore(t);
  const nginx = image('nginx');
  await copy(nginx.source, store, nginx.root, { tag: NAME });
  await copy(image('other').source, store, image('other').root, { tag: 'docker.io/library/other:1' });
  const shown = await skopeo(t, ['inspect', '--format', '{{.Digest}}', `oci:${store.folder}:${NAME}`]);
  assert.equal(shown.stdout.trim(), nginx.root.digest, shown.stderr);
  const target = `dir:${await temporaryFolder(t)}`;
  const copied = await skopeo(t, ['copy', '--preserve-digests', `oci:${store.folder}:${NAME}`, target]);
  assert.equal(copied.code, 0, copied.stderr);
});

test(
  'what skopeo puts into the store is read, and stays when reg puts in more',
  needs('skopeo'),
  async (t) => {
    const store = await emptyStore(t);
    const nginx = image('nginx');
    await copy(nginx.source, store, nginx.root, { tag: NAME });
    const added = 'example.com/by/skopeo:1';
    const ends = [`oci:${store.folder}:${NAME}`, `oci:${store.folder}:${added}`] as const;
    const copied = await skopeo(t, ['copy', '--preserve-digests', ...ends]);
    assert.equal(copied.code, 0, copied.stderr);
    await copy(image('more').source, store, image('more').root, { tag: 'docker.io/library/more:1' });
    assert.deepEqual(
      (await store.images()).map(({ name }) => name),
      [NAME, added, 'docker.io/library/more:1'],
    );
    await copy(store, new Memory(), await store.resolve(added));
    assert.deepEqual((await verifyLayout(store)).problems, []);
  },
);
