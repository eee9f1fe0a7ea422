import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFile,
  lstat,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { streamOf } from '../../src/content/read.js';
import type { Content, Receiver } from '../../src/content/types.js';
import { hasCode, RegError } from '../../src/errors.js';
import { Claims } from '../../src/disk/claim.js';
import type { Layout } from '../../src/layout/layout.js';
import type { Digest } from '../../src/spec/digest.js';
import { collect } from '../support/scripted-setup.js';
import { blob, emptyStore, openStore, thisProcess } from './stores.js';

const BYTES = Buffer.concat(
  Array.from({ length: 100_000 }, (_, n) => createHash('sha256').update(`${n}`).digest()),
);
const LAYER = blob(BYTES);
const { digest, size } = LAYER.descriptor;

interface Served extends Content {
  readonly openedAt: number[];
  /** Bytes given out. */
  served: number;
}

/** The layer in chunks of a size, each passed through `change`, which gets its number of openings and its offset. */
function serve(
  change: (chunk: Buffer, opening: number, at: number) => Buffer = (chunk) => chunk,
  chunkSize = 10_007,
): Served {
  const content: Served = {
    descriptor: LAYER.descriptor,
    openedAt: [],
    served: 0,
    async open({ from = 0 } = {}) {
      const opening = content.openedAt.push(from);
      return (async function* () {
        for (let at = from; at < size; at += chunkSize) {
          const chunk = change(Buffer.from(BYTES.subarray(at, at + chunkSize)), opening, at);
          content.served += chunk.length;
          yield chunk;
        }
      })();
    },
  };
  return content;
}

function breakAt(offset: number, error: Error = new RegError('UNREACHABLE', 'cut')): Served {
  return serve((chunk, _, at) => {
    if (at >= offset) throw error;
    return chunk;
  });
}

const blobFile = (store: Layout): string => join(store.folder, 'blobs', 'sha256', digest.slice(7));
const partialFile = (store: Layout): string => join(store.folder, '.partial', `sha256-${digest.slice(7)}`);

/** What is in `.partial` beside the leases themselves. */
async function leftovers(store: Layout): Promise<readonly string[]> {
  return (await readdir(join(store.folder, '.partial'))).filter(
    (name) => !/^lease\.[0-9a-f]{16}\.claim$/.test(name),
  );
}

async function assertWhole(store: Layout): Promise<void> {
  assert((await readFile(blobFile(store))).equals(BYTES));
  assert.deepEqual(await leftovers(store), []);
}

for (const chunkSize of [1000, 65_536, 1_000_000, size]) {
  test(`a blob in chunks of ${chunkSize} bytes is written as it came`, async (t) => {
    const store = await emptyStore(t);
    assert.equal(await store.put(serve(undefined, chunkSize)), 'written');
    await assertWhole(store);
  });
}

test('a blob that breaks off stays as a partial, and only the rest is fetched next time', async (t) => {
  const store = await emptyStore(t);
  await assert.rejects(store.put(breakAt(2_000_000)), (error) => hasCode(error, 'UNREACHABLE'));
  await assert.rejects(stat(blobFile(store)));
  const kept = (await stat(partialFile(store))).size;
  assert.deepEqual(await leftovers(store), [`sha256-${digest.slice(7)}`]);
  const again = serve();
  const later = await openStore(t, store.folder);
  assert.equal(await later.put(again), 'written');
  assert.deepEqual(again.openedAt, [kept]);
  assert.equal(again.served, size - kept);
  assert(kept >= 2_000_000);
  await assertWhole(store);
});

test('a put that is called off keeps what has come', async (t) => {
  const store = await emptyStore(t);
  const abort = new AbortController();
  const content = serve((chunk, _, at) => {
    if (at > 1_500_000) abort.abort(new RegError('ABORTED', 'interrupted'));
    return chunk;
  });
  await assert.rejects(store.put(content, { signal: abort.signal }), (error) => hasCode(error, 'ABORTED'));
  assert((await stat(partialFile(store))).size > 1_500_000);
});

test('a partial that is complete needs no fetching', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  await writeFile(partialFile(store), BYTES);
  const content = serve();
  await store.put(content);
  assert.deepEqual(content.openedAt, []);
  await assertWhole(store);
});

