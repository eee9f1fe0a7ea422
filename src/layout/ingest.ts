/**
 * How a blob comes in: partial → append → verify → sync → rename. It is visible only when it is whole, and a process
 * that is killed leaves a partial that the next one goes on with.
 *
 * A small one is fetched again in less time than it takes to keep account of it: it is verified in memory, and has no
 * partial but a file that goes with the lease.
 */

import type { FileHandle } from 'node:fs/promises';

import { readPieces, type ReadOptions } from '../content/read.js';
import type { CallOptions, Content } from '../content/types.js';
import { hasCode } from '../errors.js';
import { fill, type Follower } from '../disk/fill.js';
import type { Blobs } from './blobs.js';
import { onDisk } from '../disk/files.js';
import { noteOf } from './paths.js';
import { openHeld, type Held, type Lease, type Work } from './work.js';

/** Most bytes that come in by way of memory: six at once are no more than a large blob takes on its way. */
const SMALL_SIZE = 1024 * 1024;

/** What a full disk gets back, in bytes, so that names and locks can still be written. */
const SPARE_SIZE = 1024 * 1024;

interface IngestOptions extends CallOptions {
  readonly blobs: Blobs;
  readonly work: Work;
  /** What it goes with when it is small; without one it has a partial, too. */
  readonly lease?: Lease | undefined;
  /** It has read what turns out wrong, and would not know of a second try: then there is only one. */
  readonly follower?: Follower | undefined;
}

/**
 * Brings `content` into the store, from where an earlier try broke off. Bytes that turn out wrong are thrown away, and
 * fetched once more from the beginning: what was there before them may have been to blame. Throws DIGEST_MISMATCH,
 * SIZE_MISMATCH, DISK_FULL, DISK_ERROR and what the content throws.
 */
export async function ingest(content: Content, options: IngestOptions): Promise<void> {
  const { lease } = options;
  if (lease !== undefined && content.descriptor.size <= SMALL_SIZE)
    await takeSmall(content, { ...options, lease });
  else await takeLarge(content, options);
}

async function takeSmall(
  content: Content,
  { blobs, lease, signal }: IngestOptions & { readonly lease: Lease },
): Promise<void> {
  const pieces = await readTwice(content, { cap: SMALL_SIZE, signal });
  await blobs.write(content.descriptor.digest, { pieces, temporary: lease.newFile() });
}

async function readTwice(content: Content, options: ReadOptions): Promise<readonly Uint8Array[]> {
  try {
    return await readPieces(content, options);
  } catch (error) {
    if (!isWrong(error)) throw error;
    return readPieces(content, options);
  }
}

async function takeLarge(content: Content, { work, ...options }: IngestOptions): Promise<void> {
  const held = await work.holdPartial(content.descriptor.digest);
  try {
    for (let isLastTry = options.follower !== undefined; ; isLastTry = true) {
      try {
        await fillHeld(content, { held, ...options });
        return;
      } catch (error) {
        if (!isWrong(error)) throw error;
        await held.clear();
        if (isLastTry) throw error;
      }
    }
  } finally {
    await held.release();
  }
}

function isWrong(error: unknown): boolean {
  return hasCode(error, 'DIGEST_MISMATCH', 'SIZE_MISMATCH');
}

interface FillOptions extends Omit<IngestOptions, 'work'> {
  readonly held: Held;
}

/** One try: completes the partial, and makes it the blob when it is right. */
async function fillHeld(content: Content, { held, blobs, follower, signal }: FillOptions): Promise<void> {
  const { digest } = content.descriptor;
  const { path } = held;
  const handle = await openHeld(held);
  try {
    await fill(content, { handle, path, notePath: noteOf(path), follower, signal });
    await blobs.publish(digest, { handle, path });
  } catch (error) {
    if (hasCode(error, 'DISK_FULL')) await onDisk({ verb: 'write', path }, () => giveBack(handle));
    throw error;
  } finally {
    await onDisk({ verb: 'write', path }, () => handle.close());
  }
}

async function giveBack(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  await handle.truncate(Math.max(0, size - SPARE_SIZE));
}
