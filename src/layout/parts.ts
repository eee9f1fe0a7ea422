/** What a layout is made of, put together once. */

import { once } from '../content/once.js';
import type { Clock } from '../content/retry.js';
import { Claims } from '../disk/claim.js';
import { Lock, type Notice } from '../disk/lock.js';
import { describeOwner, type ProcessFacts } from '../disk/owner.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { Blobs } from './blobs.js';
import { Cached } from './cached.js';
import { isLayout, makeFolders, markLayout } from './format.js';
import { IndexFile } from './index-file.js';
import { Paths } from './paths.js';
import { Work, type Lease } from './work.js';

/**
 * For how long what another host or container holds is let be, in milliseconds: nobody can say whether a process there
 * still runs, and a container that was killed leaves claims that nobody comes back for. The lock is not touched.
 */
export const FOREIGN_LIFE_MS = 24 * 60 * 60 * 1000;

export interface LayoutOptions extends ProcessFacts {
  readonly clock: Clock;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  /** For a layout that belongs to another program: nothing in it is touched, not even a time. Default false. */
  readonly isReadOnly?: boolean | undefined;
  /**
   * For how long, in milliseconds, `pruneLayout` is sure to keep what was put in and not named yet. For what runs for
   * months, such as a server. Default: until `close`.
   */
  readonly unnamedLifeMs?: number | undefined;
}

export interface Parts {
  readonly isReadOnly: boolean;
  readonly clock: Clock;
  readonly paths: Paths;
  readonly index: IndexFile;
  readonly blobs: Blobs;
  readonly work: Work;
  readonly lock: Lock;
  readonly cached: Cached;
}

/** No I/O. */
export function createParts(
  folder: string,
  { isReadOnly = false, clock, onNotice, ...facts }: LayoutOptions,
): Parts {
  const self = once(() => describeOwner(facts));
  const paths = new Paths(folder);
  return {
    isReadOnly,
    clock,
    paths,
    index: new IndexFile(paths),
    blobs: new Blobs(paths, { isReadOnly }),
    cached: new Cached(paths),
    work: new Work(paths, new Claims(facts, { self, foreignLifeMs: FOREIGN_LIFE_MS })),
    lock: new Lock({
      path: paths.nextIndex,
      what: `the store ${quoteText(folder)}`,
      prepare: () => makeFolders(paths),
      claims: new Claims(facts, { self }),
      clock,
      onNotice,
    }),
  };
}

/**
 * What comes before anything is put in: the folder is made a layout, and a lease is taken out. Throws as `makeLayout`.
 */
export async function makeReady(parts: Parts): Promise<Lease> {
  await makeLayout(parts);
  return parts.work.lease();
}

/**
 * Makes the folder a layout where it is none, and clears what dead processes left. Throws UNSUPPORTED, STORE_CORRUPT,
 * STORE_LOCKED, DISK_FULL, DISK_ERROR.
 */
export async function makeLayout({ isReadOnly, paths, index, work, lock }: Parts): Promise<void> {
  if (isReadOnly) {
    throw new RegError('UNSUPPORTED', `the store ${quoteText(paths.folder)} was opened for reading only`);
  }
  await index.entries();
  await makeFolders(paths);
  if (!(await index.exists())) {
    await lock.hold(async () => {
      if (!(await isLayout(paths))) await markLayout(paths);
      if (!(await index.exists())) await index.change((entries) => entries);
    });
  }
  await work.tidy();
}
