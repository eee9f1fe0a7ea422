import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { HttpRequest } from '../../../src/registry/http/http.js';
import { searchHub } from '../../../src/registry/listing/search.js';
import type { Answer } from '../../../src/registry/transport.js';
import { cannedAnswer } from '../../support/canned-answer.js';
import { instantClock } from '../../support/instant-clock.js';
import { failsWith } from '../../support/scripted-setup.js';

/** Searches where each request gets the next of these answers. */
async function search(term: string, ...answers: readonly Answer[]) {
  const asked: HttpRequest[] = [];
  const send = async (request: HttpRequest): Promise<Answer> => {
    asked.push(request);
    return answers[asked.length - 1] ?? assert.fail('asked for too much');
  };
  const hits = await searchHub(term, {
    limit: 25,
    send,
    clean: (text) => text,
    retry: { clock: instantClock() },
  });
  return { hits, asked };
}

test('a search that fails is tried again, and shows nobody a login', async () => {
  const hit = { name: 'a', description: 'b', star_count: 1, is_official: true };
  const { hits, asked } = await search(
    'a&n=1 b',
    cannedAnswer(503),
    cannedAnswer(200, {}, { results: [hit] }),
  );
  assert.deepEqual(hits, [{ name: 'a', description: 'b', stars: 1, isOfficial: true }]);
  assert.equal(asked.length, 2);
  for (const { url, headers } of asked) {
    assert.equal(url.href, 'https://index.docker.io/v1/search?q=a%26n%3D1+b&n=25');
    assert.deepEqual(headers, { accept: 'application/json' });
  }
});

test('what is no answer to a search is refused', async () => {
  await assert.rejects(search('a', cannedAnswer(200, {}, { results: 'none' })), failsWith('PROTOCOL_ERROR'));
  await assert.rejects(
    search('a', cannedAnswer(404)),
    failsWith('NOT_FOUND', /registry\.example answered 404/),
  );
  await assert.rejects(
    search('a', cannedAnswer(301, { location: 'http://b/' })),
    failsWith('PROTOCOL_ERROR'),
  );
});
