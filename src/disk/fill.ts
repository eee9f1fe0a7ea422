/** Completes a file that holds the first bytes of a content, or none. */

import type { FileHandle } from 'node:fs/promises';

import { Extents } from '../content/extents.js';
import { receive } from '../content/receive.js';
import { thenRelease } from '../content/release.js';
import type { CallOptions, Content } from '../content/types.js';
import { requireAll } from '../content/verify.js';
import { hasCode, isRetryable, RegError } from '../errors.js';
import { FileVerifier } from './file-verifier.js';
import { onDisk } from './files.js';
import { receiverInto } from './partial-file.js';
import { PartsNote } from './parts-note.js';
import { SyncAhead } from './sync-ahead.js';

/** Who reads a file while it is filled. */
export interface Follower {
  /** The file, with what an earlier try left there. */
  begin(file: { readonly path: string; readonly position: number }): Promise<void>;
  /** Told how far the file reaches by now. */
  grow(position: number): void;
}

interface OpenFile extends CallOptions {
  /** Open to read and write. */
  readonly handle: FileHandle;
  /** For messages. */
  readonly path: string;
}

interface FillOptions extends OpenFile {
  /** Where it may be noted what is where in the file, so that it can be gone on with; without it nobody may. */
  readonly notePath?: string | undefined;
  readonly follower?: Follower | undefined;
}

/**
 * Takes what the file lacks of `content` and verifies the whole; a file that holds too much is begun again. When the
 * content breaks, what came of it is written before its error is thrown. Throws DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FULL,
 * DISK_ERROR, ABORTED and what the content throws.
 */
export async function fill(content: Content, { follower, notePath, ...file }: FillOptions): Promise<void> {
  const note = notePath === undefined ? undefined : new PartsNote(notePath);
  const verifier = new FileVerifier(content.descriptor, file);
  try {
    const held = await heldIn(file, { size: content.descriptor.size, note });
    await verifier.resume(held.front);
    await follower?.begin({ path: file.path, position: held.front });
    await complete(content, { ...file, held, note, verifier, follower });
    await verifier.finish();
  } catch (error) {
    throw notePath === undefined ? error : await sayKept(error, file.handle);
  } finally {
    await verifier.end();
  }
}

interface HeldOptions {
  /** Length in bytes that the file will have. */
  readonly size: number;
  readonly note: PartsNote | undefined;
}

/** What is in the file; nothing, and the file emptied, when that is too much. */
async function heldIn({ handle, path }: OpenFile, { size, note }: HeldOptions): Promise<Extents> {
  const { size: actual } = await handle.stat();
  const isTooLong = actual > size;
  if (isTooLong) await onDisk({ verb: 'write', path }, () => handle.truncate(0));
  const length = isTooLong ? 0 : actual;
  return (await note?.read(length)) ?? new Extents([{ from: 0, to: length }]);
}

interface CompleteOptions extends OpenFile {
  readonly held: Extents;
  readonly note: PartsNote | undefined;
  readonly verifier: FileVerifier;
  readonly follower: Follower | undefined;
}

/** Adds what is missing. When the content breaks, what came of it is written before its error is thrown. */
async function complete(content: Content, options: CompleteOptions): Promise<void> {
  const { held, note, verifier, follower, handle, path } = options;
  const { size } = content.descriptor;
  if (held.front < size) {
    const ahead = new SyncAhead(handle, path);
    const receiver = receiverInto({
      ...options,
      size,
      isFollowed: follower !== undefined,
      onBytes: (at, bytes) => verifier.update(at, bytes),
      onWritten: (count) => ahead.add(count),
      onFront(position) {
        verifier.grow(position);
        follower?.grow(position);
      },
    });
    await thenRelease(
      () => receive(content, receiver),
      async () => note?.end(),
      () => ahead.end(),
    );
  }
  requireAll(content.descriptor, held.size);
  await note?.remove();
}

/** Only here it is known that another try goes on from what has come: who fetches does not know what for. */
async function sayKept(error: unknown, handle: FileHandle): Promise<unknown> {
  const mayGoOn = isRetryable(error) || hasCode(error, 'DISK_FULL');
  if (!mayGoOn || (await handle.stat()).size === 0) return error;
  const { hint = 'Try again.' } = error.context;
  const context = { ...error.context, hint: `${hint} What has arrived is kept.`, cause: error };
  return new RegError(error.code, error.message, context);
}
