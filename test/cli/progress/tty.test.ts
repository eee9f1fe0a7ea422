import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTtyProgress } from '../../../src/cli/progress/tty.js';
import type { Progress } from '../../../src/cli/progress/types.js';
import { createStyle } from '../../../src/cli/output/style.js';
import { TITLE } from '../../../src/spec/artifact.js';
import { shortDigest } from '../../../src/spec/digest.js';
import { done, FakeClock, FakeScreen, found, layer, progress } from '../../support/screen.js';

const ONE = layer('one', 31_400_000);
const TWO = layer('two', 25_300_000);
const THREE = layer('three', 612);
const name = (descriptor: typeof ONE): string => shortDigest(descriptor.digest).slice('sha256:'.length);

interface Setup {
  readonly screen: FakeScreen;
  readonly clock: FakeClock;
  readonly progress: Progress;
  tick(): void;
}

function setUp({
  columns = 80,
  rows = 24,
  env = {},
}: { columns?: number; rows?: number; env?: Record<string, string> } = {}): Setup {
  const screen = new FakeScreen(columns, rows);
  const clock = new FakeClock();
  let tick = (): void => {};
  const every = (callback: () => void): (() => void) => {
    tick = callback;
    return () => (tick = () => {});
  };
  const style = createStyle(env, 'linux');
  const options = { now: clock.now, style, every, spin: () => '@' };
  return { screen, clock, progress: createTtyProgress(screen, options), tick: () => tick() };
}

/** Half of the first layer in, the second resumed, the third there already. */
function halfWay(setup: Setup): void {
  setup.progress.begin({ direction: 'pull', name: 'nginx:latest' });
  for (const descriptor of [ONE, TWO, THREE]) setup.progress.onEvent(found(descriptor));
  setup.progress.onEvent(done(THREE, 'exists'));
  setup.progress.onEvent(progress(ONE, 0));
  setup.clock.ms = 2000;
  setup.progress.onEvent(progress(ONE, 15_700_000));
  setup.tick();
}

test('A line for all of it, and a line for each layer', () => {
  const setup = setUp();
  halfWay(setup);
  assert.deepEqual(setup.screen.visible(), [
    '@ Pulling nginx:latest  27%  15.7/56.7 MB  7.85 MB/s  6s left',
    `  ${name(ONE)}  ━━━━━━━━━━━━━━━───────────────  15.7/31.4 MB  7.85 MB/s`,
    `  ${name(TWO)}  Waiting`,
    `  ${name(THREE)}  Already exists`,
  ]);
});

test('Files go by their titles, as far as there is room and their width is known', () => {
  const setup = setUp();
  setup.progress.begin({ direction: 'pull', name: 'docs:1', unit: 'file' });
  const titles = ['notes.md', 'a/very/long/path.json', '読.md', undefined];
  const files = titles.map((title, at) => ({
    ...layer(`file ${at}`, 10),
    ...(title && { annotations: { [TITLE]: title } }),
  }));
  for (const file of files) setup.progress.onEvent(found(file));
  setup.tick();
  const names = setup.screen
    .visible()
    .slice(1)
    .map((line) => line.slice(2, 14));
  const digests = files.map((file) => name(file));
  assert.deepEqual(names, ['notes.md    ', '../path.json', digests[2], digests[3]]);
});

test('In 40 columns every line still fits', () => {
  const setup = setUp({ columns: 40 });
  halfWay(setup);
  assert.deepEqual(setup.screen.visible(), [
    '@ Pulling nginx:latest  27%  6s left',
    `  ${name(ONE)}  ━━━━╸────  15.7/31.4 MB`,
    `  ${name(TWO)}  Waiting`,
    `  ${name(THREE)}  Already exists`,
  ]);
  setup.progress.onEvent(progress(TWO, 9_100_000));
  setup.progress.onEvent(done(ONE));
  setup.progress.onEvent(done(TWO));
  setup.progress.end('done');
  for (const line of setup.screen.visible()) assert.ok(line.length < 40, line);
});

test('A long name is cut, and not what came of it', () => {
  const setup = setUp();
  const name = 'registry.example.com/team/app:1.0 to registry.example.com/mirror/app:1.0';
  setup.progress.begin({ direction: 'copy', name });
  setup.progress.onEvent(found(ONE));
  setup.progress.onEvent(done(ONE));
  setup.clock.ms = 2000;
  setup.progress.end('done');
  assert.equal(
    setup.screen.visible()[0],
    '✓ Copied registry.example.com/team/app:1.0 to registry.exa…: 1 layer, 0 B in 2s',
  );
});

test('No line is ever as wide as the terminal, however narrow', () => {
  for (let columns = 12; columns <= 120; columns++) {
    const setup = setUp({ columns });
    halfWay(setup);
    setup.progress.end('failed');
    const widths = setup.screen.visible().map((line) => line.length);
    assert.ok(Math.max(...widths) < columns, `${columns} columns: ${widths.join(', ')}`);
  }
});

