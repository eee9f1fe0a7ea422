import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { Connections } from '../../src/content/connections.js';
import { Extents } from '../../src/content/extents.js';
import { ranged } from '../../src/content/ranged.js';
import { receive } from '../../src/content/receive.js';
import { resilient } from '../../src/content/resilient.js';
import type { Content, Receiver } from '../../src/content/types.js';
import { watched } from '../../src/content/watched.js';
import { RegError, type ErrorCode } from '../../src/errors.js';
import { describe } from '../../src/spec/descriptor.js';
import { OCI_LAYER } from '../../src/spec/media-type.js';
import { instantClock } from '../support/instant-clock.js';
import { failsWith } from '../support/scripted-setup.js';
import { slowLink } from '../support/slow-link.js';

const MIB = 1024 * 1024;
const CHUNK = 128 * 1024;

/** What all contents of these tests are cut from, without copying: where a chunk lies in it says which bytes it has. */
const BYTES = Buffer.alloc(96 * MIB);

/** The first `size` bytes of them, in chunks; `spoil` may do something else with an opening. */
function content(
  size: number,
  spoil: (options: {
    readonly from: number;
    readonly to: number;
  }) => Partial<Opening> | undefined = () => ({}),
): Content {
  const descriptor = { mediaType: OCI_LAYER, digest: describe(OCI_LAYER, BYTES).digest, size };
  return {
    descriptor,
    async open({ from = 0, to = size, signal } = {}) {
      const { refusal, breakAt = Infinity, end = to } = spoil({ from, to }) ?? {};
      if (refusal !== undefined) throw refusal;
      return (async function* () {
        for (let at = from; at < end; at += CHUNK) {
          signal?.throwIfAborted();
          if (at >= breakAt) throw new RegError('UNREACHABLE', 'cut');
          yield BYTES.subarray(at, Math.min(end, at + CHUNK));
        }
      })();
    },
  };
}

/** Checks that all bytes from `from` on come, in order and once each. */
async function readAll(layer: Content, from = 0): Promise<void> {
  let position = from;
  for await (const chunk of await layer.open({ from })) {
    assert.equal(chunk.byteOffset - BYTES.byteOffset, position);
    position += chunk.byteLength;
  }
  assert.equal(position, layer.descriptor.size);
}

interface Opening {
  readonly refusal: RegError | undefined;
  /** Offset in bytes. */
  readonly breakAt: number;
  readonly end: number | undefined;
}

