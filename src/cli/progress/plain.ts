/** Progress for logs: a line for each finished layer, and a summary. */

import { cleanLine } from '../output/output.js';
import { noticeLine } from './silent.js';
import { Transfer, type Part } from './transfer.js';
import type { Progress, Screen } from './types.js';
import { notesOn, outcomeOf, partName, summary, type Job } from './words.js';

export interface PlainOptions {
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
}

export function createPlainProgress(screen: Screen, { now }: PlainOptions): Progress {
  let current: { readonly job: Job; readonly transfer: Transfer; readonly told: Set<Part> } | undefined;
  const line = (text: string): void => void screen.write(`${cleanLine(text)}\n`);
  return {
    begin: (job) => void (current = { job, transfer: new Transfer(now), told: new Set() }),
    onEvent(event) {
      if (current === undefined) return;
      const part = current.transfer.take(event);
      const isTold = current.job.isTransient === true || current.told.has(part);
      if (event.type !== 'done' || !part.isLayer || isTold) return;
      current.told.add(part);
      const outcome = outcomeOf(part, current.job.direction) ?? '';
      line(`${partName(part, current.job)}: ${[outcome, ...notesOn(part)].join(', ')}`);
    },
    notice: (notice) => line(noticeLine(notice)),
    pause() {},
    end(outcome) {
      const isTold = outcome === 'done' && current?.job.isTransient !== true;
      if (current !== undefined && isTold && current.transfer.layers().length > 0) {
        line(summary(current.transfer, current.job));
      }
      current = undefined;
    },
  };
}
