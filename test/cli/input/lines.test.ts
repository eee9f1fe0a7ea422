import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';

import { readLines } from '../../../src/cli/input/lines.js';

async function linesOf(chunks: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of readLines(Readable.from(chunks), new AbortController().signal)) lines.push(line);
  return lines;
}

test('Lines end with \\n or \\r\\n and nowhere else, wherever the chunks are cut', async () => {
  assert.deepEqual(await linesOf(['a\r', '\nb\n', '\nc\u2028d\re', '\n']), ['a', 'b', '', 'c\u2028d\re']);
  assert.deepEqual(await linesOf(['no end']), ['no end']);
  assert.deepEqual(await linesOf([]), []);
});

test('A character cut in two by the chunks stays whole', async () => {
  const bytes = Buffer.from('ä€\n');
  assert.deepEqual(await linesOf([...bytes].map((byte) => Buffer.from([byte]))), ['ä€']);
});

test('An endless line costs no memory', async () => {
  const [line = ''] = await linesOf([...Array.from({ length: 64 }, () => 'x'.repeat(65_536)), '\n']);
  assert.equal(line.length, 65_536);
});

test('An abort ends the reading', async () => {
  const abort = new AbortController();
  const never = new Readable({ read() {} });
  setTimeout(() => abort.abort(), 10);
  await assert.rejects(
    async () => {
      for await (const _ of readLines(never, abort.signal)) assert.fail('a line');
    },
    (error) => !(error instanceof assert.AssertionError) && abort.signal.aborted,
  );
});
