/** Tags that are not to be moved without being looked at. */

import type { CallOptions, Sink, Source } from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import { quoteText } from '../../spec/text.js';

export interface TagRules {
  /** A name that stands for another image stays as it is. Default false. */
  readonly noClobber?: boolean | undefined;
  /** What the name has to stand for beforehand. */
  readonly expectDigest?: Digest | undefined;
}

/** Where names are: what each stands for by now. */
export type Current = (name: string, options?: CallOptions) => Promise<Descriptor | undefined>;

/** What names stand for in a source. */
export function currentIn(source: Pick<Source, 'resolve'>): Current {
  return async (name, options) => {
    try {
      return await source.resolve(name, options);
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  };
}

interface Guard extends TagRules {
  readonly current: Current;
}

/**
 * `sink`, which names nothing against the rules: the name is looked at right before it is set, and right after. Registries
 * know no condition that goes with a push (distribution-spec 1.1), so between the first look and the push another client
 * may still set it: that is then found out when it came after us, and not when it came before. Throws TAG_EXISTS.
 */
export function guarded(sink: Sink, guard: Guard): Sink {
  if (guard.noClobber !== true && guard.expectDigest === undefined) return sink;
  return {
    has: (descriptor, options) => sink.has(descriptor, options),
    async put(content, options = {}) {
      const { tag, signal } = options;
      if (tag === undefined) return sink.put(content, options);
      await requireTag(tag, content.descriptor, { ...guard, signal });
      const outcome = await sink.put(content, options);
      await requireStill(tag, content.descriptor, { ...guard, signal });
      return outcome;
    },
  };
}

/** Throws TAG_EXISTS when there are rules and `name`, which was set just now, does not stand for `descriptor`. */
export async function requireStill(
  name: string,
  descriptor: Descriptor,
  { current, noClobber, expectDigest, signal }: Guard & CallOptions,
): Promise<void> {
  if (noClobber !== true && expectDigest === undefined) return;
  const after = await current(name, { signal });
  if (after?.digest === descriptor.digest) return;
  const message = `${quoteText(name)} was moved by somebody else meanwhile: ${said(after)}`;
  throw new RegError('TAG_EXISTS', message);
}

/** Throws TAG_EXISTS when the rules forbid that `name` becomes `next`; what it is already it may stay. */
export async function requireTag(
  name: string,
  next: Descriptor,
  { current, noClobber, expectDigest, signal }: Guard & CallOptions,
): Promise<void> {
  const now = await current(name, { signal });
  if (now?.digest === next.digest) return;
  if (noClobber === true && now !== undefined) {
    const hint = 'Choose another tag, or allow that it is moved.';
    throw new RegError('TAG_EXISTS', `${quoteText(name)} exists: ${said(now)}`, { hint });
  }
  if (expectDigest === undefined || now?.digest === expectDigest) return;
  const message = `${quoteText(name)} is not what was expected: ${said(now)}, not for ${shortDigest(expectDigest)}`;
  throw new RegError('TAG_EXISTS', message, {
    hint: 'See what has changed, and try again with its digest.',
  });
}

function said(descriptor: Descriptor | undefined): string {
  return `it stands for ${descriptor === undefined ? 'nothing' : shortDigest(descriptor.digest)}`;
}