test('a partial of other bytes is found out at the end, and the blob fetched once more from the start', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  await writeFile(partialFile(store), Buffer.alloc(1_000_000));
  const content = serve();
  await store.put(content);
  assert.deepEqual(content.openedAt, [1_000_000, 0]);
  await assertWhole(store);
});

test('a partial that is too long is begun again', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  await writeFile(partialFile(store), Buffer.concat([BYTES, Buffer.from('more')]));
  const content = serve();
  await store.put(content);
  assert.deepEqual(content.openedAt, [0]);
  await assertWhole(store);
});

test('a partial that is too long is begun again for those, too, who have read what came', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the folders'));
  await writeFile(partialFile(store), Buffer.concat([BYTES, Buffer.from('more')]));
  const content = serve();
  const begun: number[] = [];
  const follower = {
    begin: async ({ position }: { position: number }) => void begun.push(position),
    grow() {},
  };
  await store.fetch(content, { follower });
  assert.deepEqual([begun, content.openedAt], [[0], [0]]);
  await assertWhole(store);
});

test('a blob that ends too soon, without a word, is no shorter one', async (t) => {
  const store = await emptyStore(t);
  const content = serve((chunk, _, at) => (at < 2_000_000 ? chunk : chunk.subarray(0, 0)));
  await assert.rejects(
    store.put(content),
    (error) => hasCode(error, 'SIZE_MISMATCH') && /ended after \d+ of 3200000 bytes/.test(error.message),
  );
  assert.equal(await store.has(LAYER.descriptor), false);
});

test('a small blob that breaks off leaves nothing, and one that is wrong at first is fetched again', async (t) => {
  const store = await emptyStore(t);
  const small = blob('small');
  let openings = 0;
  const flaky = (bytes: () => Uint8Array): Content => ({
    ...small,
    async open() {
      openings += 1;
      return streamOf(bytes());
    },
  });
  const cut = flaky(() => {
    throw new RegError('UNREACHABLE', 'cut');
  });
  await assert.rejects(store.put(cut), (error) => hasCode(error, 'UNREACHABLE'));
  await assert.rejects(store.put(flaky(() => Buffer.from('wrong'))), (error) =>
    hasCode(error, 'DIGEST_MISMATCH'),
  );
  assert.equal(openings, 3);
  assert.deepEqual(await leftovers(store), []);
  assert.equal(await store.has(small.descriptor), false);
  await store.put(flaky(() => Buffer.from(openings === 4 ? 'wrong' : 'small')));
  assert.equal(await store.has(small.descriptor), true);
  assert.deepEqual(await leftovers(store), []);
});

/** The layer over two connections, of which one brings bytes from `at` on, and the other then those from the start, until it breaks. */
function spreadUntil(broken: number, at: number): Content {
  return {
    ...serve(),
    async spread(receiver) {
      const [first, other] = [receiver.begin(0), receiver.begin(at)];
      await other.add(BYTES.subarray(at, at + 100_000));
      await other.end();
      await first.add(BYTES.subarray(0, broken));
      await first.end();
      throw new RegError('UNREACHABLE', 'cut');
    },
  };
}

/** Gives what is missing, a gap after the other. */
function serveGaps(): Served {
  const content = serve();
  return Object.assign(content, {
    async spread(receiver: Receiver) {
      for (const { from, to } of receiver.held.missing({ from: 0, to: size })) {
        content.openedAt.push(from);
        content.served += to - from;
        const stretch = receiver.begin(from);
        await stretch.add(BYTES.subarray(from, to));
        await stretch.end();
      }
    },
  });
}

test('what came before its turn is kept, too, and only what is missing is fetched next time', async (t) => {
  const store = await emptyStore(t);
  await assert.rejects(store.put(spreadUntil(500_000, 2_000_000)), (error) => hasCode(error, 'UNREACHABLE'));
  const name = `sha256-${digest.slice(7)}`;
  assert.deepEqual((await leftovers(store)).toSorted(), [name, `${name}.parts`]);
  assert.equal(await readFile(`${partialFile(store)}.parts`, 'utf8'), '0 0\n2000000 2100000\n0 500000\n');
  // As a process leaves it that is killed while it notes something.
  await appendFile(`${partialFile(store)}.parts`, '2100000 30');
  // Room is asked for by that.
  assert.equal(await store.lacks(LAYER.descriptor), size - 600_000);
  const again = serveGaps();
  await (await openStore(t, store.folder)).put(again);
  assert.deepEqual(again.openedAt, [500_000, 2_100_000]);
  assert.equal(again.served, size - 600_000);
  await assertWhole(store);
});

