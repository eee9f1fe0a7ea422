/** Any graph, through any faults: whole at the other end, or a clear error and nothing half there. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { copy } from '../../src/content/copy.js';
import { Memory } from '../../src/content/memory.js';
import { readContent } from '../../src/content/read.js';
import { resilient } from '../../src/content/resilient.js';
import type { Sink, Source } from '../../src/content/types.js';
import { isRetryable, RegError, type ErrorCode } from '../../src/errors.js';
import { verifyLayout } from '../../src/layout/verify.js';
import { isManifestType } from '../../src/spec/media-type.js';
import { openStore } from '../layout/stores.js';
import { arbitraryGraph, childDigests } from '../support/arbitrary-graphs.js';
import { faultySink, faultySource, type Faults, type ReadFault, type SinkFault } from '../support/faulty.js';
import { memoryWith, type Graph } from '../support/graphs.js';
import { instantClock } from '../support/instant-clock.js';
import { temporaryFolder } from '../support/temp.js';

const code = fc.constantFrom<ErrorCode>(
  'UNREACHABLE',
  'TIMEOUT',
  'SERVER_ERROR',
  'RATE_LIMITED',
  'DENIED',
  'NOT_FOUND',
  'DISK_FULL',
);
const at = fc.nat({ max: 400 });
const readFault = fc.oneof(
  fc.record({ kind: fc.constant('error' as const), at, code }),
  fc.record({ kind: fc.constant('short' as const), at }),
  fc.record({ kind: fc.constant('wrong byte' as const), at }),
  fc.constant({ kind: 'long' as const }),
);
const sinkFault = fc.record({ when: fc.constantFrom('before' as const, 'after' as const), code });

const situation = fc.record({
  graph: arbitraryGraph(),
  readFaults: mostlyWell<ReadFault>(readFault),
  sinkFaults: mostlyWell<SinkFault>(sinkFault),
  concurrency: fc.integer({ min: 1, max: 6 }),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

/** So few faults that there are copies that end well. */
function mostlyWell<T>(fault: fc.Arbitrary<T>): fc.Arbitrary<Faults<T>> {
  return fc.array(fc.option(fault, { nil: undefined, freq: 4 }), { maxLength: 12 });
}

/** Reads as a registry is read: where an error may pass, again from where it broke off. */
function patient(source: Source): Source {
  return {
    resolve: (name) => source.resolve(name),
    get: (descriptor) => resilient(source.get(descriptor), { clock: instantClock() }),
  };
}

type Store = Source & Sink;

/** Copies through the faults; true when that went well. */
async function copied(store: Store, situation: Situation): Promise<boolean> {
  const { graph, readFaults, sinkFaults, concurrency } = situation;
  const source = patient(faultySource(await memoryWith(graph), readFaults));
  try {
    await copy(source, faultySink(store, sinkFaults), graph.root, { tag: 'name', concurrency });
    return true;
  } catch (error) {
    assertClear(error, situation);
    return false;
  }
}

/** An error that says what was wrong, and that nobody could have helped. */
function assertClear(error: unknown, { readFaults, sinkFaults }: Situation): void {
  assert.ok(error instanceof RegError, String(error));
  assert.match(error.message, /\w/);
  const kinds = new Set([...readFaults].map((fault) => fault?.kind));
  const codes: ErrorCode[] = [...readFaults, ...sinkFaults].flatMap((fault) =>
    fault !== undefined && 'code' in fault ? [fault.code] : [],
  );
  if (kinds.has('wrong byte')) codes.push('DIGEST_MISMATCH');
  if (kinds.has('short') || kinds.has('long')) codes.push('SIZE_MISMATCH');
  assert.ok(codes.includes(error.code), `${error.code} came from nowhere: ${error.message}`);
}

/** Whatever is visible is whole, and so is everything below it. */
async function assertNothingHalf(store: Store, { nodes }: Graph): Promise<void> {
  for (const node of nodes) {
    const { descriptor, bytes } = node;
    if (!(await store.has(descriptor))) continue;
    assert.deepEqual(Buffer.from(await read(store, node)), Buffer.from(bytes));
    if (!isManifestType(descriptor.mediaType)) continue;
    for (const digest of childDigests(node)) {
      const child = nodes.find((other) => other.descriptor.digest === digest);
      assert.ok(child !== undefined && (await store.has(child.descriptor)), `${digest} is missing`);
    }
  }
}

async function assertWhole(store: Store, graph: Graph): Promise<void> {
  for (const { descriptor } of graph.nodes) assert.ok(await store.has(descriptor), descriptor.digest);
  await assertNothingHalf(store, graph);
  assert.equal((await store.resolve('name')).digest, graph.root.digest);
}

async function read(store: Store, { descriptor }: Graph['nodes'][number]): Promise<Uint8Array> {
  return readContent(store.get(descriptor), { cap: descriptor.size });
}

/** The same store again, without faults: what the first copy left must not stand in the way. */
async function assertCompletes(store: Store, graph: Graph): Promise<void> {
  await copy(await memoryWith(graph), store, graph.root, { tag: 'name' });
  await assertWhole(store, graph);
}

test('a copy through faults is whole or fails clearly, and leaves no parent without its children', async () => {
  const ends = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(situation, async (situation) => {
      const { graph } = situation;
      const store = new Memory();
      const isDone = await copied(store, situation);
      ends.add(isDone);
      await (isDone ? assertWhole(store, graph) : assertNothingHalf(store, graph));
      await assertCompletes(store, graph);
    }),
    { numRuns: 500 },
  );
  assert.equal(ends.size, 2, 'the faults are too many or too few to show anything');
});

test('the same holds for a store on disk, which goes on from what broken downloads left', async (t) => {
  const folder = await temporaryFolder(t);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(situation, async (situation) => {
      const { graph } = situation;
      const store = await openStore(t, join(folder, String(count++)));
      if (!(await copied(store, situation))) await assertNothingHalf(store, graph);
      assert.deepEqual((await verifyLayout(store)).problems, []);
      await assertCompletes(store, graph);
      assert.deepEqual((await verifyLayout(store)).problems, []);
    }),
    { numRuns: 40 },
  );
});

test('errors that may pass are outlasted when they are few', async () => {
  const passing = fc.record({
    kind: fc.constant('error' as const),
    at,
    code: code.filter((name) => isRetryable(new RegError(name, ''))),
  });
  // Five tries, but three where there is only silence.
  const few = fc
    .array(passing, { maxLength: 4 })
    .filter((faults) => faults.filter((fault) => fault.code === 'TIMEOUT').length < 3);
  await fc.assert(
    fc.asyncProperty(arbitraryGraph(), few, async (graph, faults) => {
      const store = new Memory();
      const source = patient(faultySource(await memoryWith(graph), faults));
      await copy(source, store, graph.root, { tag: 'name' });
      await assertWhole(store, graph);
    }),
    { numRuns: 200 },
  );
});
