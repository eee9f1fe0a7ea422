/** What pulling and pushing have in common: progress while bytes move, results after that. */

import { hasCode, RegError } from '../../errors.js';
import type { Kept } from '../../operations/places/place.js';
import type { Context } from '../context.js';
import type { Job } from '../progress/words.js';
import { limitYoungMemory } from '../young-memory.js';

export interface TransferOptions<Result> extends Pick<Context, 'progress'> {
  readonly job: Job;
  /** Called when the progress is out of the way; also for what was done before a failure. */
  readonly print: (result: Result) => void;
  /** What is left for the next run where this one is interrupted. */
  readonly kept: Kept;
}

/** Drains `results`, which does the work, under one display of progress. */
export async function transfer<Result>(
  results: AsyncIterable<Result> | Iterable<Promise<Result>>,
  { job, print, progress, kept }: TransferOptions<Result>,
): Promise<void> {
  const finished: Result[] = [];
  let outcome: 'done' | 'failed' = 'failed';
  limitYoungMemory();
  progress.begin(job);
  try {
    for await (const result of results) finished.push(result);
    outcome = 'done';
  } catch (error) {
    throw hasCode(error, 'ABORTED') ? sayingWhatIsKept(error, kept) : error;
  } finally {
    progress.end(outcome);
    finished.forEach(print);
  }
}

/** What comes all at once, at the end. */
export async function* allOf<Result>(results: Promise<readonly Result[]>): AsyncGenerator<Result> {
  yield* await results;
}

const HINTS: Readonly<Record<Kept, string | undefined>> = {
  bytes: 'What has arrived is kept: run the same command again to go on.',
  blobs: 'What was complete is kept, what was under way is sent again: run the same command again to go on.',
  nothing: undefined,
};

function sayingWhatIsKept(cause: RegError, kept: Kept): RegError {
  const hint = HINTS[kept];
  return hint === undefined ? cause : new RegError('ABORTED', cause.message, { hint, cause });
}