test('a note that is there tells of what comes in order, too', async (t) => {
  const store = await emptyStore(t);
  await assert.rejects(store.put(spreadUntil(500_000, 2_000_000)), (error) => hasCode(error, 'UNREACHABLE'));
  await assert.rejects(store.put(breakAt(1_000_000)), (error) => hasCode(error, 'UNREACHABLE'));
  const last = serveGaps();
  await store.put(last);
  assert.ok((last.openedAt[0] ?? 0) >= 1_000_000);
  assert.deepEqual(last.openedAt.slice(1), [2_100_000]);
  await assertWhole(store);
});

test('what came before its turn is fetched again from where nobody gives stretches', async (t) => {
  const store = await emptyStore(t);
  await assert.rejects(store.put(spreadUntil(500_000, 2_000_000)), (error) => hasCode(error, 'UNREACHABLE'));
  const again = serve();
  await store.put(again);
  assert.deepEqual(again.openedAt, [500_000]);
  await assertWhole(store);
});

for (const [what, note] of [
  ['tells of more than there is', '0 3000000\n'],
  ['makes no sense', '\n1 x\n5 2\n99999999999999999999 3\n'],
  ['of another file tells of too little', '7 9\n'],
] as const) {
  test(`a note that ${what} does no harm`, async (t) => {
    const store = await emptyStore(t);
    await store.put(blob('makes the directories'));
    await writeFile(partialFile(store), Buffer.concat([BYTES.subarray(0, 50), Buffer.alloc(50)]));
    await writeFile(`${partialFile(store)}.parts`, note);
    await store.put(serveGaps());
    await assertWhole(store);
  });
}

test('what a note told of bytes that are gone is not believed of those that come in their place', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the folders'));
  await writeFile(partialFile(store), BYTES.subarray(0, 100));
  await writeFile(`${partialFile(store)}.parts`, '0 3000000\n');
  // Now the file is long again, and has a gap.
  await assert.rejects(store.put(spreadUntil(50, 2_000_000)), (error) => hasCode(error, 'UNREACHABLE'));
  const again = serveGaps();
  await store.put(again);
  assert.deepEqual(again.openedAt, [100, 2_100_000]);
  await assertWhole(store);
});

test('a symbolic link in the place of a note that is to be begun is not followed', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the folders'));
  const precious = join(store.folder, 'precious');
  await writeFile(precious, 'precious');
  await symlink(precious, `${partialFile(store)}.parts`);
  await assert.rejects(store.put(spreadUntil(50, 2_000_000)));
  assert.equal(await readFile(precious, 'utf8'), 'precious');
});

test('a symbolic link in the place of a note is removed, not followed', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  const precious = join(store.folder, 'precious');
  await writeFile(precious, '0 100\n');
  await writeFile(partialFile(store), BYTES.subarray(0, 100));
  await symlink(precious, `${partialFile(store)}.parts`);
  const content = serveGaps();
  await store.put(content);
  assert.deepEqual(content.openedAt, [0]);
  assert.equal(await readFile(precious, 'utf8'), '0 100\n');
  await assertWhole(store);
});

test('a symbolic link in the place of a partial is replaced, not followed', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  const precious = join(store.folder, 'precious');
  await writeFile(precious, 'precious');
  await symlink(precious, partialFile(store));
  await store.put(serve());
  assert.equal(await readFile(precious, 'utf8'), 'precious');
  await assertWhole(store);
});

test('bytes that are wrong the first time only are fetched again', async (t) => {
  const store = await emptyStore(t);
  const content = serve((chunk, opening) => (opening === 1 ? Buffer.alloc(chunk.length) : chunk));
  await store.put(content);
  assert.deepEqual(content.openedAt, [0, 0]);
  await assertWhole(store);
});

