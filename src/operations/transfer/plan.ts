/**
 * What a copy would do: the same walk, into a sink that asks and takes nothing in.
 *
 *     copy(source, planned(sink), root) ──▶ for each part: there, mounted or written
 */

import { copy, type CopyOptions } from '../../content/copy.js';
import type { CopyEvent, CopyListener } from '../../content/events.js';
import type { Origin, Outcome, Sink, Source } from '../../content/types.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import type { Tally } from './tally.js';

/** One part of an image and what would become of it. */
export interface PlannedPart {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Length in bytes. */
  readonly size: number;
  readonly outcome: Outcome;
}

export interface Plan {
  /** Every part once, in the order of a copy: what it is made of before an image. */
  readonly parts: readonly PlannedPart[];
  readonly bytes: Tally;
  /** What the name would be moved from; absent where it is new, or where there is none. */
  readonly previous?: Digest;
}

interface PlannedOptions {
  /** The repository that the sink is, where it is one: what another on its host has would be mounted. */
  readonly home?: Origin | undefined;
}

/** `sink`, which is asked and gets nothing. A registry may still refuse a mount, and want the bytes. */
export function planned(sink: Sink, { home }: PlannedOptions = {}): Sink {
  const promised = new Set<Digest>();
  const has: Sink['has'] = async (descriptor, options) =>
    promised.has(descriptor.digest) || sink.has(descriptor, options);
  return {
    has,
    async put({ descriptor, origin }, { signal } = {}) {
      if (await has(descriptor, { signal })) return 'exists';
      promised.add(descriptor.digest);
      return origin !== undefined && origin.host === home?.host ? 'mounted' : 'written';
    },
  };
}

/** A listener that gathers what a copy into a `planned` sink says, and what came of it. */
export function createPlan(): { readonly listener: CopyListener; readonly plan: () => Plan } {
  const parts = new Map<Digest, PlannedPart>();
  const listener = (event: CopyEvent): void => {
    const { digest, mediaType, size } = event.descriptor;
    if (event.type === 'done' && !parts.has(digest))
      parts.set(digest, { digest, mediaType, size, outcome: event.outcome });
  };
  const sum = (wanted: Outcome): number =>
    [...parts.values()].reduce((bytes, { outcome, size }) => bytes + (outcome === wanted ? size : 0), 0);
  const plan = (): Plan => ({
    parts: [...parts.values()],
    bytes: { written: sum('written'), mounted: sum('mounted'), exists: sum('exists') },
  });
  return { listener, plan };
}

/** The parts of `root` that `sink` lacks. Throws what reading manifests throws. */
export async function lackingParts(
  source: Source,
  sink: Sink,
  root: Descriptor,
  options: Pick<CopyOptions, 'signal' | 'concurrency'>,
): Promise<readonly PlannedPart[]> {
  const { listener, plan } = createPlan();
  await copy(source, planned(sink), root, { ...options, onEvent: listener });
  return plan().parts.filter(({ outcome }) => outcome === 'written');
}
