import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';

import { watchSignals, type Interruption } from '../../src/cli/signals.js';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

function watch(): { readonly source: FakeProcess; readonly interruption: Interruption } {
  const source = new FakeProcess();
  return { source, interruption: watchSignals(source) };
}

test('The first signal aborts, and has its own exit code', () => {
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const { source, interruption } = watch();
    assert.equal(interruption.exitCode(), undefined);
    source.emit(name);
    assert.ok(interruption.signal.aborted);
    assert.equal(interruption.exitCode(), code);
    assert.deepEqual(source.exits, []);
  }
});

test('The second signal exits at once, with the code of the first', () => {
  const { source } = watch();
  source.emit('SIGTERM');
  source.emit('SIGINT');
  assert.deepEqual(source.exits, [143]);
});

test('A command that does not end is ended', async () => {
  const { source, interruption } = watch();
  source.emit('SIGINT');
  await assert.rejects(interruption.deadline, { code: 'ABORTED', message: 'interrupted' });
});

test('A reader that went away aborts without a word, but not after a signal', () => {
  const { interruption } = watch();
  interruption.brokenPipe();
  assert.ok(interruption.signal.aborted && interruption.isQuiet());
  assert.equal(interruption.exitCode(), 141);

  const later = watch();
  later.source.emit('SIGINT');
  later.interruption.brokenPipe();
  assert.equal(later.interruption.exitCode(), 130);
  assert.ok(!later.interruption.isQuiet());
});
