import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compileTemplate } from '../../../src/cli/format/template.js';
import { hasCode } from '../../../src/errors.js';

const RESULT = {
  digest: 'sha256:abc',
  mediaType: 'application/x',
  size: 2_500_000,
  tag: null,
  isWhole: true,
  none: 0,
  id: 'lower',
  ID: 'upper',
  layers: [
    { digest: 'one', size: 1 },
    { digest: 'two', size: 2 },
  ],
  tags: ['b', 'a'],
  empty: [],
  labels: { 'org.x': 'a "label"', b: '2', A: '1', a: 'small' },
  hostile: 'a\u001b[2J\u202e\nforged\ttab',
};

function fill(template: string, value: unknown = RESULT): string {
  return compileTemplate(template).fill(value);
}

/** What a template makes of the result; each row is something that people write. */
const MADE: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'text stands as it is, with tabs and line breaks as a shell leaves them': [
    ['', ''],
    ['plain } { text', 'plain } { text'],
    [String.raw`a\tb\n`, 'a\tb\n'],
    ['{{/* nothing */}}x', 'x'],
    ['a {{- " b " -}} c', 'a b c'.replace(' b ', ' b ')],
  ],
  'a path leads to a value, whatever the case of its keys where only one can be meant': [
    ['{{.digest}}', 'sha256:abc'],
    ['{{ .Digest }}', 'sha256:abc'],
    ['{{.MediaType}}', 'application/x'],
    ['{{.id}} {{.ID}}', 'lower upper'],
    ['{{$.digest}}', 'sha256:abc'],
    ['{{(index .layers 1).Digest}}', 'two'],
    ['{{.labels.A}}{{.labels.a}}', '1small'],
  ],
  'values are shown as people write them, lists and objects as JSON': [
    ['{{.size}} {{.isWhole}} {{.tag}}|', '2500000 true |'],
    ['{{.tags}}', '["b","a"]'],
    ['{{json .tags}}', '["b","a"]'],
    ['{{(index .layers 0) | json}}', '{"digest":"one","size":1}'],
    ['{{"quoted \\"}}\\" text"}} {{`raw\\n`}}', 'quoted "}}" text raw\\n'],
  ],
  'conditions know what is empty, and what is not there': [
    ['{{if .tag}}yes{{else}}no{{end}}', 'no'],
    ['{{if .nothing}}yes{{else if .size}}size{{else}}no{{end}}', 'size'],
    ['{{if .none}}a{{end}}{{if .empty}}b{{end}}{{if .isWhole}}c{{end}}', 'c'],
    ['{{with .labels}}{{.b}}{{end}}{{with .nothing}}x{{else}}-{{end}}', '2-'],
    ['{{if and .size (not .tag)}}a{{end}}', 'a'],
    ['{{or .tag .nothing "none"}}', 'none'],
    ['{{if eq .id "x" "lower"}}a{{end}}{{if ne .id "x"}}b{{end}}{{if eq .nothing "x"}}c{{end}}', 'ab'],
    [
      '{{if gt .size 100}}a{{end}}{{if le .id "lower"}}b{{end}}{{if lt .size 1}}c{{else}}{{ge 1 1}}{{end}}',
      'abtrue',
    ],
  ],
  'a range goes over lists and over the sorted keys of objects': [
    ['{{range .layers}}{{.digest}}={{.size}};{{end}}', 'one=1;two=2;'],
    ['{{range $at, $layer := .layers}}{{$at}}{{$layer.digest}}{{end}}', '0one1two'],
    ['{{range $tag := .tags}}{{$tag}}{{$.id}}{{end}}', 'bloweralower'],
    ['{{range $k, $v := .labels}}{{$k}}:{{json $v}} {{end}}', 'A:"1" a:"small" b:"2" org.x:"a \\"label\\"" '],
    ['{{range .empty}}x{{else}}none{{end}}{{range .nothing}}x{{else}}none{{end}}', 'nonenone'],
    ['{{range .layers}}{{range $.tags}}{{.}}{{end}}|{{end}}', 'ba|ba|'],
  ],
  'functions do what they do in docker': [
    ['{{index .labels "org.x"}}', 'a "label"'],
    ['{{len .layers}}{{len .labels}}{{len .id}}{{.tags | len}}', '2452'],
    ['{{join .tags ", "}} {{.tags | join "\\n"}}', 'b, a b\na'],
    ['{{upper .id}}{{.ID | lower}}', 'LOWERupper'],
    ['{{bytes .size}}', '2.50 MB'],
    ['{{printf "%-6s|%4d|%q|%v%%\\n" .id (len .tags) .ID .isWhole}}', 'lower |   2|"upper"|true%\n'],
  ],
};

for (const [title, rows] of Object.entries(MADE)) {
  test(title, () => {
    for (const [template, expected] of rows) assert.equal(fill(template), expected, template);
  });
}

