import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { parseNextLink } from '../../../src/registry/http/link.js';

test('the next link is found however it is written', () => {
  const written = [
    '</v2/a/tags/list?last=x&n=2>; rel="next"',
    '</v2/a/tags/list?last=x&n=2>;rel=next',
    '</v2/a/tags/list?last=x&n=2>; title="a, b"; REL="prev Next"',
    '<https://other.example/?a=1>; rel="first", </v2/a/tags/list?last=x&n=2>; rel="next"',
    ' , </v2/a/tags/list?last=x&n=2> ; rel = "next" , <x>; rel=last',
  ];
  for (const header of written) assert.equal(parseNextLink(header), '/v2/a/tags/list?last=x&n=2', header);
});

test('where no link is the next one there is none', () => {
  for (const header of [
    '',
    '<a>',
    '<a>; rel="prev"',
    'a; rel="next"',
    '<a; rel="next"',
    '<a>; rel="nextone"',
  ]) {
    assert.equal(parseNextLink(header), undefined, header);
  }
});

test('any URL among any other links is read back', () => {
  const url = fc.webUrl({ withQueryParameters: true }).filter((text) => !/[<>"]/.test(text));
  const other = fc.record({ url, title: fc.stringMatching(/^[a-z ,;<>=]*$/) });
  fc.assert(
    fc.property(fc.array(other, { maxLength: 4 }), url, (others, next) => {
      const links = others.map(({ url, title }) => `<${url}>; title="${title}"; rel="prev"`);
      assert.equal(parseNextLink([...links, `<${next}>; rel="next"`].join(', ')), next);
    }),
  );
});

test('any text at all is read, at once', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '"', '\\', ',', ';', 'rel=next', ' ') }),
      (header) => {
        parseNextLink(header);
      },
    ),
  );
  for (const piece of ['<', '"', '<a>"', '<a>;rel="', '<>;', '\\"']) parseNextLink(piece.repeat(1_000_000));
});
