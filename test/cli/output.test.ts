import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createOutput, safeJson } from '../../src/cli/output.js';

function capture(): { readonly output: ReturnType<typeof createOutput>; readonly text: () => string } {
  let text = '';
  const output = createOutput({ write: (chunk) => (text += String(chunk)) });
  return { output, text: () => text };
}

test('A line keeps its indentation and nothing that a terminal obeys', () => {
  const { output, text } = capture();
  output.line('  \u001b[2Jtag\u0007 \u202ereversed\nforged line\u009b31m');
  assert.equal(text(), '  [2Jtag reversed forged line31m\n');
});

test('JSON is one line, in which what is invisible is escaped and survives', () => {
  const value = { text: 'a\u001b[1m\u009b1m\u007f\u202e\u2028\ufeff\u{e0041}ä\n' };
  const json = safeJson(value);
  assert.match(json, /^[\u0020-\u007eä]*$/);
  assert.deepEqual(JSON.parse(json), value);
});

test('A table goes out line by line', () => {
  const { output, text } = capture();
  output.table(['NAME', 'SIZE'], [['a\u001b[31m', '1']]);
  assert.equal(text().split('\n').length, 3);
  assert.ok(!text().includes('\u001b'));
});
