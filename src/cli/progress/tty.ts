/** Progress for a terminal: a block of lines at its end, drawn anew ten times a second. */

import { cleanLine } from '../output/output.js';
import type { Style } from '../output/style.js';
import { drawFrame, type FrameOptions } from './frame.js';
import { createPainter } from './painter.js';
import { noticeLine } from './silent.js';
import { Transfer } from './transfer.js';
import type { Progress, Screen } from './types.js';
import type { Job } from './words.js';

export interface TtyOptions {
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  readonly style: Style;
  /** Calls back ten times a second until the answer is called. */
  readonly every: (tick: () => void) => () => void;
  /** The symbol that shows that something is going on; called once a frame. */
  readonly spin: () => string;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export function createTtyProgress(screen: Screen, { now, style, every, spin }: TtyOptions): Progress {
  const painter = createPainter(screen);
  let current: { readonly job: Job; readonly transfer: Transfer; readonly stop: () => void } | undefined;

  const draw = (look: Pick<FrameOptions, 'symbol' | 'phase'>): void => {
    if (current === undefined) return;
    const { columns = DEFAULT_COLUMNS, rows = DEFAULT_ROWS } = screen;
    painter.paint(drawFrame(current.transfer, { job: current.job, style, columns, rows, ...look }));
  };
  return {
    begin(job) {
      // Nothing is drawn before the first tick: what is over by then needs no progress.
      const stop = every(() => draw({ symbol: spin(), phase: 'running' }));
      current = { job, transfer: new Transfer(now), stop };
    },
    onEvent: (event) => void current?.transfer.take(event),
    notice: (notice) => painter.above(cleanLine(noticeLine(notice))),
    pause: () => painter.release(),
    end(outcome) {
      if (current === undefined) return;
      current.stop();
      const symbols = style.unicode ? { done: '✓', failed: '✗' } : { done: '*', failed: 'x' };
      const isLeft = current.job.isTransient !== true && current.transfer.layers().length > 0;
      if (isLeft) draw({ symbol: symbols[outcome], phase: outcome });
      else painter.clear();
      painter.release();
      current = undefined;
    },
  };
}
