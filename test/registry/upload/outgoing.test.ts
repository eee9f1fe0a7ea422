import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import * as fc from 'fast-check';

import type { CallOptions, Content } from '../../../src/content/types.js';
import { RegError } from '../../../src/errors.js';
import { Outgoing } from '../../../src/registry/upload/outgoing.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { digestOf } from '../../../src/spec/digest.js';
import { OCI_LAYER } from '../../../src/spec/media-type.js';
import { collect, failsWith } from '../../support/scripted-setup.js';

const BYTES = Buffer.from('twenty bytes to send');
const BLOB = describe(OCI_LAYER, BYTES);

/** Comes in chunks of three bytes. */
function content(descriptor: Descriptor = BLOB, bytes: Uint8Array = BYTES): Content {
  return {
    descriptor,
    open: async ({ from = 0 } = {}) =>
      (async function* () {
        for (let at = from; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
      })(),
  };
}

/** As `content`, where the nth opening stalls before the nth of these bytes until it is told to go on, or to fail. */
function stalling(stalls: readonly number[]): {
  readonly source: Content;
  readonly goOn: ((error?: Error) => void)[];
} {
  const goOn: ((error?: Error) => void)[] = [];
  const gates = stalls.map(
    (_, n) =>
      new Promise<void>((resolve, reject) => {
        goOn[n] = (error) => (error === undefined ? resolve() : reject(error));
      }),
  );
  let count = 0;
  const open = async (): Promise<AsyncIterable<Uint8Array>> => {
    const n = count++;
    return (async function* () {
      for (let at = 0; at < BYTES.length; at += 3) {
        if (at === stalls[n]) await gates[n];
        yield BYTES.subarray(at, at + 3);
      }
      if (stalls[n] === BYTES.length) await gates[n];
    })();
  };
  return { source: { descriptor: BLOB, open }, goOn };
}

/** All bytes of a try that is under way, and stalls by now. */
async function begin(outgoing: Outgoing, options: CallOptions): Promise<{ readonly sent: Promise<Buffer> }> {
  const sent = collect(outgoing.body(0, BYTES.length).open(options));
  await nextTurn();
  return { sent };
}

function send(outgoing: Outgoing, start: number, end: number): Promise<Buffer> {
  return collect(outgoing.body(start, end).open({}));
}

test('whatever pieces are sent, and sent again, they are the right bytes', async () => {
  const piece = fc.tuple(fc.nat(BYTES.length), fc.nat(BYTES.length));
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      const outgoing = new Outgoing(content());
      for (const [start, length] of [...pieces, [0, BYTES.length] as const, ...pieces]) {
        // A registry can only have lost bytes, never have more than were sent.
        const from = Math.min(start, outgoing.position);
        const end = Math.min(BYTES.length, from + length);
        assert.equal(outgoing.body(from, end).size, end - from);
        assert.deepEqual(await send(outgoing, from, end), BYTES.subarray(from, end));
      }
      assert.equal(outgoing.fault, undefined);
    }),
  );
});

test('the last bytes are held back until all are known to be right', async () => {
  const outgoing = new Outgoing(content({ ...BLOB, digest: digestOf(Buffer.from('other')) }));
  const sent: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of await outgoing.body(0, 20).open({})) sent.push(chunk);
  })();
  await assert.rejects(reading, failsWith('DIGEST_MISMATCH'));
  assert.deepEqual(Buffer.concat(sent), BYTES.subarray(0, 18));
  assert.equal(outgoing.fault instanceof Error, true);
});

suite('what comes late to a try that is over changes nothing for the next one', () => {
  const cases = [
    { name: 'bytes', stalls: [6, 3], failure: undefined },
    { name: 'the end', stalls: [20, 20], failure: undefined },
    { name: 'an error', stalls: [6, 3], failure: new RegError('UNREACHABLE', 'the source is gone') },
  ] as const;
  for (const { name, stalls, failure } of cases) {
    test(name, async () => {
      const { source, goOn } = stalling(stalls);
      const outgoing = new Outgoing(source);
      const over = new AbortController();
      const first = await begin(outgoing, { signal: over.signal });
      over.abort();
      const second = await begin(outgoing, {});
      goOn[0]?.(failure);
      await assert.rejects(first.sent);
      goOn[1]?.();
      assert.deepEqual(await second.sent, BYTES);
      assert.equal(outgoing.fault, undefined);
    });
  }
});

test('a source need not verify what passes for the first time, and has to what is sent again', async () => {
  const opened: (boolean | undefined)[] = [];
  const good = content();
  const outgoing = new Outgoing({
    ...good,
    open: (options) => {
      opened.push(options?.verifies);
      return good.open(options);
    },
  });
  for (const [start, end] of [
    [0, 9],
    [9, 20],
    [5, 20],
    [0, 20],
  ] as const)
    await send(outgoing, start, end);
  assert.deepEqual(opened, [true, true, false, true]);
});

test('a content that is another when it is sent again is found out', async () => {
  let bytes = BYTES;
  const outgoing = new Outgoing({ descriptor: BLOB, open: (options) => content(BLOB, bytes).open(options) });
  await send(outgoing, 0, 20);
  bytes = Buffer.from('twenty other bytes..');
  await assert.rejects(send(outgoing, 0, 20), failsWith('DIGEST_MISMATCH'));
});

test('a content of no bytes is verified, too', async () => {
  const outgoing = new Outgoing(content({ ...BLOB, size: 0 }, Buffer.alloc(0)));
  await assert.rejects(send(outgoing, 0, 0), failsWith('DIGEST_MISMATCH'));
});

test('what a source finds wrong with itself is told in its own words', async () => {
  const wrong = content({ ...BLOB, digest: digestOf(Buffer.from('other')) });
  const outgoing = new Outgoing({
    ...wrong,
    async open(options) {
      if (options?.verifies !== true) throw new RegError('STORE_CORRUPT', 'look into the store');
      return wrong.open(options);
    },
  });
  await assert.rejects(send(outgoing, 0, 20), failsWith('STORE_CORRUPT'));
});

test('bytes that are wrong are found over several pieces too', async () => {
  const outgoing = new Outgoing(content({ ...BLOB, digest: digestOf(Buffer.from('other')) }));
  await send(outgoing, 0, 10);
  await send(outgoing, 5, 15);
  await assert.rejects(send(outgoing, 15, 20), failsWith('DIGEST_MISMATCH'));
});

test('a content that is too short or too long is found out before its end is sent', async () => {
  for (const bytes of [BYTES.subarray(1), Buffer.concat([BYTES, BYTES])]) {
    await assert.rejects(send(new Outgoing(content(BLOB, bytes)), 0, 20), failsWith('SIZE_MISMATCH'));
  }
});

test('a content that became shorter between two tries is found out', async () => {
  let bytes = BYTES;
  const outgoing = new Outgoing({ descriptor: BLOB, open: (options) => content(BLOB, bytes).open(options) });
  await send(outgoing, 0, 20);
  bytes = BYTES.subarray(0, 12);
  await assert.rejects(send(outgoing, 5, 20), failsWith('SIZE_MISMATCH', /ended after 12 of 20 bytes/));
});