suite('a large content', () => {
  test('comes in order, over as many connections as pay, and nothing of it twice', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 7, clock: link.clock });
    const layer = ranged(link.through(content(96 * MIB)), connections);
    await link.during(readAll(layer));
    assert.equal(link.streams.most, 7);
    assert.equal(link.bytes, 96 * MIB);
    assert.deepEqual(link.opened.at(0), [0, MIB]);
    for (const [index, [from]] of link.opened.entries()) assert.equal(from, link.opened[index - 1]?.[1] ?? 0);
  });

  test('comes over four connections, and now and then more, when more are no faster', async () => {
    const link = slowLink({ served: 1 });
    const connections = new Connections({ most: 24, clock: link.clock });
    await link.during(readAll(ranged(link.through(content(96 * MIB)), connections)));
    assert.ok(link.streams.most <= 8, `${link.streams.most} connections at once`);
    assert.equal(link.bytes, 96 * MIB);
  });

  test('comes over one connection when that is fast', async () => {
    const link = slowLink({ tickMs: 0.5 });
    const connections = new Connections({ most: 24, clock: link.clock });
    await link.during(readAll(ranged(link.through(content(96 * MIB)), connections)));
    assert.equal(link.streams.most, 1);
    const [from = 0, to] = link.opened.at(-1) ?? [];
    assert.ok(to === 96 * MIB && from < 72 * MIB, 'the rest comes in one piece');
    assert.equal(link.bytes, 96 * MIB);
  });

  test('comes in few parts as long as each of several has one quick connection', async () => {
    const link = slowLink({ tickMs: 1 });
    const connections = new Connections({ most: 24, clock: link.clock });
    const layers = Array.from({ length: 6 }, () => ranged(link.through(content(30 * MIB)), connections));
    await link.during(Promise.all(layers.map((layer) => readAll(layer))));
    assert.ok(link.opened.length <= 3 * 6, `${link.opened.length} openings`);
    assert.equal(link.streams.most, 6);
  });

  test('keeps no more than 16 MiB for a reader that does not read', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 24, clock: link.clock });
    // Another reader shows how many connections pay.
    const warmUp = ranged(link.through(content(96 * MIB)), connections);
    await link.during(readAll(warmUp));
    const before = link.bytes;
    const chunks = (await ranged(link.through(content(96 * MIB)), connections).open())[
      Symbol.asyncIterator
    ]();
    await link.during(chunks.next());
    await link.during(new Promise((resolve) => setTimeout(resolve, 100)));
    assert.ok(link.bytes - before > 8 * MIB, `only ${link.bytes - before} bytes came`);
    assert.ok(link.bytes - before <= 16 * MIB + CHUNK, `${link.bytes - before} bytes came`);
    await link.during(Promise.resolve(chunks.return?.()));
    await link.during(new Promise((resolve) => setTimeout(resolve, 20)));
    assert.equal(link.streams.now, 0);
  });

  test('shares the connections of its host with others', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 10, clock: link.clock });
    const layers = [40, 48, 56].map((size) => ranged(link.through(content(size * MIB)), connections));
    await link.during(Promise.all(layers.map((layer) => readAll(layer))));
    // The first connection of each layer is denied to none.
    assert.ok(link.streams.most >= 10 && link.streams.most <= 12, `${link.streams.most} connections at once`);
  });

  test('is resumed in parts, too', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 6, clock: link.clock });
    const layer = ranged(link.through(content(96 * MIB)), connections);
    await link.during(readAll(layer, 10 * MIB + 7));
    assert.equal(link.bytes, 86 * MIB - 7);
    assert.ok(link.streams.most > 1);
  });

  for (const [what, size, most] of [
    ['that is small', 8 * MIB, 24],
    ['for which one connection is allowed', 96 * MIB, 1],
  ] as const) {
    test(`${what} comes in one piece`, async () => {
      const link = slowLink();
      const connections = new Connections({ most, clock: link.clock });
      await link.during(readAll(ranged(link.through(content(size)), connections)));
      assert.deepEqual(link.opened, [[0, size]]);
    });
  }

  test('ends at once, with all its connections, when it is called off', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 12, clock: link.clock });
    const abort = new AbortController();
    const reading = (async () => {
      const layer = ranged(link.through(content(96 * MIB)), connections);
      for await (const _ of await layer.open({ signal: abort.signal }))
        if (link.streams.now >= 8) abort.abort(new RegError('ABORTED', 'called off'));
    })();
    await assert.rejects(link.during(reading), failsWith('ABORTED'));
    await link.during(new Promise((resolve) => setTimeout(resolve, 20)));
    assert.equal(link.streams.now, 0);
  });
});

suite('a host that sends no parts', () => {
  test('is found out by the first one, whose answer is taken for the whole', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 12, clock: link.clock });
    const stubborn = content(96 * MIB, () => ({ end: 96 * MIB }));
    const layer = ranged(link.through(stubborn), connections);
    await link.during(readAll(layer));
    assert.deepEqual(link.opened, [[0, MIB]]);
    assert.equal(link.bytes, 96 * MIB);
    await link.during(readAll(layer));
    assert.deepEqual(link.opened.at(-1), [0, 96 * MIB]);
  });

  test('in the middle is asked for the rest', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 12, clock: link.clock });
    const refusal = new RegError('UNSUPPORTED', 'no parts');
    const fickle = content(96 * MIB, ({ from, to }) =>
      to < 96 * MIB && from >= 30 * MIB ? { refusal } : {},
    );
    await link.during(readAll(ranged(link.through(fickle), connections)));
    assert.equal(connections.sendsParts, false);
  });
});

for (const code of ['RATE_LIMITED', 'SERVER_ERROR'] as const) {
  test(`no further connection is made after ${code}`, async () => {
    const link = slowLink();
    const connections = new Connections({ most: 24, clock: link.clock });
    let refusals = 1;
    const busy = content(96 * MIB, ({ from }) =>
      from > 20 * MIB && refusals-- > 0 ? { refusal: new RegError(code, 'busy') } : {},
    );
    let openedBefore = Infinity;
    const patient = resilient(link.through(busy), {
      clock: instantClock(),
      onWait: ({ error }) => {
        openedBefore = link.opened.length;
        connections.heed(error);
      },
    });
    await link.during(readAll(ranged(patient, connections)));
    // The part that was refused, and all that is not on its way yet.
    const after = link.opened.slice(openedBefore);
    assert.ok(after.length <= 2, `${after.length} more openings`);
    assert.equal(after.at(-1)?.[1], 96 * MIB);
    assert.equal(link.bytes, 96 * MIB);
  });
}

