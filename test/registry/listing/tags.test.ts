import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { ErrorCode } from '../../../src/errors.js';
import { Registry } from '../../../src/registry/registry.js';
import type { Answer } from '../../../src/registry/transport.js';
import { digestOf } from '../../../src/spec/digest.js';
import { cannedAnswer } from '../../support/canned-answer.js';
import { reply } from '../../support/http-server.js';
import { instantClock } from '../../support/instant-clock.js';
import { refuse, type Quirk } from '../../support/scripted-registry.js';
import { failsWith, scriptedSetup } from '../../support/scripted-setup.js';

const LIST = '/v2/app/tags/list';

async function tagsOf(registry: Registry): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of registry.tags()) tags.push(tag);
  return tags;
}

/** One page after the other; a link leads from each page but the last. */
function pages(...all: readonly (readonly [tags: unknown, link?: string])[]): Quirk {
  let page = 0;
  return (exchange) => {
    const [tags, link] = all[page++] ?? assert.fail('asked for too much');
    reply(exchange, 200, {
      headers: link === undefined ? {} : { link: `<${link}>; rel="next"` },
      body: { tags },
    });
  };
}

test('all tags come with one request where there is one page', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  server.quirk(/tags/, pages([['v1', 'v2']]));
  assert.deepEqual(await tagsOf(registry), ['v1', 'v2']);
  assert.deepEqual(server.seen(), [`GET ${LIST}?n=1000`]);
});

suite('the next page is asked for at the same place, with the query of the link', () => {
  const links: readonly (readonly [name: string, link: string, query: string])[] = [
    ['relative', `${LIST}?n=2&last=b`, '?n=2&last=b'],
    ['absolute', `https://registry.example${LIST}?n=2&last=b%2Bc`, '?n=2&last=b%2Bc'],
    ['a query only', '?last=b&n=2', '?last=b&n=2'],
    ['to another host', 'http://169.254.169.254/latest/meta-data?last=b', '?last=b'],
    ['with a wrong prefix', '/repository/docker/v2/app/tags/list?last=b', '?last=b'],
    ['with a token of its own', `${LIST}?next_page=gAAA%3D%3D#x`, '?next_page=gAAA%3D%3D'],
    ['without a query', LIST, '?n=1000&last=b'],
    ['no URL', 'http://[', '?n=1000&last=b'],
  ];
  for (const [name, link, query] of links) {
    test(name, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      server.quirk(/tags/, pages([['a', 'b'], link], [['c']]));
      assert.deepEqual(await tagsOf(registry), ['a', 'b', 'c']);
      assert.deepEqual(server.seen(), [`GET ${LIST}?n=1000`, `GET ${LIST}${query}`]);
    });
  }
});

test('nulls and digests among the tags are left out, and no tags are no error', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  const junk = [null, 'v1', digestOf(Buffer.alloc(0)), 7, '', 'v2'];
  server.quirk(/tags/, pages([junk, '?last=x'], [null, '?last=y'], [undefined]));
  assert.deepEqual(await tagsOf(registry), ['v1', 'v2']);
});

test('no more are asked for at a time than will be read', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  server.quirk(/tags/, pages([['a', 'b'], '?n=2&last=b'], [['c']]));
  const tags: string[] = [];
  for await (const tag of registry.tags({ atMost: 2 })) {
    tags.push(tag);
    if (tags.length === 2) break;
  }
  assert.deepEqual([tags, server.seen()], [['a', 'b'], [`GET ${LIST}?n=2`]]);
});

test('a registry that finds a page too long is asked for one of its own length', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  server.quirk(/n=1000/, (exchange) => refuse(exchange, 400, 'PAGINATION_NUMBER_INVALID'));
  server.quirk(/tags/, pages([['a'], '?n=100&last=a'], [['b']]));
  assert.deepEqual(await tagsOf(registry), ['a', 'b']);
  assert.deepEqual(server.seen(), [`GET ${LIST}?n=1000`, `GET ${LIST}`, `GET ${LIST}?n=100&last=a`]);
});

suite('a list is refused', () => {
  const cases: readonly (readonly [name: string, code: ErrorCode, message: RegExp, quirk: Quirk])[] = [
    [
      'that goes round in a circle',
      'PROTOCOL_ERROR',
      /circle/,
      (e) => reply(e, 200, { headers: { link: `<${LIST}?last=a>; rel="next"` }, body: { tags: ['a'] } }),
    ],
    [
      'that is a web page',
      'PROTOCOL_ERROR',
      /not a registry answer/,
      (e) => reply(e, 200, { headers: { 'content-type': 'text/html' }, body: '<html>' }),
    ],
    [
      'that is no JSON',
      'PROTOCOL_ERROR',
      /tag list of .* is not JSON/,
      (e) => reply(e, 200, { body: 'tags: a' }),
    ],
    [
      'whose tags are no list',
      'PROTOCOL_ERROR',
      /no list "tags"/,
      (e) => reply(e, 200, { body: { tags: 'v1' } }),
    ],
    [
      'with a page over 8 MiB',
      'TOO_LARGE',
      /8388608/,
      (e) => reply(e, 200, { body: Buffer.alloc(8 * 1024 * 1024 + 1, ' ') }),
    ],
    [
      'of a repository that is not there',
      'NOT_FOUND',
      /repository .*\/app not found \(404\)/,
      (e) => refuse(e, 404, 'NAME_UNKNOWN'),
    ],
  ];
  for (const [name, code, message, quirk] of cases) {
    test(name, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      server.quirk(/tags/, quirk);
      await assert.rejects(tagsOf(registry), failsWith(code, message));
      assert(server.requests.length <= 2);
    });
  }
});

test('a list without an end is given up', async () => {
  let page = 0;
  const send = async (): Promise<Answer> =>
    cannedAnswer(200, { link: `<?last=${page++}>; rel="next"` }, { tags: [] });
  const registry = new Registry({
    host: 'a.example',
    repository: 'app',
    transport: { send },
    clock: instantClock(),
  });
  await assert.rejects(tagsOf(registry), failsWith('PROTOCOL_ERROR', /more than 10000 pages/));
  assert.equal(page, 10_000);
});

test('a reader who has enough is asked for no more pages', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  server.quirk(/tags/, pages([['a', 'b'], '?last=b']));
  for await (const tag of registry.tags()) if (tag === 'a') break;
  assert.equal(server.requests.length, 1);
});
