import assert from 'node:assert/strict';
import { test } from 'node:test';

import { editConfig } from '../../../src/operations/edit/config.js';
import { parseDocument } from '../../../src/operations/edit/document.js';

/** As a builder writes it, with keys that nothing here knows. */
const CONFIG = {
  architecture: 'amd64',
  'com.example.unknown': { kept: [1, 2] },
  config: {
    ArgsEscaped: true,
    Cmd: ['old'],
    Env: ['PATH=/bin', 'A=1', 'B=x=y'],
    Healthcheck: { Test: ['NONE'] },
    Labels: { a: '1', b: '2' },
    User: 'root',
  },
  created: '1970-01-01T00:00:00Z',
  rootfs: { type: 'layers', diff_ids: [] },
};

/** What an edit makes of the part that says what runs. */
function edited(edits: Parameters<typeof editConfig>[1]): Readonly<Record<string, unknown>> {
  const { config } = editConfig(CONFIG, edits);
  return config as Readonly<Record<string, unknown>>;
}

test('what is not named stays, in its order, known or not', () => {
  assert.equal(JSON.stringify(editConfig(CONFIG, {})), JSON.stringify(CONFIG));
  const next = editConfig(CONFIG, { labels: { b: '3', c: '4' }, created: '2026-01-01T00:00:00Z' });
  assert.deepEqual(next, {
    ...CONFIG,
    config: { ...CONFIG.config, Labels: { a: '1', b: '3', c: '4' } },
    created: '2026-01-01T00:00:00Z',
  });
  assert.deepEqual(Object.keys(next), Object.keys(CONFIG));
});

test('variables are set by name where they stand, and added behind the others', () => {
  assert.deepEqual(edited({ env: { B: '2', N: 'a=b' }, removeEnv: ['A'] })['Env'], [
    'PATH=/bin',
    'B=2',
    'N=a=b',
  ]);
});

test('a new entrypoint takes the old command out, and what is empty is taken out', () => {
  const run = edited({ entrypoint: ['/app'], user: '', removeLabels: ['a', 'b'], expose: ['80/tcp'] });
  const { Cmd: _, User: __, Labels: ___, ...kept } = CONFIG.config;
  assert.deepEqual(run, { ...kept, Entrypoint: ['/app'], ExposedPorts: { '80/tcp': {} } });
  assert.deepEqual(edited({ entrypoint: ['/app'], cmd: ['x'] })['Cmd'], ['x']);
  assert.equal('Cmd' in edited({ cmd: [] }), false);
});

test('names that mean something to JavaScript are labels like any other', () => {
  const labels = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
  assert.match(
    JSON.stringify(edited({ labels })),
    /"Labels":{"a":"1","b":"2","__proto__":"a","constructor":"b"}/,
  );
});

test('a config that two programs would read in two ways is refused', () => {
  for (const run of [{ env: [] }, { CMD: ['x'] }])
    assert.throws(() => editConfig({ config: run }, { user: 'me' }), { code: 'INVALID_MANIFEST' });
});

test('a document with a number that would become another is not changed', () => {
  const kept = '{"a":[9007199254740991,-5,0.1,1e3,1.50,18014398509481984],"b":"\\"12345678901234567890"}';
  assert.equal(JSON.stringify(parseDocument(Buffer.from(kept), 'it')['b']), '"\\"12345678901234567890"');
  for (const number of ['9007199254740993', '-12345678901234567890', '1e400'])
    assert.throws(() => parseDocument(Buffer.from(`{"a":{"b":[${number}]}}`), 'it'), {
      code: 'UNSUPPORTED',
      message: `it has a number that could not be written back as it is: ${number}`,
    });
  // Long texts take no room of the stack.
  assert.ok(parseDocument(Buffer.from(JSON.stringify({ a: '\\"'.repeat(2_000_000) })), 'it'));
});
