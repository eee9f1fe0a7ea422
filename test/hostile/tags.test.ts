/** Lists of tags that have no end, lead elsewhere, or hold what is not a tag. */
import assert from 'node:assert/strict';
import { neverEnds, once, redirects, refuses, says, stopsAt } from '../support/hostile/faults.js';
import type { Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

const EVIL = '\u001b[2J\u009b31m\u202e\r\nforged';

/** `reg tags` of the repository. */
function tags(name: string, rest: Partial<Case>): Case {
  return {
    name,
    wanted: 'ok',
    names: 'registry',
    command: (stage) => ['tags', ...stage.flags, `${stage.host}/app`],
    ...rest,
  };
}

/** Pages whose link is made from the number of the page. */
function pages(link: (page: number, stage: Stage) => string): NonNullable<Case['faults']> {
  return (stage) => ({
    'GET tags': ({ url }) => {
      const page = Number(url.searchParams.get('page') ?? 0);
      return {
        status: 200,
        headers: { link: link(page, stage) },
        body: { name: 'app', tags: [`tag-${page}`] },
      };
    },
  });
}

table('lists of tags', [
  tags('a list', { check: ({ stdout }) => assert.equal(stdout, '1\n') }),
  tags('a list in three pages', {
    faults: pages((page) => (page < 2 ? `</v2/app/tags/list?page=${page + 1}>; rel="next"` : '')),
    check: ({ stdout }) => assert.equal(stdout, 'tag-0\ntag-1\ntag-2\n'),
  }),
  tags('pages in a circle', {
    wanted: 7,
    faults: pages((page) => `</v2/app/tags/list?page=${(page + 1) % 3}>; rel="next"`),
    says: /circle/,
    check: (_, { registry }) => assert.ok(registry.requests.length < 10),
  }),
  tags('pages without end', {
    wanted: 7,
    faults: pages((page) => `</v2/app/tags/list?page=${page + 1}>; rel="next"`),
    says: /pages/,
    run: { withinSeconds: 90 },
    // Nothing of a page may live on: with what did, ten thousand took 230 MB on Node 24.
    check: ({ peakRssKiB }) => assert.ok(peakRssKiB < 160 * 1024, `${Math.round(peakRssKiB / 1024)} MiB`),
  }),
  ...(['basic', 'bearer'] as const).map((auth) =>
    tags(`a next page at another host, with ${auth}`, {
      auth,
      wanted: 'ok',
      faults: async (stage) => {
        const thief = await stage.elsewhere({ address: '127.0.0.2' });
        return {
          'GET tags': ({ url }) => ({
            status: 200,
            headers: url.searchParams.has('page')
              ? {}
              : { link: `<${thief.origin}/v2/app/tags/list?page=1>; rel="next"` },
            body: { tags: [url.searchParams.has('page') ? 'second' : 'first'] },
          }),
        };
      },
      // Of the link only the query counts.
      check: ({ stdout }, { foreign }) => {
        assert.equal(stdout, 'first\nsecond\n');
        assert.equal(foreign[0]?.requests.length, 0, 'it went there');
      },
    }),
  ),
  tags('a next page at the address of cloud metadata', {
    wanted: 'ok',
    faults: pages((page) => (page === 0 ? '<http://169.254.169.254/?page=1>; rel="next"' : '')),
    check: ({ stdout }) => assert.equal(stdout, 'tag-0\ntag-1\n'),
  }),
  ...(
    [
      ['nonsense', 'ok'],
      ['<', 'ok'],
      ['<>; rel="next"', 7],
      ['<?>; rel="next"', 7],
      ['<http://[::1>; rel=next', 7],
      ['<a>;'.repeat(20_000), 7],
    ] as const
  ).map(([link, wanted]) =>
    tags(`a link that says ${link.slice(0, 24)}`, {
      wanted,
      faults: { 'GET tags': says(200, { headers: { link }, body: { tags: ['1'] } }) },
      check: (_, { registry }) => assert.ok(registry.requests.length < 10),
    }),
  ),
  tags('168: tags with escapes', {
    faults: { 'GET tags': says(200, { body: { tags: [EVIL, `a${EVIL}`, 'fine'] } }) },
    check: ({ stdout }) => assert.match(stdout, /^fine$/m),
  }),
  tags('168: tags with escapes, as JSON', {
    command: ({ host }) => ['tags', '--json', `${host}/app`],
    faults: { 'GET tags': says(200, { body: { tags: [EVIL] } }) },
    check: ({ stdout }) => assert.deepEqual(JSON.parse(stdout), { tag: EVIL }),
  }),
  ...[{ tags: {} }, { tags: 'x' }, [], { tags: 7 }].map((body) =>
    tags(`a list that says ${JSON.stringify(body)}`, {
      wanted: 7,
      faults: { 'GET tags': says(200, { body }) },
    }),
  ),
  tags('a list of nothing', { faults: { 'GET tags': says(200, { body: { tags: null } }) } }),
  tags('a list with things that are no tags', {
    faults: { 'GET tags': says(200, { body: { tags: [null, 7, {}, 'fine', ['x']] } }) },
    check: ({ stdout }) => assert.equal(stdout, 'fine\n'),
  }),
  tags('a list that has no end', {
    wanted: 6,
    faults: { 'GET tags': neverEnds({ 'content-type': 'application/json' }) },
  }),
  tags('a list that breaks off once', { faults: { 'GET tags': once(stopsAt(0.5, 'reset')) } }),
  tags('a list for which there is no right', { wanted: 4, faults: { 'GET tags': refuses(403, 'DENIED') } }),
  tags('a list of a repository that is not there', {
    wanted: 3,
    faults: { 'GET tags': refuses(404, 'NAME_UNKNOWN') },
  }),
  tags('a list in circles', { wanted: 7, faults: { 'GET tags': redirects(({ log }) => log.path) } }),
]);
