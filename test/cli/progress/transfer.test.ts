import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Transfer } from '../../../src/cli/progress/transfer.js';
import { done, FakeClock, found, layer, progress } from '../../support/screen.js';

const BIG = layer('big', 1000);

test('What an earlier run left counts as there, not as moved', () => {
  const transfer = new Transfer(new FakeClock().now);
  transfer.take(found(BIG));
  transfer.take(progress(BIG, 900));
  const part = transfer.take(progress(BIG, 1000));
  assert.equal(part.resumedAt, 900);
  assert.equal(transfer.total().position, 1000);
  assert.equal(transfer.total().moved, 100);
});

test('A layer that is begun again falls back, and all that was moved was moved', () => {
  const transfer = new Transfer(new FakeClock().now);
  for (const position of [500, 800, 0, 1000]) transfer.take(progress(BIG, position));
  const { position, moved } = transfer.total();
  assert.deepEqual({ position, moved }, { position: 1000, moved: 1300 });
  assert.equal(transfer.layers()[0]?.resumedAt, 0);
});

test('Speed is that of the last seconds, and the time left follows from it', () => {
  const clock = new FakeClock();
  const transfer = new Transfer(clock.now);
  const huge = layer('huge', 100_000);
  transfer.take(found(huge));
  transfer.take(progress(huge, 0));
  for (let second = 1; second <= 10; second++) {
    clock.ms = second * 1000;
    transfer.take(progress(huge, second * 1000));
  }
  const { speed, leftMs = NaN } = transfer.total();
  assert.ok(speed > 900 && speed < 1400, `${speed}`);
  assert.ok(leftMs > 60_000 && leftMs < 100_000, `${leftMs}`);
  clock.ms += 10_000;
  assert.equal(transfer.total().speed, 0);
  assert.equal(transfer.total().leftMs, undefined);
});

test('Manifests and configs count, but are no layers', () => {
  const transfer = new Transfer(new FakeClock().now);
  transfer.take(found({ ...layer('config', 10), mediaType: 'application/vnd.oci.image.config.v1+json' }));
  transfer.take(found({ ...layer('manifest', 20), mediaType: 'application/vnd.oci.image.manifest.v1+json' }));
  transfer.take(found(BIG));
  assert.deepEqual(
    transfer.layers().map((part) => part.descriptor),
    [BIG],
  );
  assert.equal(transfer.total().size, 1030);
});

test('What was written for one tag stays written when the next tag finds it there', () => {
  const transfer = new Transfer(new FakeClock().now);
  transfer.take(done(BIG, 'written'));
  assert.equal(transfer.take(done(BIG, 'exists')).outcome, 'written');
});

test('Sizes beyond 32 bits add up', () => {
  const transfer = new Transfer(new FakeClock().now);
  transfer.take(progress(layer('a', 6e12), 0));
  transfer.take(progress(layer('a', 6e12), 5e12));
  transfer.take(found(layer('b', 3e12)));
  assert.deepEqual([transfer.total().size, transfer.total().position], [9e12, 5e12]);
});
