import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';

import { decompress } from '../../src/tar/compression.js';
import { failure } from './tars.js';

/** Made by `zstd -19`, with checksums: two frames, the first of 31 bytes 4000 times. */
const TWO_FRAMES = Buffer.from(
  'KLUv/QRoLQEA0HRoZSBzYW1lIHdvcmRzIGFnYWluIGFuZCwgAgDd80NlTLEyBlVVn1ootS/9BFiRAABhbmQgYSBzZWNvbmQgZnJhbWXbYqkE',
  'base64',
);

/** What every frame begins with. */
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

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

test('a zstd frame that asks for more memory than is reasonable is refused, wherever it stands', async () => {
  const says = failure('UNSAFE_ARCHIVE', 'bytes of memory to unpack; at most 134217728');
  const window = Buffer.from([...MAGIC, 0, 18 << 3]);
  const size = Buffer.from([...MAGIC, 0xe0, 0, 0, 0, 0x10, 0, 0, 0, 0]);
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  for (const frame of [window, size]) {
    for (const before of [[], [TWO_FRAMES], [skippable, TWO_FRAMES, skippable]]) {
      const bytes = Buffer.concat([...before, frame]);
      await assert.rejects(unpack([bytes]), says);
      await assert.rejects(unpack([...bytes].map((byte) => Buffer.from([byte]))), says);
    }
  }
});

test('small zstd frames that each ask for a large window are refused before memory is full of them', async () => {
  // A block of one byte, in a frame with a window of 128 MiB.
  const frame = Buffer.from([...MAGIC, 0, 17 << 3, (1 << 3) | 1, 0, 0, 0x41]);
  assert.equal((await unpack([frame, frame])).toString(), 'AA');
  const says = failure('UNSAFE_ARCHIVE', '"x.tar" needs 13690208256 bytes of memory to unpack');
  await assert.rejects(unpack([Buffer.concat(Array.from({ length: 200 }, () => frame))]), says);
});

test('a zstd frame of a usual window is unpacked, whichever way its header says so', async () => {
  const block = Buffer.from([(2 << 3) | 1, 0, 0, ...Buffer.from('hi')]);
  for (const header of [
    [0, 13 << 3],
    [0, 17 << 3],
    [0x20, 2],
  ]) {
    const frame = Buffer.concat([Buffer.from([...MAGIC, ...header]), block]);
    assert.equal((await unpack([frame, TWO_FRAMES])).toString().slice(0, 10), 'hithe same');
  }
});
