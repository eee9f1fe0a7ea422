/** Turns a table of cases into tests, one each, that all go through the built command line and the same judge. */
import { pid } from 'node:process';
import { describe, it } from 'node:test';
import { contentOf } from '../../../src/content/read.js';
import { systemClock } from '../../../src/content/system-clock.js';
import { openLayout } from '../../../src/layout/layout.js';
import { parseDescriptor } from '../../../src/spec/descriptor.js';
import { judgeDisk, judgeForeign, judgeRun, judgeStore, type Expectation } from './judge.js';
import type { Faults, HostileRegistry } from './registry.js';
import { setStage, type Run, type RunOptions, type Stage, type StageOptions } from './stage.js';
import { filesIn } from './store-check.js';

/** One case. Its name begins with the number that it has in the list of faults, if it has one. */
export interface Case extends StageOptions {
  readonly name: string;
  /** Exit code; several where the rules leave it open. */
  readonly wanted: 'ok' | number | readonly number[];
  /** What goes wrong at the registry. */
  readonly faults?: Faults | ((stage: Stage) => Promise<Faults> | Faults);
  /** What else is set up, after `faults`. */
  readonly arrange?: (stage: Stage) => Promise<void> | void;
  /** What is run. A push finds the image in the store. Default: `pull`. */
  readonly command?: 'pull' | 'push' | ((stage: Stage) => readonly string[]);
  readonly run?: RunOptions | ((stage: Stage) => RunOptions);
  /** One second for connecting and for silence, so that what hangs is noticed soon. */
  readonly impatient?: true;
  /** What the error has to say. */
  readonly says?: RegExp | readonly RegExp[];
  /** What the error has to name. Default: the registry, in a pull or a push. */
  readonly names?: Expectation['names'];
  /** It is asked to say more than its error: the limits on lines are off. */
  readonly talks?: true;
  /** The image is in the store beforehand, and stays at the registry. */
  readonly filled?: true;
  /** The case itself broke the store before the command ran. */
  readonly storeIsSpoiled?: true | undefined;
  /** What the command may write beside the store. */
  readonly mayWrite?: readonly string[];
  /** What else has to be true. */
  readonly check?: ((run: Run, stage: Stage) => Promise<void> | void) | undefined;
}

const IMPATIENT = { REG_CONNECT_TIMEOUT: '1s', REG_IDLE_TIMEOUT: '1s' };

/** Cases run side by side: most of their time is waiting. */
const CONCURRENCY = 8;

/** Makes one test of each case. */
export function table(section: string, cases: readonly Case[]): void {
  describe(section, { concurrency: CONCURRENCY }, () => {
    for (const one of cases) it(one.name, (t) => play(t, one));
  });
}

async function play(t: { readonly after: Stage['scope']['after'] }, one: Case): Promise<void> {
  const { command = 'pull', wanted, says = [] } = one;
  const stage = await setStage(t, one);
  if (command === 'push' || one.filled === true) await fillStore(stage);
  if (command === 'push') forget(stage.registry);
  stage.registry.faults = typeof one.faults === 'function' ? await one.faults(stage) : (one.faults ?? {});
  await one.arrange?.(stage);
  const before = await filesIn(stage.home);
  const options = typeof one.run === 'function' ? one.run(stage) : (one.run ?? {});
  const run = await stage.reg(argumentsOf(stage, command), {
    ...options,
    env: { ...(one.impatient && IMPATIENT), ...options.env },
  });
  const expectation: Expectation = {
    exit: wanted === 'ok' ? [0] : [wanted].flat(),
    says: [says].flat(),
    names: one.names ?? (typeof command === 'string' ? 'registry' : 'nothing'),
    talks: one.talks ?? false,
    mayWrite: one.mayWrite ?? [],
  };
  judgeRun(run, stage, expectation);
  for (const elsewhere of stage.foreign) judgeForeign(elsewhere, stage);
  if (one.storeIsSpoiled !== true) {
    await judgeDisk(stage, before, expectation);
    await judgeStore(stage);
  }
  await one.check?.(run, stage);
}

function argumentsOf(stage: Stage, command: NonNullable<Case['command']>): readonly string[] {
  if (typeof command === 'function') return command(stage);
  const platform = command === 'pull' ? ['--platform', 'linux/amd64'] : [];
  return [command, '--progress', 'none', ...platform, ...stage.flags, stage.image];
}

/** Puts the image into the store. */
async function fillStore({ store, image, graph, registry }: Stage): Promise<void> {
  const layout = await openLayout(store, {
    clock: systemClock,
    pid,
    isRunning: () => true,
  });
  for (const [digest, bytes] of registry.blobs) {
    const size = bytes.length;
    const descriptor = parseDescriptor({ mediaType: 'application/octet-stream', digest, size }, digest);
    await layout.put(contentOf(descriptor, bytes));
  }
  const root = parseDescriptor(graph.descriptor, 'the image');
  await layout.put(contentOf(root, graph.bytes), { tag: image });
  await layout.close();
}

/** As if nothing had ever been pushed there. */
function forget({ blobs, manifests }: HostileRegistry): void {
  blobs.clear();
  manifests.clear();
}