test('bytes that are wrong twice are an error and leave nothing', async (t) => {
  const store = await emptyStore(t);
  const content = serve((chunk, _, at) => (at === 0 ? Buffer.alloc(chunk.length) : chunk));
  await assert.rejects(store.put(content), (error) => hasCode(error, 'DIGEST_MISMATCH'));
  assert.deepEqual(content.openedAt, [0, 0]);
  assert.equal(await store.has(LAYER.descriptor), false);
  assert.deepEqual(await leftovers(store), []);
});

test('bytes without end are read no further than the size, and leave nothing', async (t) => {
  const store = await emptyStore(t);
  let given = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 65_536;
      yield Buffer.alloc(65_536);
    }
  };
  const content = { descriptor: LAYER.descriptor, open: async () => endless() };
  await assert.rejects(store.put(content), (error) => hasCode(error, 'SIZE_MISMATCH'));
  assert(given <= 2 * (size + 2 * 65_536), `${given} bytes were read`);
  assert.deepEqual(await leftovers(store), []);
});

test('while another process fetches a blob, this one does so in a file of its own', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  await writeFile(partialFile(store), BYTES.subarray(0, 5));
  const other = await new Claims(thisProcess).claim(partialFile(store));
  const content = serve();
  await store.put(content);
  assert.deepEqual(content.openedAt, [0]);
  assert.equal((await readFile(partialFile(store))).length, 5);
  await other?.release();
  assert.deepEqual(await leftovers(store), [`sha256-${digest.slice(7)}`]);
});

test('two puts of one blob at once fetch it once', async (t) => {
  const store = await emptyStore(t);
  const content = serve();
  assert.deepEqual(await Promise.all([store.put(content), store.put(content)]), ['written', 'exists']);
  assert.deepEqual(content.openedAt, [0]);
});

test('a second put goes on when the first one of the same process failed', async (t) => {
  const store = await emptyStore(t);
  const again = serve();
  const [first, second] = await Promise.allSettled([store.put(breakAt(1_000_000)), store.put(again)]);
  assert.equal(first.status, 'rejected');
  assert.equal(second.status, 'fulfilled');
  assert.equal(again.openedAt.length, 1);
  assert(again.openedAt.every((from) => from >= 1_000_000));
});

test('a blob that was cut or altered on disk is not believed, and is fetched again', async (t) => {
  const damages = [
    (path: string): Promise<void> => truncate(path, 5),
    (path: string): Promise<void> => writeFile(path, Buffer.alloc(size)),
    (path: string): Promise<void> => writeFile(path, 'x', { flag: 'r+' }),
  ];
  for (const damage of damages) {
    const store = await emptyStore(t);
    await store.put(serve());
    await damage(blobFile(store));
    await assert.rejects(
      store.get(LAYER.descriptor).open(),
      (error) => hasCode(error, 'STORE_CORRUPT') && /reg verify/.test(error.context.hint ?? ''),
    );
    assert.equal(await store.has(LAYER.descriptor), false);
    assert.equal(await store.put(serve()), 'written');
    await assertWhole(store);
  }
});

test('a symbolic link in the place of a blob is neither read nor followed', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  const outside = join(store.folder, 'outside');
  await writeFile(outside, BYTES);
  await symlink(outside, blobFile(store));
  assert.equal(await store.has(LAYER.descriptor), false);
  for (const verifies of [false, true])
    await assert.rejects(store.get(LAYER.descriptor).open({ verifies }), (error) =>
      hasCode(error, 'STORE_CORRUPT'),
    );
  await store.put(serve());
  await assertWhole(store);
});

test('a digest that nobody has looked at leads to no path', async (t) => {
  const store = await emptyStore(t);
  await writeFile(join(store.folder, 'outside'), BYTES);
  const digest: Digest = JSON.parse('"sha256:../../outside"');
  await assert.rejects(store.has({ ...LAYER.descriptor, digest }), (error) =>
    hasCode(error, 'INVALID_DIGEST'),
  );
});

test('a symbolic link that is as long as the blob is none', async (t) => {
  const store = await emptyStore(t);
  // The size of a link is that of the path in it.
  const outside = join(store.folder, 'outside');
  const small = blob(Buffer.alloc(outside.length, 'x'));
  await store.put(small);
  const file = join(store.folder, 'blobs', 'sha256', small.descriptor.digest.slice(7));
  await rename(file, outside);
  await symlink(outside, file);
  assert.equal(await store.has(small.descriptor), false);
  assert.equal(await store.put(small), 'written');
  assert.ok((await lstat(file)).isFile());
});

