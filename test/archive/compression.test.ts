import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';

import { decompress } from '../../src/archive/compression.js';
import { failure } from './tars.js';

/** Made by `zstd -19`, with checksums: two frames, the first of 31 bytes 4000 times. */
const TWO_FRAMES = Buffer.from(
  'KLUv/QRoLQEA0HRoZSBzYW1lIHdvcmRzIGFnYWluIGFuZCwgAgDd80NlTLEyBlVVn1ootS/9BFiRAABhbmQgYSBzZWNvbmQgZnJhbWXbYqkE',
  'base64',
);

function unpack(pieces: readonly Uint8Array[]): Promise<Buffer> {
  return buffer(
    decompress(
      (async function* () {
        yield* pieces;
      })(),
      { compression: 'zstd', what: '"x.tar"' },
    ),
  );
}

test('zstd is unpacked on every Node, frame after frame, however it comes', async () => {
  const expected = `${'the same words again and again, '.repeat(4000)}and a second frame`;
  assert.equal((await unpack([TWO_FRAMES])).toString(), expected);
  const bytes = [...TWO_FRAMES].map((byte) => Buffer.from([byte]));
  assert.equal((await unpack(bytes)).toString(), expected);
});

test('zstd that is cut off or altered is damaged', async () => {
  const says = failure('UNSAFE_ARCHIVE', 'the compressed bytes of "x.tar" are damaged');
  for (const length of [5, 20, 40]) await assert.rejects(unpack([TWO_FRAMES.subarray(0, length)]), says);
  const altered = Buffer.from(TWO_FRAMES).fill(0xff, 8, 12);
  await assert.rejects(unpack([altered]), says);
});
