import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { describeEntry, type EntryFacts, type EntryType } from '../../src/tar/entry.js';
import { readHeaders } from '../../src/tar/headers.js';
import { StreamInput } from '../../src/tar/input.js';
import { decodeName } from '../../src/tar/name.js';
import { encodeHeader } from '../../src/tar/write-header.js';

async function readBack(facts: EntryFacts): Promise<EntryFacts> {
  const bytes = encodeHeader(facts);
  assert.equal(bytes.length % 512, 0);
  const pieces = (async function* () {
    yield bytes;
  })();
  const headers = (await readHeaders(new StreamInput(pieces))) ?? assert.fail();
  return describeEntry(headers);
}

test('a time so near to a second that it is one has no point behind it', () => {
  const facts: EntryFacts = {
    name: 'a',
    type: 'file',
    mode: 0,
    uid: 0,
    gid: 0,
    mtime: 1_700_000_010.0000002,
    size: 0,
    target: '',
    device: [0, 0],
    xattrs: new Map(),
  };
  assert.match(encodeHeader(facts).toString('latin1'), / mtime=1700000010\n/);
});

const name = fc
  .uint8Array({ minLength: 1, maxLength: 300 })
  .map((bytes) => decodeName(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))));
const id = fc.oneof(fc.nat(3_000_000), fc.integer({ min: 0, max: 0xffff_fffe }));
const size = fc.oneof(fc.nat(100_000), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const mtime = fc.oneof(
  fc.integer({ min: -5_000_000_000, max: 50_000_000_000 }),
  fc.integer({ min: 0, max: 2_000_000_000_000 }).map((ms) => ms / 1000),
);
const types: readonly EntryType[] = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'character',
  'block',
  'fifo',
];

test('whatever is written in a header is read out of it again', async () => {
  const facts = fc.record({
    name,
    type: fc.constantFrom(...types),
    mode: fc.nat(0o7777),
    uid: id,
    gid: id,
    mtime,
    size,
    target: name,
    device: fc.tuple(fc.nat(4000), fc.nat(100_000)),
    xattrs: fc
      .array(
        fc.tuple(
          fc.constantFrom('security.capability', 'user.é'),
          fc.uint8Array({ minLength: 1, maxLength: 90 }),
        ),
      )
      .map((pairs) => new Map(pairs.map(([key, value]) => [key, Buffer.from(value)] as const))),
  });
  await fc.assert(
    fc.asyncProperty(facts, async (given) => {
      const isDevice = given.type === 'character' || given.type === 'block';
      const written: EntryFacts = {
        ...given,
        size: given.type === 'file' ? given.size : 0,
        device: isDevice ? given.device : [0, 0],
      };
      const expected = written.type === 'directory' ? { ...written, name: `${written.name}/` } : written;
      assert.deepEqual(await readBack(written), expected);
    }),
    { numRuns: 300 },
  );
});
