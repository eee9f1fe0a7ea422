import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';

import { compileTemplate } from '../../../src/cli/format/template.js';
import { createOutput, type Output, type OutputOptions } from '../../../src/cli/output/output.js';
import { safeJson } from '../../../src/cli/format/safe-json.js';

function capture(options?: OutputOptions): { readonly output: Output; readonly text: () => string } {
  let text = '';
  const output = createOutput({ write: (chunk) => (text += String(chunk)) }, options);
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

test('A result is shown to each as it was asked for', () => {
  const shown = (options: OutputOptions): string => {
    const { output, text } = capture(options);
    output.result({ tag: '1' }, { human: () => ['for', 'people'], quiet: 'short' });
    output.result({ tag: '2' }, { human: 'one' });
    output.list([{ tag: '3' }], {
      head: ['TAG'],
      row: ({ tag }) => [tag],
      quiet: ({ tag }) => tag,
      none: '',
    });
    output.end();
    return text();
  };
  assert.equal(shown({}), 'for\npeople\none\nTAG\n3\n');
  assert.equal(shown({ quiet: true }), 'short\n3\n');
  assert.equal(shown({ json: true }), '{"tag":"1"}\n{"tag":"2"}\n{"tag":"3"}\n');
  assert.equal(shown({ template: compileTemplate('{{if ne .tag "2"}}<{{.tag}}>{{end}}') }), '<1>\n<3>\n');
  assert.equal(shown({ template: compileTemplate('{{.tag}}\n') }), '1\n2\n3\n');
  const table = compileTemplate(String.raw`table {{.tag}}\t{{if ne .tag "2"}}<{{.tag}}>{{end}}`);
  assert.equal(shown({ template: table }), 'TAG   <TAG>\n1     <1>\n2\n3     <3>\n');
});

test('Where there are no results a person is told, beside them, and a program sees none', async () => {
  const shown = async (options: OutputOptions): Promise<readonly string[]> => {
    const notes: string[] = [];
    const { output, text } = capture({ ...options, note: (message) => void notes.push(message) });
    output.list([], { head: ['TAG'], row: () => [], none: 'no tags' });
    output.list([], { human: 'of nothing', none: undefined });
    for (const tags of [[], ['1']])
      await output.each(Readable.from(tags), { line: String, none: 'none at all' });
    output.end();
    return [text(), ...notes];
  };
  assert.deepEqual(await shown({}), ['1\n', 'no tags', 'none at all']);
  assert.deepEqual(await shown({ quiet: true }), ['1\n']);
  assert.deepEqual(await shown({ json: true }), ['"1"\n']);
  assert.deepEqual(await shown({ template: compileTemplate('{{.}}') }), ['1\n']);
});

test('A table has a line for each result, each cell of which is safe', () => {
  const { output, text } = capture();
  output.list(['a\u001b[31m', 'b'], { head: ['NAME', 'SIZE'], row: (name) => [name, '1'], none: '' });
  assert.equal(text(), 'NAME    SIZE\na[31m   1\nb       1\n');
});
