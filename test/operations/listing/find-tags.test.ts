import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findTags, type FindTagsOptions } from '../../../src/operations/listing/find-tags.js';
import { createClient } from '../../../src/registry/client.js';
import { reply } from '../../support/http-server.js';
import { instantClock } from '../../support/instant-clock.js';
import { startScriptedRegistry } from '../../support/scripted-registry.js';
import { failsWith } from '../../support/scripted-setup.js';
import type { Scope } from '../../support/temp.js';

/** `find` for a repository whose tags come in pages of `size`; `asked` counts the pages. */
async function setUp(t: Scope, tags: readonly string[], size = 2) {
  const server = await startScriptedRegistry(t);
  server.quirk(/tags/, (exchange) => {
    const from = Number(exchange.url.searchParams.get('from') ?? 0);
    const next = from + size;
    reply(exchange, 200, {
      headers: next < tags.length ? { link: `<?from=${next}>; rel="next"` } : {},
      body: { tags: tags.slice(from, next) },
    });
  });
  const client = createClient({ clock: instantClock(), plainHttp: true });
  t.after(() => client.close());
  const find = async (options: Omit<FindTagsOptions, 'client'>): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { tag } of findTags(`${server.host}/app`, { ...options, client })) found.push(tag);
    return found;
  };
  return { find, server, asked: () => server.seen().length };
}

const TAGS = ['b', '1.2', 'a', 'v1.10', '1.2.0-rc1', 'c', '2', 'latest'];

test('without an order, pages are asked for until there are enough', async (t) => {
  const { find, asked } = await setUp(t, TAGS);
  assert.deepEqual(await find({ limit: 3 }), ['b', '1.2', 'a']);
  assert.equal(asked(), 2);
  assert.deepEqual(await find({ limit: 1, pattern: (tag) => tag === 'v1.10' }), ['v1.10']);
  assert.equal(asked(), 4);
  assert.deepEqual(await find({}), TAGS);
});

test('by name or version all are looked at, and the first ones kept', async (t) => {
  const { find } = await setUp(t, TAGS);
  assert.deepEqual(await find({ sort: 'name' }), TAGS.toSorted());
  assert.deepEqual(await find({ sort: 'name', limit: 2 }), ['1.2', '1.2.0-rc1']);
  const versions = ['2', 'v1.10', '1.2', '1.2.0-rc1'];
  assert.deepEqual(await find({ sort: 'semver' }), [...versions, 'a', 'b', 'c', 'latest']);
  assert.deepEqual(await find({ sort: 'semver', limit: 3 }), versions.slice(0, 3));
});

test('of a hundred thousand tags the highest are found', async (t) => {
  const many = Array.from({ length: 100_000 }, (_, at) => `1.${(at * 7919) % 100_000}.0`);
  const { find } = await setUp(t, many, 10_000);
  assert.deepEqual(await find({ sort: 'semver', limit: 2 }), ['1.99999.0', '1.99998.0']);
});

test('by date, what keeps all tags from being read ends it at once', async (t) => {
  const { find, server } = await setUp(t, TAGS);
  server.quirk(/manifests/, (exchange) => reply(exchange, 403));
  const told: string[] = [];
  const onUnreadable = (tag: string): void => void told.push(tag);
  await assert.rejects(find({ sort: 'created', onUnreadable }), failsWith('DENIED'));
  assert.deepEqual(told, []);
});
