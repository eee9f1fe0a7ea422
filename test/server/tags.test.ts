import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertRefused, smallImage, startRegistry, type TestRegistry } from './registry.js';

/** All pages that lead from one to the next, at most 10. */
async function pages({ ask }: TestRegistry, path: string, key: string): Promise<readonly unknown[]> {
  const found = [];
  for (let next: string | undefined = path; next !== undefined && found.length < 10;) {
    const { status, headers, body } = await ask(next);
    assert.equal(status, 200);
    found.push(JSON.parse(body.toString())[key]);
    next = /^<([^>]+)>; rel="next"$/.exec(String(headers['link'] ?? ''))?.[1];
  }
  return found;
}

async function withTags(registry: TestRegistry, tags: readonly string[]): Promise<TestRegistry> {
  const made = await smallImage('tagged');
  for (const tag of tags) await registry.push('app', tag, made);
  return registry;
}

test('tags are listed in the order of ASCII, with the name as it was asked for', async (t) => {
  const registry = await withTags(await startRegistry(t), ['v2', 'V1', 'v10', '_', 'latest']);
  await registry.push('other', 'unseen', await smallImage('other'));
  const { status, headers, body } = await registry.ask('library/app/tags/list');
  assert.deepEqual([status, headers['content-type'], headers['link']], [200, 'application/json', undefined]);
  const expected = { name: 'library/app', tags: ['V1', '_', 'latest', 'v10', 'v2'] };
  assert.deepEqual(JSON.parse(body.toString()), expected);
});

test('tags come in pages that lead from one to the next', async (t) => {
  const registry = await withTags(await startRegistry(t), ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(await pages(registry, 'app/tags/list?n=2', 'tags'), [['a', 'b'], ['c', 'd'], ['e']]);
  assert.deepEqual(await pages(registry, 'app/tags/list?n=5', 'tags'), [['a', 'b', 'c', 'd', 'e']]);
  assert.deepEqual(await pages(registry, 'app/tags/list?n=0', 'tags'), [[]]);
  assert.deepEqual(await pages(registry, 'app/tags/list?last=c', 'tags'), [['d', 'e']]);
  assert.deepEqual(await pages(registry, 'app/tags/list?n=1&last=bb', 'tags'), [['c'], ['d'], ['e']]);
  assert.deepEqual(await pages(registry, 'app/tags/list?n=9&last=e', 'tags'), [[]]);
});

test('a page size that is no number is refused', async (t) => {
  const registry = await withTags(await startRegistry(t), ['a']);
  for (const n of ['-1', 'x', '1.5', '']) {
    assertRefused(await registry.ask(`app/tags/list?n=${n}`), 400, 'UNSUPPORTED');
  }
});

test('a repository without an image is unknown', async (t) => {
  const registry = await withTags(await startRegistry(t), ['a']);
  assertRefused(await registry.ask('other/tags/list'), 404, 'NAME_UNKNOWN');
  assertRefused(await registry.ask('ap/tags/list'), 404, 'NAME_UNKNOWN');
  await registry.ask('app/manifests/a', { method: 'DELETE' });
  assertRefused(await registry.ask('app/tags/list'), 404, 'NAME_UNKNOWN');
});

test('the catalog lists short names, in pages', async (t) => {
  const registry = await startRegistry(t);
  assert.deepEqual(await pages(registry, '_catalog', 'repositories'), [[]]);
  const made = await smallImage('listed');
  for (const name of ['nginx', 'library/nginx', 'myorg/app', 'ghcr.io/owner/app']) {
    await registry.push(name, 'v1', made);
  }
  const descriptor = await registry.layout.resolve('docker.io/library/nginx:v1');
  await registry.layout.put(registry.layout.get(descriptor), { tag: 'localhost:5000/not/expressible:v1' });
  const expected = [['ghcr.io/owner/app', 'myorg/app'], ['nginx']];
  assert.deepEqual(await pages(registry, '_catalog?n=2', 'repositories'), expected);
});