test('a blob that is written to while it is hashed is not believed', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the folders'));
  const large = blob(Buffer.alloc(64 * 1024 * 1024));
  const file = join(store.folder, 'blobs', 'sha256', large.descriptor.digest.slice(7));
  await writeFile(file, Buffer.alloc(large.descriptor.size));
  await utimes(file, 1, 1);
  const asked = store.has(large.descriptor);
  // By now its first bytes have been read.
  for (let turns = 0; turns < 20; turns++) await nextTurn();
  await writeFile(file, 'x', { flag: 'r+' });
  assert.equal(await asked, false);
  assert.equal(await store.has(large.descriptor), false);
});

test('a blob that another tool wrote is not hashed before whoever verifies it reads it', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  const bytes = Buffer.alloc(size);
  await writeFile(blobFile(store), bytes);
  const content = store.get(LAYER.descriptor);
  await assert.rejects(content.open(), (error) => hasCode(error, 'STORE_CORRUPT'));
  assert.deepEqual(await collect(content.open({ verifies: true })), bytes);
});

test('a blob that another tool wrote is hashed once and then believed', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  await writeFile(blobFile(store), BYTES);
  const before = (await stat(blobFile(store))).mtimeMs;
  assert.equal(await store.put(serve()), 'exists');
  const { mtime } = await stat(blobFile(store));
  assert.notEqual(mtime.getTime(), before);
  assert.equal(mtime.toISOString(), '2000-01-01T00:00:00.000Z');
});

test('a layout that is opened for reading only is not touched', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  await writeFile(blobFile(store), BYTES);
  const before = (await stat(blobFile(store))).mtimeMs;
  const reader = await openStore(t, store.folder, { isReadOnly: true });
  assert.equal(await reader.has(LAYER.descriptor), true);
  assert.equal((await stat(blobFile(store))).mtimeMs, before);
  await assert.rejects(reader.put(blob('x')), (error) => hasCode(error, 'UNSUPPORTED'));
});

test('what dead processes left is removed when the store is next written to', async (t) => {
  const store = await emptyStore(t);
  await store.put(blob('makes the directories'));
  const work = join(store.folder, '.partial');
  const dead = JSON.stringify({
    pid: 2 ** 22 + 1,
    host: thisProcess.hostname,
    start: '',
    nonce: '0123456789abcdef',
  });
  const alive = JSON.stringify({ pid: 1, host: 'another-host', start: '', nonce: '0123456789abcdef' });
  await Promise.all([
    writeFile(join(work, 'upload.1111111111111111'), 'of a dead process'),
    writeFile(join(work, 'upload.1111111111111111.claim'), dead),
    writeFile(join(work, 'upload.2222222222222222'), 'of nobody'),
    writeFile(join(work, 'upload.3333333333333333'), 'of a living process'),
    writeFile(join(work, 'upload.3333333333333333.claim'), alive),
    writeFile(join(work, 'lease.4444444444444444.claim'), dead),
    writeFile(join(work, 'lease.4444444444444444.0'), 'of a dead process'),
    writeFile(join(work, 'lease.5555555555555555.claim'), alive),
    writeFile(join(work, 'lease.5555555555555555.12'), 'of a living process'),
    writeFile(join(work, 'lease.6666666666666666.3'), 'of nobody'),
    writeFile(partialFile(store), 'resumable'),
    writeFile(`${partialFile(store)}.claim`, dead),
    writeFile(`${partialFile(store)}.parts`, '0 3\n'),
    writeFile(join(work, `sha256-${'0'.repeat(64)}.parts`), '0 3\n'),
  ]);
  await (await openStore(t, store.folder)).put(blob('next'));
  assert.deepEqual([...(await leftovers(store))].sort(), [
    'lease.5555555555555555.12',
    `sha256-${digest.slice(7)}`,
    `sha256-${digest.slice(7)}.parts`,
    'upload.3333333333333333',
    'upload.3333333333333333.claim',
  ]);
});
