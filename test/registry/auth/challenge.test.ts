import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { parseChallenges } from '../../../src/registry/auth/challenge.js';

function parse(header: string): readonly (readonly [string, Readonly<Record<string, string>>])[] {
  return parseChallenges(header).map(({ scheme, params }) => [scheme, Object.fromEntries(params)]);
}

for (const [header, expected] of [
  ['Basic realm="x"', [['basic', { realm: 'x' }]]],
  ['Basic', [['basic', {}]]],
  ['BASIC REALM=x', [['basic', { realm: 'x' }]]],
  [
    'Bearer realm="https://a/b?c=d,e",service="s s",scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://a/b?c=d,e', service: 's s', scope: 'repository:a/b:pull,push' }]],
  ],
  ['Bearer realm = "a" , service = "b"', [['bearer', { realm: 'a', service: 'b' }]]],
  ['Bearer realm="say \\"hi\\" \\\\"', [['bearer', { realm: 'say "hi" \\' }]]],
  [
    'Bearer realm=https://auth.example/token, service=x',
    [['bearer', { realm: 'https://auth.example/token', service: 'x' }]],
  ],
  [
    'Negotiate, Basic realm="a", Bearer realm="b"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b' }],
    ],
  ],
  [
    'Negotiate abc+/==, Basic realm="a, Bearer realm=b"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a, Bearer realm=b' }],
    ],
  ],
  ['Bearer realm="a",realm="b"', [['bearer', { realm: 'a' }]]],
  ['Bearer realm=""', [['bearer', { realm: '' }]]],
  ['Bearer realm="never closed', [['bearer', { realm: 'never closed' }]]],
  [', ,Basic realm="x", ,', [['basic', { realm: 'x' }]]],
  ['"', []],
  ['=,=;;', []],
  ['', []],
] as const) {
  test(`challenges are read from: ${header}`, () => {
    assert.deepEqual(parse(header), expected);
  });
}

test('whatever is written by the grammar is read back', () => {
  const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,10}$/);
  const params = fc.dictionary(
    token.map((name) => name.toLowerCase()),
    fc.string({ unit: 'binary-ascii' }),
    { maxKeys: 4 },
  );
  const challenges = fc.array(fc.tuple(token, params), { maxLength: 4 });
  fc.assert(
    fc.property(challenges, fc.constantFrom(', ', ',', ' ,\t'), (wanted, comma) => {
      const header = wanted
        .map(([scheme, values]) =>
          [
            scheme,
            Object.entries(values)
              .map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`)
              .join(comma),
          ].join(' '),
        )
        .join(comma);
      assert.deepEqual(
        parse(header),
        wanted.map(([scheme, values]) => [scheme.toLowerCase(), { ...values }]),
      );
    }),
  );
});

test('no header is too strange to be read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (header) => void parseChallenges(header)),
  );
});

test('a header of a megabyte takes no longer than its first part', () => {
  for (const piece of ['a ', 'a=', 'a="', '"', '\\', 'a="\\', ',', ' ', 'a b=c,', '=']) {
    assert.ok(parseChallenges(piece.repeat(1_000_000)).length <= 32 * 1024, piece);
  }
});