test('More layers than rows: those that move are shown, the others counted, and nothing scrolls', () => {
  const setup = setUp({ rows: 10 });
  const layers = Array.from({ length: 50 }, (_, at) => layer(`layer ${at}`, 1000));
  setup.progress.begin({ direction: 'push', name: 'app' });
  for (const descriptor of layers) setup.progress.onEvent(found(descriptor));
  for (const descriptor of layers.slice(0, 20)) setup.progress.onEvent(done(descriptor));
  for (const descriptor of layers.slice(20, 24)) setup.progress.onEvent(progress(descriptor, 500));
  setup.tick();
  const lines = setup.screen.visible();
  assert.equal(lines.length, 6);
  assert.ok(lines[1]?.includes(shortDigest(layers[20]?.digest ?? ONE.digest).slice(7)));
  assert.equal(lines[5], '  50 layers: 20 complete, 26 waiting');
});

test('In the end the layers stay, and the cursor is back', () => {
  const setup = setUp({ env: { NO_COLOR: '1' } });
  halfWay(setup);
  setup.progress.onEvent(done(ONE));
  setup.progress.onEvent(progress(TWO, 9_100_000));
  setup.progress.onEvent(progress(TWO, 25_300_000));
  setup.progress.onEvent(done(TWO));
  setup.clock.ms = 4000;
  setup.progress.end('done');
  assert.deepEqual(setup.screen.visible(), [
    '✓ Pulled nginx:latest: 3 layers, 31.9 MB in 4s (7.97 MB/s)',
    `  ${name(ONE)}  Pull complete  31.4 MB`,
    `  ${name(TWO)}  Pull complete  25.3 MB, resumed at 9.10 MB`,
    `  ${name(THREE)}  Already exists`,
  ]);
  assert.ok(setup.screen.text.endsWith('\u001b[?25h'));
  assert.equal(setup.screen.text.split('\u001b[?25l').length, 2);
});

test('A failure shows how far each layer came', () => {
  const setup = setUp();
  halfWay(setup);
  setup.progress.end('failed');
  const lines = setup.screen.visible();
  assert.equal(lines[0], '✗ Pulling nginx:latest');
  assert.equal(lines[1], `  ${name(ONE)}  Stopped at 15.7/31.4 MB`);
});

test('NO_COLOR takes every colour away and leaves the bars', () => {
  const setup = setUp({ env: { NO_COLOR: '1' } });
  halfWay(setup);
  assert.doesNotMatch(setup.screen.text, /\[[\d;]*m/);
  assert.match(setup.screen.text, /━/);
  const colorful = setUp({ env: { NO_COLOR: '' } });
  halfWay(colorful);
  assert.ok(colorful.screen.text.includes('\u001b[36m━'));
});

test('Where the locale is not UTF-8 all is ASCII', () => {
  const setup = setUp({ env: { LC_ALL: 'C', NO_COLOR: '1' } });
  halfWay(setup);
  setup.progress.end('done');
  assert.doesNotMatch(setup.screen.text, /[^\p{ASCII}]/u);
  assert.match(setup.screen.text, /\[==============> +\]/);
});

test('A notice stands above the progress and tears nothing', () => {
  const setup = setUp();
  halfWay(setup);
  const before = setup.screen.visible();
  setup.progress.notice({ type: 'warning', message: 'old\u001b[2J\nimage' });
  assert.deepEqual(setup.screen.visible(), ['reg: warning: old[2J image', ...before]);
});

test('Each frame is one write over the last, and nothing is written between frames', () => {
  const setup = setUp();
  halfWay(setup);
  const count = setup.screen.writes.length;
  for (let position = 16_000_000; position < 31_400_000; position += 1000)
    setup.progress.onEvent(progress(ONE, position));
  assert.equal(setup.screen.writes.length, count);
  setup.tick();
  assert.equal(setup.screen.writes.length, count + 1);
  assert.ok(setup.screen.writes.at(-1)?.startsWith('\r\u001b[4A'));
  assert.ok(!setup.screen.text.includes('\u001b[2J'));
});

test('What is over before the first frame, or has no layers, leaves no trace', () => {
  const setup = setUp();
  setup.progress.begin({ direction: 'pull', name: 'nginx:latest' });
  setup.progress.end('done');
  assert.equal(setup.screen.text, '');
  setup.progress.begin({ direction: 'pull', name: 'nginx:latest' });
  setup.tick();
  assert.deepEqual(setup.screen.visible(), ['@ Pulling nginx:latest']);
  setup.progress.end('failed');
  assert.deepEqual(setup.screen.visible(), []);
  assert.ok(setup.screen.text.endsWith('\u001b[?25h'));
});

test('After a pause the cursor is back, and the progress goes on below what came between', () => {
  const setup = setUp();
  halfWay(setup);
  const before = setup.screen.visible();
  setup.progress.pause();
  assert.ok(setup.screen.text.endsWith('\u001b[?25h'));
  setup.screen.write('$ fg\n');
  setup.tick();
  assert.deepEqual(setup.screen.visible(), [...before, '$ fg', ...before]);
  assert.ok(setup.screen.writes.at(-1)?.startsWith('\u001b[?25l'));
});

test('A terminal made narrower is drawn over as far up as its lines were broken', () => {
  const setup = setUp();
  halfWay(setup);
  setup.screen.columns = 40;
  setup.tick();
  // 62, 72, 23 and 30 characters in lines of 40.
  assert.ok(setup.screen.writes.at(-1)?.startsWith('\r\u001b[6A'));
});
