/** Files on their way into a folder that is somebody's: beside the place where they are to be, so that a rename is all. */

import { constants } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';

import { thenRelease } from '../../content/release.js';
import type { CallOptions, Content } from '../../content/types.js';
import { Claims } from '../../disk/claim.js';
import { fill } from '../../disk/fill.js';
import { look, NO_FOLLOW, onDisk } from '../../disk/files.js';
import { heldBytes } from '../../disk/held-bytes.js';
import { thisProcess } from '../../disk/this-process.js';
import { hasCode, RegError } from '../../errors.js';
import { hexOf, type Digest } from '../../spec/digest.js';
import { quoteText } from '../../spec/text.js';

/** By the digest alone, so that the next run finds what this one left. */
export function partialName(digest: Digest): string {
  return `.reg-${hexOf(digest).slice(0, 24)}.partial`;
}

/** Whether a file of this name could be taken for one on its way, or for what says whose it is. */
export function isPartialName(name: string): boolean {
  return /^\.reg-[0-9a-f]{24}\.partial/i.test(name);
}

interface PartialOptions extends CallOptions {
  /** Path of the partial. */
  readonly path: string;
  /** Called when it is whole, verified and on the disk: puts it where it is to be. */
  readonly finish: () => Promise<void>;
}

/**
 * Brings `content` in, from where an earlier try broke off. Bytes that turn out wrong are thrown away, and fetched once more
 * from the beginning. Throws STORE_LOCKED while another process does the same, DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FULL,
 * DISK_ERROR, and what `content` and `finish` throw.
 */
export async function completePartial(
  content: Content,
  { path, finish, signal }: PartialOptions,
): Promise<void> {
  const claim = await new Claims(thisProcess).claim(path);
  if (claim === undefined)
    throw new RegError('STORE_LOCKED', `cannot write ${quoteText(path)}: another process is writing it`);
  const complete = async (): Promise<void> => {
    const handle = await openPartial(path);
    await thenRelease(
      async () => {
        await fillAgain(content, { handle, path, signal });
        await onDisk({ verb: 'write', path }, () => handle.sync());
      },
      () => handle.close(),
    );
    await finish();
  };
  await thenRelease(
    complete,
    () => removeEmpty(path),
    () => claim.release(),
  );
}

/** Number of bytes that an earlier try has left at `path`. Throws DISK_ERROR. */
export function heldInPartial(path: string): Promise<number> {
  return heldBytes(path, noteOf(path));
}

async function removeEmpty(path: string): Promise<void> {
  if ((await look(path))?.size !== 0) return;
  await remove(noteOf(path));
  await remove(path);
}

/** What is where in the partial at `path`, while it has gaps. */
function noteOf(path: string): string {
  return `${path}.parts`;
}

async function openPartial(path: string): Promise<FileHandle> {
  const stats = await look(path);
  if (stats?.isFile() === false) await remove(path);
  const flags = constants.O_RDWR | constants.O_CREAT | NO_FOLLOW;
  return onDisk({ verb: 'write', path }, () => open(path, flags, 0o666));
}

interface OpenPartial extends CallOptions {
  readonly handle: FileHandle;
  readonly path: string;
}

async function fillAgain(content: Content, file: OpenPartial): Promise<void> {
  for (let isLastTry = false; ; isLastTry = true) {
    try {
      return await fill(content, { ...file, notePath: noteOf(file.path) });
    } catch (error) {
      if (!hasCode(error, 'DIGEST_MISMATCH', 'SIZE_MISMATCH')) throw error;
      await onDisk({ verb: 'write', path: file.path }, () => file.handle.truncate(0));
      if (isLastTry) throw error;
    }
  }
}

async function remove(path: string): Promise<void> {
  await onDisk({ verb: 'remove', path }, () => rm(path, { recursive: true, force: true }));
}
