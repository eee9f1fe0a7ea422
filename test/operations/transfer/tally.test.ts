import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { CopyEvent } from '../../../src/content/events.js';
import type { Outcome } from '../../../src/content/types.js';
import { createTally } from '../../../src/operations/transfer/tally.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { OCI_LAYER } from '../../../src/spec/media-type.js';

const ONE = describe(OCI_LAYER, Buffer.alloc(100, 1));
const TWO = describe(OCI_LAYER, Buffer.alloc(50, 2));

function progress(descriptor: Descriptor, ...positions: readonly number[]): readonly CopyEvent[] {
  return positions.map((position) => ({ type: 'progress', descriptor, position }));
}

function done(descriptor: Descriptor, outcome: Outcome): CopyEvent {
  return { type: 'done', descriptor, outcome };
}

const tallies: readonly [title: string, events: readonly CopyEvent[], total: readonly number[]][] = [
  ['nothing', [], [0, 0, 0]],
  ['all of a content', [...progress(ONE, 0, 40, 100), done(ONE, 'written')], [100, 0, 0]],
  ['only the rest of one that was resumed', [...progress(ONE, 70, 100), done(ONE, 'written')], [30, 0, 0]],
  [
    'all tries of one that was begun again',
    [...progress(ONE, 70, 90, 0, 100), done(ONE, 'written')],
    [120, 0, 0],
  ],
  ['what came of one that broke off', progress(ONE, 0, 40), [40, 0, 0]],
  ['nothing for one that was found to be right after all', [done(ONE, 'written')], [0, 0, 0]],
  [
    'contents one by one',
    [...progress(ONE, 0, 10), ...progress(TWO, 20, 50), ...progress(ONE, 100)],
    [130, 0, 0],
  ],
  ['sizes of what need not move', [done(ONE, 'mounted'), done(TWO, 'exists')], [0, 100, 50]],
  [
    'a content that did not exist after all by what became of it last',
    [done(ONE, 'exists'), ...progress(ONE, 0, 100), done(ONE, 'written')],
    [100, 0, 0],
  ],
];

for (const [title, events, [written, mounted, exists]] of tallies) {
  test(`a tally counts ${title}`, () => {
    const passed: CopyEvent[] = [];
    const { listener, total } = createTally((event) => passed.push(event));
    events.forEach(listener);
    assert.deepEqual(total(), { written, mounted, exists });
    assert.deepEqual(passed, events);
  });
}