test('of a part that is cut only the missing bytes are fetched again', async () => {
  const link = slowLink();
  const connections = new Connections({ most: 8, clock: link.clock });
  let cuts = 5;
  const cut = content(96 * MIB, ({ from, to }) =>
    from > 8 * MIB && to - from > MIB && cuts-- > 0 ? { breakAt: from + MIB } : {},
  );
  const patient = resilient(link.through(cut), {
    clock: instantClock(),
    onWait: ({ error }) => connections.heed(error),
  });
  await link.during(readAll(ranged(patient, connections)));
  assert.ok(cuts <= 0);
  assert.equal(link.bytes, 96 * MIB);
});

/** Takes bytes in any order, checks that each is in its place, and what it holds already comes only where that can't be helped. */
function receiver(held = new Extents(), signal?: AbortSignal): Receiver {
  return {
    held,
    signal,
    begin(at) {
      let position = at;
      return {
        async add(bytes) {
          assert.equal(bytes.byteOffset - BYTES.byteOffset, position);
          position += bytes.byteLength;
          held.add({ from: position - bytes.byteLength, to: position });
        },
        async end() {},
      };
    },
  };
}

suite('for a receiver that takes stretches in any order, a large content', () => {
  test('comes over as many connections as pay, only what is missing, and nothing of it twice', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 7, clock: link.clock });
    const layer = ranged(link.through(content(96 * MIB)), connections);
    const held = new Extents([
      { from: 0, to: 3 * MIB },
      { from: 50 * MIB, to: 60 * MIB + 1 },
    ]);
    await link.during(receive(layer, receiver(held)));
    assert.deepEqual(held.spans, [{ from: 0, to: 96 * MIB }]);
    assert.equal(link.streams.most, 7);
    assert.equal(link.bytes, 83 * MIB - 1);
  });

  test('comes in few stretches over one connection when that is fast', async () => {
    const link = slowLink({ tickMs: 0.5 });
    const connections = new Connections({ most: 24, clock: link.clock });
    const held = new Extents();
    await link.during(receive(ranged(link.through(content(96 * MIB)), connections), receiver(held)));
    assert.equal(held.front, 96 * MIB);
    assert.equal(link.streams.most, 1);
    assert.ok(link.opened.length <= 4, `${link.opened.length} openings`);
  });

  test('is told of as it comes: what was there, and what came since', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 7, clock: link.clock });
    const positions: number[] = [];
    const layer = watched(ranged(link.through(content(32 * MIB)), connections), (position) =>
      positions.push(position),
    );
    await link.during(receive(layer, receiver(new Extents([{ from: 9 * MIB, to: 10 * MIB }]))));
    assert.equal(positions[0], MIB);
    assert.equal(positions.at(-1), 32 * MIB);
    assert.deepEqual(
      positions,
      positions.toSorted((one, other) => one - other),
    );
  });

  test('comes from a host that sends no parts over the connection that asked for all', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 12, clock: link.clock });
    const held = new Extents();
    const refusal = new RegError('UNSUPPORTED', 'no parts');
    const whole = content(96 * MIB, ({ to }) => (to < 96 * MIB ? { refusal } : {}));
    const layer = ranged(link.through(whole), connections);
    await link.during(receive(layer, receiver(held)));
    assert.equal(held.front, 96 * MIB);
    assert.deepEqual(link.opened[0], [0, 96 * MIB]);
    assert.equal(link.opened.length, 2);
    assert.equal(link.bytes, 96 * MIB);
  });

  for (const moment of ['add', 'end'] as const) {
    test(`comes whole when a part is refused just when its place was given up (${moment})`, async () => {
      const link = slowLink();
      const connections = new Connections({ most: 12, clock: link.clock });
      connections.sendsParts = true;
      let cut: number | undefined;
      let hasPaused = false;
      let refuse = (): void => {};
      const refused = new Promise<void>((resolve) => (refuse = resolve));
      const whole = link.through(content(96 * MIB));
      const fickle: Content = {
        ...whole,
        async open(options = {}) {
          const { from = 0, to = 96 * MIB } = options;
          if (to === 96 * MIB) return whole.open(options);
          cut ??= from;
          await refused;
          throw new RegError('UNSUPPORTED', 'no parts');
        },
      };
      const held = new Extents();
      const keeper = receiver(held);
      const slow: Receiver = {
        ...keeper,
        begin(at) {
          const stretch = keeper.begin(at);
          const pause = async (when: typeof moment): Promise<void> => {
            if (when !== moment || held.front !== cut || hasPaused) return;
            hasPaused = true;
            refuse();
            await new Promise((resolve) => setTimeout(resolve, 5));
          };
          return {
            async add(bytes) {
              await stretch.add(bytes);
              await pause('add');
            },
            async end() {
              await stretch.end();
              await pause('end');
            },
          };
        },
      };
      await link.during(receive(ranged(fickle, connections), slow));
      assert.ok(cut !== undefined && cut < 96 * MIB);
      assert.deepEqual(held.spans, [{ from: 0, to: 96 * MIB }]);
    });
  }

  test('comes once from a host that sends no parts and is long in saying so', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 12, clock: link.clock });
    const held = new Extents();
    const whole = link.through(content(96 * MIB));
    const busy: Content = {
      ...whole,
      async open(options = {}) {
        if ((options.to ?? 96 * MIB) === 96 * MIB) return whole.open(options);
        while (held.front < 64 * MIB) await new Promise((resolve) => setImmediate(resolve));
        throw new RegError('UNSUPPORTED', 'no parts');
      },
    };
    await link.during(receive(ranged(busy, connections), receiver(held)));
    assert.equal(held.front, 96 * MIB);
    assert.equal(link.bytes, 96 * MIB);
  });

  test('costs no more than one opening where one connection is all that pays', async () => {
    const link = slowLink({ tickMs: 0.5 });
    const connections = new Connections({ most: 24, clock: link.clock });
    const held = new Extents();
    await link.during(receive(ranged(link.through(content(20 * MIB)), connections), receiver(held)));
    assert.deepEqual(link.opened, [[0, 20 * MIB]]);
  });

  test('ends at once, with all its connections, when it is called off, and what came is kept', async () => {
    const link = slowLink();
    const connections = new Connections({ most: 12, clock: link.clock });
    const abort = new AbortController();
    const held = new Extents();
    const layer = watched(ranged(link.through(content(96 * MIB)), connections), () => {
      if (link.streams.now >= 8) abort.abort(new RegError('ABORTED', 'called off'));
    });
    await assert.rejects(link.during(receive(layer, receiver(held, abort.signal))), failsWith('ABORTED'));
    assert.equal(link.streams.now, 0);
    assert.ok(held.size > 0 && held.size <= link.bytes);
  });
});

