/** Splits work over workers that know nothing of each other: each does what falls to it by a hash that never changes. */

import { createHash } from 'node:crypto';

import { RegError } from '../../errors.js';
import { formatReference, type Reference } from '../../spec/reference.js';
import { quoteText } from '../../spec/text.js';

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/**
 * Reads `K/N`, with K from 1, or `N` alone where `index` (Kubernetes' `JOB_COMPLETION_INDEX`, from 0) says which.
 * Throws INVALID_ARGUMENT.
 */
export function parseShard(text: string, index: string | undefined): Shard {
  const [, number, total = ''] = /^(?:(\d{1,6})\/)?(\d{1,6})$/.exec(text) ?? [];
  const count = Number(total);
  const position = number === undefined ? Number(index || 'none') : Number(number) - 1;
  if (total !== '' && count >= 1 && Number.isInteger(position) && position >= 0 && position < count)
    return { index: position, count };
  const isMissing = number === undefined && total !== '' && (index ?? '') === '';
  throw new RegError('INVALID_ARGUMENT', `invalid --shard ${quoteText(text, 40)}`, {
    hint: isMissing
      ? 'Write K/N, or set JOB_COMPLETION_INDEX to say which of them this is.'
      : 'Write K/N, such as 2/5 for the second of five.',
  });
}

/** Whether a destination falls to this worker: by its repository, so that two workers never write to one. */
export function isInShard({ domain, path }: Reference, { index, count }: Shard): boolean {
  const hash = createHash('sha256').update(formatReference({ domain, path })).digest();
  return hash.readUIntBE(0, 6) % count === index;
}
