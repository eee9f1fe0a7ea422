/** One image from a source to where it is kept, under the rules that a person gave: what pull, push and copy share. */

import { copy, type CopyOptions } from '../../content/copy.js';
import type { Origin, Outcome, Sink, Source } from '../../content/types.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { guarded, requireTag, type Current, type TagRules } from './guarded.js';
import { createPlan, planned, type Plan } from './plan.js';
import { requireRoom } from './room.js';
import { createTally, type Tally } from './tally.js';

/** Where an image is to be kept. */
export interface MoveTarget {
  readonly sink: Sink;
  /** What a name stands for by now. */
  readonly current: Current;
  /** The repository that it is, where it is one. */
  readonly home?: Origin | undefined;
  /** A folder on the disk that everything is written to. */
  readonly folder?: string | undefined;
}

export interface MoveOptions extends TagRules, Omit<CopyOptions, 'tag'> {
  readonly target: MoveTarget;
  /** Name of the image there. */
  readonly name?: string | undefined;
  /** Finds out what would be done, and does nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Puts more into the same sink, in the same way. */
  readonly after?: ((sink: Sink, options: Omit<CopyOptions, 'tag'>) => Promise<void>) | undefined;
}

export interface Moved {
  readonly outcome: Outcome;
  readonly bytes: Tally;
  /** Of a dry run. */
  readonly plan?: Plan;
}

/** Throws TAG_EXISTS by the rules and DISK_FULL before anything is moved, and what source and sink throw. */
export async function moveImage(source: Source, root: Descriptor, options: MoveOptions): Promise<Moved> {
  const { target, name, dryRun = false, noClobber, expectDigest, signal, concurrency } = options;
  const guard = { noClobber, expectDigest, signal, current: target.current };
  if (name !== undefined && (noClobber === true || expectDigest !== undefined))
    await requireTag(name, root, guard);
  const { sink, folder } = target;
  if (folder !== undefined) await requireRoom(source, sink, root, { folder, signal, concurrency });
  if (dryRun) return planMove(source, root, options);
  const { listener, total } = createTally(options.onEvent);
  const outcome = await moveInto(guarded(sink, guard), { source, root, listener }, options);
  return { outcome, bytes: total() };
}

async function planMove(source: Source, root: Descriptor, options: MoveOptions): Promise<Moved> {
  const { target, name, signal } = options;
  const { listener, plan } = createPlan();
  const sink = planned(target.sink, { home: target.home });
  const outcome = await moveInto(sink, { source, root, listener }, options);
  const previous = name === undefined ? undefined : await target.current(name, { signal });
  const found = plan();
  return {
    outcome,
    bytes: found.bytes,
    plan: { ...found, ...(previous === undefined ? {} : { previous: previous.digest }) },
  };
}

interface Work {
  readonly source: Source;
  readonly root: Descriptor;
  readonly listener: NonNullable<CopyOptions['onEvent']>;
}

async function moveInto(
  sink: Sink,
  { source, root, listener }: Work,
  { name, signal, concurrency, after }: MoveOptions,
): Promise<Outcome> {
  const options = { signal, concurrency, onEvent: listener };
  const outcome = await copy(source, sink, root, { ...options, tag: name });
  await after?.(sink, options);
  return outcome;
}
