/** What the states of a transfer are called: docker's words. */

import { TITLE } from '../../spec/artifact.js';
import { hexOf } from '../../spec/digest.js';
import { cleanText } from '../../spec/text.js';
import { formatBytes, formatSpeed } from '../units/bytes.js';
import { formatDuration } from '../units/duration.js';
import type { Part, Transfer } from './transfer.js';

export type Direction = keyof typeof WORDS;

/** What is being moved: shown as `Pulling nginx:latest`. */
export interface Job {
  readonly direction: Direction;
  readonly name: string;
  /** It leads to a result that says more: nothing is left of it on a terminal, and nothing said elsewhere. */
  readonly isTransient?: boolean;
  /** What its parts are called; default: layers. */
  readonly unit?: 'file' | undefined;
}

/** Longest title that is shown, in characters. */
const MAX_NAME = 80;

const WORDS = {
  pull: {
    doing: 'Pulling',
    done: 'Pulled',
    written: 'Pull complete',
    exists: 'Already exists',
    mounted: 'Mounted',
  },
  push: {
    doing: 'Pushing',
    done: 'Pushed',
    written: 'Pushed',
    exists: 'Layer already exists',
    mounted: 'Mounted',
  },
  attach: {
    doing: 'Attaching to',
    done: 'Attached to',
    written: 'Pushed',
    exists: 'Already exists',
    mounted: 'Mounted',
  },
  copy: {
    doing: 'Copying',
    done: 'Copied',
    written: 'Copied',
    exists: 'Already exists',
    mounted: 'Mounted',
  },
  create: {
    doing: 'Creating',
    done: 'Created',
    written: 'Written',
    exists: 'Already exists',
    mounted: 'Mounted',
  },
  change: {
    doing: 'Changing',
    done: 'Changed',
    written: 'Written',
    exists: 'Already exists',
    mounted: 'Mounted',
  },
  save: {
    doing: 'Saving',
    done: 'Saved',
    written: 'Saved',
    exists: 'Already saved',
    mounted: 'Mounted',
  },
  load: {
    doing: 'Loading',
    done: 'Loaded',
    written: 'Loaded',
    exists: 'Already exists',
    mounted: 'Mounted',
  },
  read: {
    doing: 'Reading',
    done: 'Read',
    written: 'Read',
    exists: 'Already read',
    mounted: 'Mounted',
  },
  unpack: {
    doing: 'Unpacking',
    done: 'Unpacked',
    written: 'Unpacked',
    exists: 'Unpacked',
    mounted: 'Unpacked',
  },
  export: {
    doing: 'Exporting',
    done: 'Exported',
    written: 'Exported',
    exists: 'Exported',
    mounted: 'Exported',
  },
} as const;

/** The first 12 digits, by which docker names a layer; of a file its title. */
export function partName({ descriptor }: Part, { unit }: Job): string {
  const title = unit === 'file' ? descriptor.annotations?.[TITLE] : undefined;
  return title === undefined ? hexOf(descriptor.digest).slice(0, 12) : cleanText(title, MAX_NAME);
}

/** `Pulling nginx:latest` */
export function headline({ direction, name }: Job): string {
  return `${WORDS[direction].doing} ${name}`;
}

/** `Pull complete`, `Already exists`, `Mounted`; undefined while it is on its way. */
export function outcomeOf({ outcome }: Part, direction: Direction): string | undefined {
  return outcome === undefined ? undefined : WORDS[direction][outcome];
}

/** What more there is to say about a layer that was moved: its size, and what an earlier run had left of it. */
export function notesOn({ descriptor, outcome, resumedAt }: Part): readonly string[] {
  if (outcome !== 'written') return [];
  const size = formatBytes(descriptor.size);
  return resumedAt > 0 ? [size, `resumed at ${formatBytes(resumedAt)}`] : [size];
}

interface Summary {
  /** `Pulled nginx:latest` */
  readonly done: string;
  /** `7 layers, 72.1 MB in 6.2s` */
  readonly sum: string;
  /** ` (11.6 MB/s)`, where that says something. */
  readonly speed: string;
}

export function summarize(transfer: Transfer, job: Job): Summary {
  const { moved, elapsedMs } = transfer.total();
  const count = transfer.layers().length;
  const { unit = 'layer' } = job;
  const layers = `${count} ${count === 1 ? unit : `${unit}s`}`;
  return {
    done: `${WORDS[job.direction].done} ${job.name}`,
    sum: `${layers}, ${formatBytes(moved)} in ${formatDuration(elapsedMs)}`,
    speed: elapsedMs >= 100 && moved > 0 ? ` (${formatSpeed((moved / elapsedMs) * 1000)})` : '',
  };
}

/** `Pulled nginx:latest: 7 layers, 72.1 MB in 6.2s (11.6 MB/s)` */
export function summary(transfer: Transfer, job: Job): string {
  const { done, sum, speed } = summarize(transfer, job);
  return `${done}: ${sum}${speed}`;
}
