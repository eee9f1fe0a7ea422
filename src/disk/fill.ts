/** Completes a file that holds the first bytes of a content, or none. */

import type { FileHandle } from 'node:fs/promises';

import { throwIfAborted } from '../content/abort.js';
import type { CallOptions, Content } from '../content/types.js';
import { hasCode, isRetryable, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { Appender } from './append.js';
import { FileVerifier } from './file-verifier.js';
import { onDisk } from './files.js';

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
  readonly follower?: Follower | undefined;
}

/**
 * Opens `content` where the file ends, adds the rest and verifies the whole; a file that holds too much is begun again.
 * When the content breaks, what came of it is written before its error is thrown. Throws DIGEST_MISMATCH, SIZE_MISMATCH,
 * DISK_FULL, DISK_ERROR, ABORTED and what the content throws.
 */
export async function fill(content: Content, { follower, ...file }: FillOptions): Promise<void> {
  const verifier = new FileVerifier(content.descriptor, file);
  try {
    const position = await heldIn(file, content.descriptor);
    await verifier.resume(position);
    await follower?.begin({ path: file.path, position });
    if (position < content.descriptor.size)
      await append(content, { ...file, from: position, verifier, follower });
    await verifier.finish();
  } catch (error) {
    throw await sayKept(error, file.handle);
  } finally {
    await verifier.end();
  }
}

/** Number of bytes in the file; none, and the file emptied, when that is too much. */
async function heldIn({ handle, path }: OpenFile, descriptor: Descriptor): Promise<number> {
  const { size } = await handle.stat();
  if (size <= descriptor.size) return size;
  await onDisk({ verb: 'write', path }, () => handle.truncate(0));
  return 0;
}

interface AppendOptions extends FillOptions {
  readonly from: number;
  readonly verifier: FileVerifier;
}

/** Adds the rest of the bytes. When the content breaks, what came of it is written before its error is thrown. */
async function append(content: Content, options: AppendOptions): Promise<void> {
  const { verifier, handle, path, from, follower, signal } = options;
  const appender = new Appender(handle, {
    path,
    from,
    size: content.descriptor.size,
    isFollowed: follower !== undefined,
    onWritten(position) {
      verifier.grow(position);
      follower?.grow(position);
    },
  });
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

/** Only here it is known that another try goes on from what has come: who fetches does not know what for. */
async function sayKept(error: unknown, handle: FileHandle): Promise<unknown> {
  const mayGoOn = isRetryable(error) || hasCode(error, 'DISK_FULL');
  if (!mayGoOn || (await handle.stat()).size === 0) return error;
  const { hint = 'Try again.' } = error.context;
  const context = { ...error.context, hint: `${hint} What has arrived is kept.`, cause: error };
  return new RegError(error.code, error.message, context);
}
