/**
 * How a blob comes in: partial → append → verify → sync → rename. It is visible only when it is whole, and a process
 * that is killed leaves a partial that the next one goes on with.
 */

import { rm, type FileHandle } from 'node:fs/promises';

import { throwIfAborted } from '../content/abort.js';
import type { CallOptions, Content } from '../content/types.js';
import { Verifier } from '../content/verify.js';
import { hasCode } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { Appender } from '../disk/append.js';
import type { Blobs } from './blobs.js';
import { onDisk } from '../disk/files.js';
import { piecesOf } from './read-file.js';
import { openHeld, type Held, type Work } from './work.js';

/** What a full disk gets back, in bytes, so that names and locks can still be written. */
const SPARE_SIZE = 1024 * 1024;

/** Who reads a blob while it comes. */
export interface Follower {
  /** The file that it comes into, with what an earlier try left there. */
  begin(file: { readonly path: string; readonly position: number }): Promise<void>;
  /** Told how far the file reaches by now. */
  grow(position: number): void;
}

interface IngestOptions extends CallOptions {
  readonly blobs: Blobs;
  readonly work: Work;
  /** It has read what turns out wrong, and would not know of a second try: then there is only one. */
  readonly follower?: Follower | undefined;
}

/**
 * Brings `content` into the store, from where an earlier try broke off. Bytes that turn out wrong are thrown away, and
 * fetched once more from the beginning: what was there before them may have been to blame. Throws DIGEST_MISMATCH,
 * SIZE_MISMATCH, DISK_FULL, DISK_ERROR and what the content throws.
 */
export async function ingest(content: Content, { work, ...options }: IngestOptions): Promise<void> {
  const held = await work.holdPartial(content.descriptor.digest);
  try {
    for (let isLastTry = options.follower !== undefined; ; isLastTry = true) {
      try {
        await fill(content, { held, ...options });
        return;
      } catch (error) {
        if (!hasCode(error, 'DIGEST_MISMATCH', 'SIZE_MISMATCH')) throw error;
        await onDisk({ verb: 'remove', path: held.path }, () => rm(held.path, { force: true }));
        if (isLastTry) throw error;
      }
    }
  } finally {
    await held.release();
  }
}

interface FillOptions extends Omit<IngestOptions, 'work'> {
  readonly held: Held;
}

/** One try: completes the partial, and makes it the blob when it is right. */
async function fill(content: Content, { held, blobs, follower, signal }: FillOptions): Promise<void> {
  const { digest, size } = content.descriptor;
  const { path } = held;
  const handle = await openHeld(held);
  try {
    const verifier = await resume(content.descriptor, { handle, path, signal });
    await follower?.begin({ path, position: verifier.position });
    if (verifier.position < size) await append(content, { verifier, handle, path, follower, signal });
    verifier.finish();
    await blobs.publish(digest, { handle, path });
  } catch (error) {
    if (hasCode(error, 'DISK_FULL')) await onDisk({ verb: 'write', path }, () => giveBack(handle));
    throw error;
  } finally {
    await onDisk({ verb: 'write', path }, () => handle.close());
  }
}

interface OpenFile extends CallOptions {
  readonly handle: FileHandle;
  readonly path: string;
}

/** A verifier that has seen what the file holds; nothing, and the file emptied, when that is too much. */
async function resume(descriptor: Descriptor, { handle, path, signal }: OpenFile): Promise<Verifier> {
  const verifier = new Verifier(descriptor);
  const { size } = await handle.stat();
  if (size > descriptor.size) await onDisk({ verb: 'write', path }, () => handle.truncate(0));
  for await (const piece of piecesOf(handle, { path, signal })) verifier.update(piece);
  return verifier;
}

interface AppendOptions extends OpenFile {
  readonly verifier: Verifier;
  readonly follower: Follower | undefined;
}

/** Adds the rest of the bytes. When the content breaks, what came of it is written before its error is thrown. */
async function append(content: Content, options: AppendOptions): Promise<void> {
  const { verifier, handle, path, follower, signal } = options;
  const { position: from } = verifier;
  const { size } = content.descriptor;
  const onWritten = follower && ((position: number): void => follower.grow(position));
  const appender = new Appender(handle, { path, from, size, onWritten });
  try {
    for await (const bytes of await content.open({ from, signal })) {
      throwIfAborted(signal);
      verifier.update(bytes);
      await appender.add(bytes);
    }
  } finally {
    await appender.flush();
  }
}

async function giveBack(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  await handle.truncate(Math.max(0, size - SPARE_SIZE));
}