test('json alone stands for the whole result', () => {
  assert.deepEqual(JSON.parse(fill('json')), RESULT);
  assert.deepEqual(JSON.parse(fill('{{json .}}')), RESULT);
});

test('a table is headed by the last key of each column', () => {
  const { fill: row, head } = compileTemplate(
    'table {{.mediaType}}\\t{{bytes (index .layers 0).size}} {{len .tags}}',
  );
  assert.equal(head, 'MEDIA TYPE\tSIZE TAGS');
  assert.equal(row(RESULT), 'application/x\t1 B 2');
});

test('what comes from outside is cleaned wherever it becomes text, and a line break of the template is kept', () => {
  const clean = 'a[2J forged tab';
  assert.equal(fill('{{.hostile}}\n'), `${clean}\n`);
  assert.equal(fill('{{printf "%s\\t%s" .hostile .hostile}}'), `${clean}\t${clean}`);
  assert.equal(fill('{{lower .hostile}}'), clean.toLowerCase());
  assert.equal(fill('{{join .list "\\n"}}', { list: ['a\nb', '\u009bc'] }), 'a b\nc');
  assert.equal(fill('{{range $key, $ := .}}{{$key}}{{end}}', { '\u001bk': 1 }), 'k');
  assert.deepEqual(JSON.parse(fill('{{json .hostile}}')), RESULT.hostile);
  assert.match(fill('{{json .hostile}}'), /^[ -~]+$/);
});

test('what is not there is an error that shows the place and lists the keys that are', () => {
  const told = /there is no key "digset", at character 5: "\.digset\}\}"/;
  assert.throws(
    () => fill('a {{.digset}}'),
    (error) => {
      assert.ok(hasCode(error, 'INVALID_ARGUMENT'));
      assert.match(error.message, told);
      assert.match(error.context.hint ?? '', /^The keys are digest, mediaType, .*labels, hostile\.$/);
      return true;
    },
  );
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['{{.digest', /not closed by \}\}, at character 1/],
  ['{{if}}{{end}}', /a value is missing/],
  ['{{if .a}}x', /this "if" has no \{\{end\}\}/],
  ['{{range .a}}{{else}}x', /this "range" has no \{\{end\}\}/],
  ['{{if .a}}{{else}}{{else}}{{end}}', /second "else"/],
  ['x{{end}}', /"end" stands outside of a block, at character 2/],
  ['{{foo .a}}', /there is no function "foo"/],
  ['{{len}}', /len takes 1 value, and gets 0/],
  ['{{index .tags}}', /index takes at least 2 values/],
  ['{{.digest | .id}}', /sent to a function only/],
  ['{{.digest .id}}', /nothing is expected here/],
  ['{{upper len .id}}', /needs parentheses/],
  ['{{(.id}}', /closing parenthesis/],
  ['{{"open}}', /not part of a template/],
  ['{{range $a, := .tags}}{{end}}', /a name such as|missing/],
  ['{{$nobody}}', /no variable "\$nobody"/],
  ['{{.digest.x}}', /a text has no key "x"/],
  ['{{.tag.x}}', /null has no key "x"/],
  ['{{.nothing.x}}', /no key "nothing"/],
  ['{{index .tags 7}}', /a list of 2 has no item 7/],
  ['{{index .labels "no"}}', /no key "no"/],
  ['{{range .id}}{{end}}', /a text has no items/],
  ['{{join .id .id}}', /a list and a separator/],
  ['{{lt .id 1}}', /have no order/],
  ['{{bytes .id}}', /not a number of bytes/],
  ['{{printf "%x" .id}}', /printf knows/],
  ['{{printf "%s"}}', /no value for its %s/],
  ['{{printf "x" .id}}', /1 values for 0 verbs/],
  ['{{len .size}}', /a number has no length/],
  [`${'{{if .id}}'.repeat(60)}${'{{end}}'.repeat(60)}`, /nested too deeply/],
  [`{{${'('.repeat(60)}.id${')'.repeat(60)}}}`, /nested too deeply/],
  [`{{.id${'.id'.repeat(1000)}}}`, /more than 1000 parts/],
  ['x'.repeat(70_000), /longer than/],
];

test('a mistake is told with its place, as one of usage', () => {
  for (const [template, reason] of WRONG) {
    assert.throws(
      () => fill(template),
      (error) => hasCode(error, 'INVALID_ARGUMENT') && reason.test(error.message),
      template.slice(0, 80),
    );
  }
});

test('ranges in ranges end before they fill the memory', () => {
  const many = { list: Array.from({ length: 1000 }, (_, at) => at) };
  const template = `${'{{range $.list}}'.repeat(4)}x${'{{end}}'.repeat(4)}`;
  assert.throws(
    () => fill(template, many),
    (error) => hasCode(error, 'TOO_LARGE'),
  );
});
