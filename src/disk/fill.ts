/** Completes a file that holds the first bytes of a content, or none. */

import type { FileHandle } from 'node:fs/promises';

import { throwIfAborted } from '../content/abort.js';
import type { CallOptions, Content } from '../content/types.js';
import { Verifier } from '../content/verify.js';
import type { Descriptor } from '../spec/descriptor.js';
import { Appender } from './append.js';
import { onDisk } from './files.js';
import { piecesOf } from './read-file.js';

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
 * Hashes what the file holds, opens `content` there, adds the rest and verifies the whole; a file that holds too much is
 * begun again. When the content breaks, what came of it is written before its error is thrown. Throws DIGEST_MISMATCH,
 * SIZE_MISMATCH, DISK_FULL, DISK_ERROR, ABORTED and what the content throws.
 */
export async function fill(content: Content, { follower, ...file }: FillOptions): Promise<void> {
  const verifier = await resume(content.descriptor, file);
  const { position } = verifier;
  await follower?.begin({ path: file.path, position });
  if (position < content.descriptor.size) await append(content, { ...file, verifier, follower });
  verifier.finish();
}

/** A verifier that has seen what the file holds; nothing, and the file emptied, when that is too much. */
async function resume(descriptor: Descriptor, { handle, path, signal }: OpenFile): Promise<Verifier> {
  const verifier = new Verifier(descriptor);
  const { size } = await handle.stat();
  if (size > descriptor.size) await onDisk({ verb: 'write', path }, () => handle.truncate(0));
  for await (const piece of piecesOf(handle, { path, signal })) verifier.update(piece);
  return verifier;
}

interface AppendOptions extends FillOptions {
  readonly verifier: Verifier;
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
