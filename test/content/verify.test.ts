import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contentOf, readContent, readManifest } from '../../src/content/read.js';
import { verified } from '../../src/content/verify.js';
import { describe, type Descriptor } from '../../src/spec/descriptor.js';
import { imageOf, memoryWith } from '../support/graphs.js';

const bytes = Buffer.from('what it is');
const descriptor = describe('application/octet-stream', bytes);

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function pass(expected: Descriptor, ...texts: readonly string[]): Promise<string> {
  let passed = '';
  for await (const chunk of verified(expected, chunks(...texts))) passed += Buffer.from(chunk).toString();
  return passed;
}

test('the right bytes pass, in whatever pieces they come', async () => {
  assert.equal(await pass(descriptor, 'what', ' ', '', 'it is'), 'what it is');
});

test('sha512 is checked like sha256', async () => {
  const long = describe('application/octet-stream', bytes, 'sha512');
  assert.equal(await pass(long, 'what it is'), 'what it is');
  await assert.rejects(pass(long, 'what it wa'), { code: 'DIGEST_MISMATCH' });
});

test('a changed byte, a missing byte and a byte too many are told apart', async () => {
  await assert.rejects(pass(descriptor, 'what it as'), { code: 'DIGEST_MISMATCH' });
  await assert.rejects(pass(descriptor, 'what it i'), {
    code: 'SIZE_MISMATCH',
    message: /ended after 9 of 10/,
  });
  await assert.rejects(pass(descriptor, 'what it is', '!'), {
    code: 'SIZE_MISMATCH',
    message: /longer than/,
  });
});

test('reading stops with the first byte too many', async () => {
  let pulled = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      pulled += 1;
      yield Buffer.from('12345');
    }
  }
  await assert.rejects(
    async () => {
      for await (const chunk of verified(descriptor, endless())) assert.ok(chunk);
    },
    { code: 'SIZE_MISMATCH' },
  );
  assert.equal(pulled, 3);
});

test('a descriptor over the cap is refused before anything is opened', async () => {
  const content = { descriptor, open: async () => assert.fail('must not be opened') };
  await assert.rejects(readContent(content, { cap: 9 }), { code: 'TOO_LARGE' });
});

test('a content opens at every offset, the end included', async () => {
  const content = contentOf(descriptor, bytes);
  for (let from = 0; from <= bytes.length; from++) {
    let rest = '';
    for await (const chunk of await content.open({ from })) rest += Buffer.from(chunk).toString();
    assert.equal(rest, 'what it is'.slice(from));
  }
});

test('a manifest is read, verified and parsed', async () => {
  const graph = imageOf('a', 'b');
  const manifest = await readManifest(await memoryWith(graph), graph.root);
  assert.equal(manifest.kind === 'manifest' && manifest.layers.length, 2);
});
