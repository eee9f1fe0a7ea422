import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';

import { copy } from '../../../src/content/copy.js';
import type { Layout } from '../../../src/layout/layout.js';
import { parseImage } from '../../../src/operations/image-name.js';
import { withOrigins } from '../../../src/operations/transfer/origins.js';
import type { Descriptor } from '../../../src/spec/descriptor.js';
import { emptyStore, giveNames, image, type TestImage } from '../../layout/stores.js';
import { blobFile } from '../stage.js';

async function keep(store: Layout, name: string, { source, root }: TestImage): Promise<void> {
  await copy(source, store, root, { tag: name });
}

async function originOf(store: Layout, target: string, part: Descriptor | undefined): Promise<unknown> {
  assert.ok(part);
  return (await withOrigins(store, parseImage(target))).get(part).origin;
}

test('a blob has its origin in another repository of the same registry, a manifest has none', async (t) => {
  const store = await emptyStore(t);
  const base = image('base');
  await keep(store, 'ghcr.io/team/base:1', base);
  const origin = { host: 'ghcr.io', repository: 'team/base' };
  for (const part of [base.config, ...base.layers])
    assert.deepEqual(await originOf(store, 'ghcr.io/team/app', part), origin);
  assert.equal(await originOf(store, 'ghcr.io/team/app', base.root), undefined);
  assert.equal(await originOf(store, 'ghcr.io/team/base:2', base.config), undefined, 'the repository itself');
  assert.equal(await originOf(store, 'docker.io/team/app', base.config), undefined, 'another registry');
  assert.equal(await originOf(store, 'ghcr.io:5000/team/app', base.config), undefined, 'another port');
});

test('an image that is damaged has no origins to give, and takes none from others', async (t) => {
  const store = await emptyStore(t);
  const [damaged, sound] = [image('damaged'), image('sound')];
  await keep(store, 'ghcr.io/team/damaged:1', damaged);
  await keep(store, 'ghcr.io/team/sound:1', sound);
  await rm(blobFile(store, damaged.root.digest));
  assert.equal(await originOf(store, 'ghcr.io/team/app', damaged.config), undefined);
  assert.deepEqual(await originOf(store, 'ghcr.io/team/app', sound.config), {
    host: 'ghcr.io',
    repository: 'team/sound',
  });
});

test('a store of thousands of images costs a push no more reads than five hundred', async (t) => {
  const store = await emptyStore(t);
  const base = image('base');
  await keep(store, 'ghcr.io/team/base:0', base);
  await giveNames(store, 5000, 'ghcr.io/team/base');
  const { mock } = t.mock.method(store, 'get');
  const source = await withOrigins(store, parseImage('ghcr.io/team/app'));
  assert.equal(mock.callCount(), 500);
  assert.deepEqual(source.get(base.config).origin, { host: 'ghcr.io', repository: 'team/base' });
});