/** What may go wrong with one opening: nothing, mostly. */
const fault = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.record({ breakAfter: fc.nat({ max: 3 * MIB }) }),
  fc.record({
    code: fc.constantFrom<ErrorCode>('UNREACHABLE', 'RATE_LIMITED', 'SERVER_ERROR', 'UNSUPPORTED', 'DENIED'),
  }),
  fc.record({ goesOn: fc.constant(true) }),
);

interface Fault {
  readonly breakAfter?: number;
  readonly code?: ErrorCode;
  readonly goesOn?: boolean;
}

test('whatever goes wrong, what comes is right, or there is an error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array<Fault>(fault, { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      fc.array(fc.nat({ max: 23 * MIB }), { maxLength: 3 }),
      async (faults, most, inOrder, gaps) => {
        const size = 24 * MIB;
        const link = slowLink();
        const rest = [...faults];
        const bad = content(size, ({ from, to }) => {
          const { breakAfter, code, goesOn = false } = rest.shift() ?? {};
          return {
            refusal: code && new RegError(code, 'refused'),
            breakAt: from + (breakAfter ?? Infinity),
            // Only what begins at the beginning can be taken for the whole.
            end: goesOn && from === 0 ? size : to,
          };
        });
        const connections = new Connections({ most, clock: link.clock });
        const patient = resilient(link.through(bad), {
          clock: instantClock(),
          onWait: ({ error }) => connections.heed(error),
        });
        const layer = ranged(patient, connections);
        const held = new Extents(gaps.map((at) => ({ from: at, to: at + MIB })));
        try {
          await link.during(inOrder ? readAll(layer) : receive(layer, receiver(held)));
          if (!inOrder) assert.deepEqual(held.spans, [{ from: 0, to: size }]);
        } catch (error) {
          assert.ok(error instanceof RegError, String(error));
          assert.ok(faults.some(({ code, breakAfter }) => code === error.code || breakAfter !== undefined));
        }
        await link.during(new Promise((resolve) => setImmediate(() => setImmediate(resolve))));
        assert.equal(link.streams.now, 0);
      },
    ),
    { numRuns: 40 },
  );
});
