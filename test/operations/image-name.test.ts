import assert from 'node:assert/strict';
import { test } from 'node:test';

import { copy } from '../../src/content/copy.js';
import {
  findImage,
  getImage,
  INDEX_DIGEST,
  isInRepository,
  parseImage,
  registryDigest,
  registryName,
  storeName,
} from '../../src/operations/image-name.js';
import { digestOf } from '../../src/spec/digest.js';
import { emptyStore, image } from '../layout/stores.js';

const DIGEST = digestOf(Buffer.from('some index'));

test('an image has the tag latest where neither tag nor digest is given', () => {
  assert.equal(storeName(parseImage('nginx')), 'docker.io/library/nginx:latest');
  assert.equal(storeName(parseImage('nginx:1')), 'docker.io/library/nginx:1');
  assert.equal(storeName(parseImage(`nginx@${DIGEST}`)), `docker.io/library/nginx@${DIGEST}`);
  assert.equal(storeName(parseImage(`nginx:1@${DIGEST}`)), 'docker.io/library/nginx:1');
});

test('a registry is asked for the digest if there is one', () => {
  assert.deepEqual(
    ['nginx', 'nginx:1', `nginx@${DIGEST}`, `nginx:1@${DIGEST}`].map((text) =>
      registryName(parseImage(text)),
    ),
    ['latest', '1', DIGEST, DIGEST],
  );
});

test('an image is found by its name, by its digest, and by that of the index it came from', async (t) => {
  const store = await emptyStore(t);
  const { source, root } = image('app');
  const chosen = { ...root, annotations: { [INDEX_DIGEST]: DIGEST } };
  await copy(source, store, chosen, { tag: 'docker.io/library/app:1' });
  assert.equal(registryDigest(chosen), DIGEST);
  assert.equal(registryDigest(root), root.digest);
  const texts = ['app:1', `app:1@${root.digest}`, `app@${root.digest}`, `app@${DIGEST}`, `app:2@${DIGEST}`];
  for (const text of texts) {
    const found = await findImage(store, parseImage(text));
    assert.deepEqual([found?.name, found?.descriptor.digest], ['docker.io/library/app:1', root.digest], text);
  }
  const other = digestOf(Buffer.from('another'));
  for (const text of [
    'app',
    'app:2',
    `app:1@${other}`,
    `app2@${root.digest}`,
    `ghcr.io/library/app@${DIGEST}`,
  ])
    assert.equal(await findImage(store, parseImage(text)), undefined, text);
  await assert.rejects(getImage(store, parseImage('app:2')), { code: 'NOT_FOUND' });
});

test('a name belongs to its own repository only', () => {
  const app = parseImage('app');
  for (const name of ['docker.io/library/app:1', `docker.io/library/app@${DIGEST}`])
    assert.ok(isInRepository(name, app), name);
  for (const name of [
    'docker.io/library/app2:1',
    'docker.io/library/app/b:1',
    'docker.io/app:1',
    'x/docker.io/library/app:1',
  ])
    assert.ok(!isInRepository(name, app), name);
});
