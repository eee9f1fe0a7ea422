import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { cleanText, quoteText } from '../../src/spec/text.js';

test('plain text, in whatever script, passes as it is', () => {
  for (const text of ['manifest unknown', 'größer als 5 €', '未找到清单', 'e\u0301t\u00e9', '🙂 ok'])
    assert.equal(cleanText(text), text);
});

const dangerous: readonly [title: string, text: string, clean: string][] = [
  ['terminal escapes', '\u001b[2Jgone\u001b]0;title\u0007', '[2Jgone]0;title'],
  ['C1 controls', 'a\u009b31mb', 'a31mb'],
  ['line breaks of every kind', 'a\r\nb\u2028c\u0085d\ve', 'a b c d e'],
  ['bidi controls', 'abc\u202efdp.exe\u2066', 'abcfdp.exe'],
  ['zero-width characters', 'pay\u200bpal\ufeff', 'paypal'],
  ['invisible tags', 'a\u{e0041}b', 'ab'],
  ['lone surrogates', 'a\ud800b', 'ab'],
];

for (const [title, text, clean] of dangerous) {
  test(`${title} are taken out`, () => assert.equal(cleanText(text), clean));
}

test('long text is cut and says so', () => {
  const cut = cleanText('x'.repeat(1_000_000));
  assert.equal(cut.length, 200);
  assert.ok(cut.endsWith('…'));
  assert.equal(cleanText('🙂'.repeat(200), 10).at(-1), '…');
});

test('no input brings a control character or a line break out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      assert.doesNotMatch(cleanText(text), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/u);
      assert.ok(cleanText(text).length <= 200);
    }),
  );
});

test('quoted text holds no second pair of quotes', () => {
  assert.equal(quoteText('a "b" c'), `"a 'b' c"`);
});
