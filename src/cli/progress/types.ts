/** How a command tells what it is doing, whatever form that takes. */

import type { CopyListener } from '../../content/events.js';
import type { Job } from './words.js';

export interface Progress {
  /** A job begins; one at a time. */
  begin(job: Job): void;
  /** For the copy that does the job. */
  readonly onEvent: CopyListener;
  /** A line beside the progress, such as a warning; safe to print. */
  notice(notice: { readonly type: string; readonly message: string }): void;
  /** Leaves the terminal as a shell wants it, until there is more to show; synchronous. */
  pause(): void;
  /** The job is over; harmless when there is none. */
  end(outcome: 'done' | 'failed'): void;
}

/** `auto` is `tty` on a terminal that can do it, else `plain`. */
export const PROGRESS_MODES = ['auto', 'tty', 'plain', 'json', 'none'] as const;

export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** A part of what the standard error can do. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}
