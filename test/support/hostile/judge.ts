/** The rules that hold for every command in every case, checked in one place. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { systemClock } from '../../../src/content/system-clock.js';
import { openLayout } from '../../../src/layout/layout.js';
import { verifyLayout } from '../../../src/layout/verify.js';
import type { Elsewhere } from './elsewhere.js';
import type { Run, Stage } from './stage.js';
import { filesIn, findFaults } from './store-check.js';

/** Looks and touches nothing. */
const READER = { clock: systemClock, pid, isRunning: () => true, isReadOnly: true } as const;

/** All control characters but the line feed, and what turns or hides text. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;

const MAX_LINES = 10;
const MAX_BYTES = 8 * 1024;
const MAX_RSS_KIB = 200 * 1024;

export interface Expectation {
  /** The exit code; several where the rules leave it open. */
  readonly exit: readonly number[];
  /** What the last line of the standard error has to say. */
  readonly says: readonly RegExp[];
  /** Whether a failure has to name the registry, a file of the person's, or nothing. */
  readonly names: 'registry' | 'file' | 'nothing';
  /** Whether it was asked to say more than its error. */
  readonly talks: boolean;
  /** Paths below the home, beside the store, that the command may write. */
  readonly mayWrite: readonly string[];
}

/** Checks what the command said and how it ended. */
export function judgeRun(run: Run, stage: Stage, expectation: Expectation): void {
  const { stderr, stdout } = run;
  const story = `$ reg ${run.args.join(' ')}\n${stdout}${stderr}(exit ${run.code}, ${run.seconds.toFixed(1)} s)`;
  assert.ok(!run.hung, `it did not end by itself\n${story}`);
  assert.ok(
    expectation.exit.includes(run.code ?? -1),
    `wanted exit ${expectation.exit.join(' or ')}\n${story}`,
  );
  judgeText(stderr, story, expectation);
  assert.doesNotMatch(stdout, UNSAFE, story);
  assert.ok(
    run.peakRssKiB < MAX_RSS_KIB,
    `it took ${Math.round(run.peakRssKiB / 1024)} MiB of memory\n${story}`,
  );
  for (const secret of stage.secrets()) {
    assert.ok(!`${stdout}${stderr}`.includes(secret), `it printed a secret\n${story}`);
  }
  if (run.code === 0 || expectation.talks) return;
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  assert.match(last, /^reg: (?!warning: )./, `the last line is to be the error\n${story}`);
  for (const wanted of expectation.says) assert.match(last, wanted, story);
  const place = { registry: stage.host, file: stage.home, nothing: '' }[expectation.names];
  assert.ok(last.includes(place), `it does not say where (${place})\n${story}`);
}

function judgeText(stderr: string, story: string, { talks }: Expectation): void {
  const lines = stderr
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '');
  assert.doesNotMatch(stderr, UNSAFE, story);
  assert.doesNotMatch(stderr, /internal error|\[object |\bundefined\b|\bNaN\b/, story);
  if (talks) return;
  assert.ok(
    lines.length <= MAX_LINES && Buffer.byteLength(stderr) <= MAX_BYTES,
    `it says too much\n${story}`,
  );
  assert.doesNotMatch(stderr, /^\s*at /m, `a stack trace\n${story}`);
  for (const line of lines) assert.match(line, /^reg: /, `every line says who speaks\n${story}`);
}

/** Checks what is on disk: the store, what is beside it and the cache, and that no secret is in any of it. */
export async function judgeDisk(
  stage: Stage,
  before: readonly string[],
  { mayWrite }: Pick<Expectation, 'mayWrite'>,
): Promise<void> {
  const honest = new Map([
    ...stage.registry.blobs,
    ...[...stage.registry.manifests].map(([name, { bytes }]) => [name, bytes] as const),
  ]);
  assert.deepEqual(await findFaults(stage.store, honest), [], 'the store is not as it should be');
  const files = await filesIn(stage.home);
  const added = files.filter((file) => !before.includes(file) && !/^(?:store|\.cache)\//.test(file));
  assert.deepEqual(
    added.filter((file) => !mayWrite.includes(file)),
    [],
    'it left files behind',
  );
  const secrets = stage.secrets();
  for (const file of files) {
    if (file === '.docker/config.json' || before.includes(file)) continue;
    const text = await readFile(join(stage.home, file), 'latin1');
    assert.ok(!secrets.some((secret) => text.includes(secret)), `${file} holds a secret`);
  }
}

/** Checks that `reg verify` has nothing to complain of; asked without a process of its own, which would double the time. */
export async function judgeStore({ store }: Stage): Promise<void> {
  const { problems } = await verifyLayout(await openLayout(store, READER));
  assert.deepEqual(problems, [], 'the store does not verify');
}

/** Checks that no credential reached another origin. */
export function judgeForeign(elsewhere: Elsewhere, stage: Stage): void {
  for (const { method, path, headers } of elsewhere.requests) {
    for (const name of ['authorization', 'cookie', 'proxy-authorization']) {
      assert.equal(headers[name], undefined, `${method} ${elsewhere.host}${path} came with ${name}`);
    }
  }
  // A signature is meant for the place where it leads; logins and tokens are not.
  const secrets = stage.secrets().filter((secret) => !secret.startsWith('sig-'));
  for (const text of elsewhere.heard) {
    assert.ok(
      !secrets.some((secret) => text.includes(secret)),
      `a secret went to ${elsewhere.host}:\n${text}`,
    );
  }
}
