/**
 * The folder that an image is unpacked into. It is filled beside itself, where nobody else can get in, and takes its name
 * when all of it is there:
 *
 *     DIR.partial-new ──rename──▶ DIR ──rename (only with force)──▶ DIR.partial-old, which is then removed
 */

import { chmodSync, readdirSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';

import { thenRelease } from '../content/release.js';
import { Claims } from '../disk/claim.js';
import { errnoOf, look, onDisk } from '../disk/files.js';
import { makeFolder } from '../disk/make-folder.js';
import type { ProcessFacts } from '../disk/owner.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';

export interface RootTarget {
  /** Empty, and for us alone. */
  readonly folder: string;
  /** Puts what is in the folder in its place. */
  publish(): Promise<void>;
  /** Lets go of it, and removes what was not published, unless `isKept`. */
  close(options?: { readonly isKept?: boolean }): Promise<void>;
}

export interface RootTargetOptions extends ProcessFacts {
  /** Replaces a folder that is not empty. Default false. */
  readonly force?: boolean | undefined;
}

/**
 * Makes ready to unpack into `target`: what a killed process left beside it is removed. Throws INVALID_ARGUMENT for a link,
 * a file, a folder with something in it, and the folder that we are in; STORE_LOCKED while another process unpacks
 * there; DISK_ERROR.
 */
export async function openRootTarget(
  target: string,
  { force = false, ...facts }: RootTargetOptions,
): Promise<RootTarget> {
  const path = resolve(target);
  await requireTarget(path, { target, force });
  const fresh = `${path}.partial-new`;
  const old = `${path}.partial-old`;
  await onDisk({ verb: 'write', path: target }, () => makeFolder(dirname(path)));
  const claim = await new Claims(facts).claim(fresh);
  if (claim === undefined)
    throw new RegError(
      'STORE_LOCKED',
      `cannot unpack into ${quoteText(target)}: another process is doing it`,
    );
  try {
    await recover(path, { fresh, old });
    await onDisk({ verb: 'write', path: fresh }, () => mkdir(fresh, 0o700));
  } catch (error) {
    await claim.release();
    throw error;
  }
  return {
    folder: fresh,
    async publish() {
      await requireTarget(path, { target, force });
      await replace(path, { fresh, old });
    },
    async close({ isKept = false } = {}) {
      await thenRelease(
        async () => {
          if (!isKept) await removeTree(fresh);
        },
        () => claim.release(),
      );
    },
  };
}

async function requireTarget(
  path: string,
  { target, force }: { readonly target: string; readonly force: boolean },
): Promise<void> {
  const stats = await look(path);
  const wrong = (reason: string, hint: string): RegError =>
    new RegError('INVALID_ARGUMENT', `cannot unpack into ${quoteText(target)}: ${reason}`, { hint });
  if (isAround(path))
    throw wrong('it is the directory that you are in, or one around it', 'Name a new directory.');
  if (stats === undefined) return;
  if (stats.isSymbolicLink())
    throw wrong('it is a symbolic link', 'Name the directory where the link leads.');
  if (!stats.isDirectory()) throw wrong('it is not a directory', 'Name a new directory.');
  if (stats.dev !== (await look(dirname(path)))?.dev)
    throw wrong('a disk is mounted there', 'Name a new directory in it.');
  const names = await onDisk({ verb: 'read', path: target }, () => readdir(path, 'buffer'));
  if (names.length > 0 && !force)
    throw wrong('there is something in it', 'Name a new directory, or replace this one with --force.');
}

/** Whether we are in that folder, or below: what we stand in can't be replaced under our feet. */
function isAround(path: string): boolean {
  const way = relative(path, resolve('.'));
  return !isAbsolute(way) && !/^\.\.(?:[/\\]|$)/.test(way);
}

/** What a killed process left: a folder that was being filled, or one that was being replaced. */
async function recover(path: string, { fresh, old }: Folders): Promise<void> {
  await removeTree(fresh);
  if ((await look(old)) === undefined) return;
  if ((await look(path)) === undefined) await onDisk({ verb: 'write', path }, () => rename(old, path));
  else await removeTree(old);
}

interface Folders {
  readonly fresh: string;
  readonly old: string;
}

async function replace(path: string, { fresh, old }: Folders): Promise<void> {
  const isThere = (await look(path)) !== undefined;
  await onDisk({ verb: 'write', path }, async () => {
    if (isThere) await rename(path, old).catch(explainMount(path));
    await rename(fresh, path).catch(async (error: unknown) => {
      if (isThere) await rename(old, path).catch(() => {});
      throw error;
    });
  });
  if (isThere) await removeTree(old);
}

/** A disk can't be moved away from where it is mounted. */
function explainMount(path: string): (error: unknown) => never {
  return (error) => {
    if (errnoOf(error) !== 'EBUSY') throw error;
    throw new RegError('INVALID_ARGUMENT', `cannot replace ${quoteText(path)}: a disk is mounted there`, {
      hint: 'Name a new directory in it.',
      cause: error,
    });
  };
}

/** Removes a folder with all that is in it, which may be folders that even their owner may not write to. */
async function removeTree(path: string): Promise<void> {
  await onDisk({ verb: 'remove', path }, async () => {
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EPERM') throw error;
      openUp(path);
      await rm(path, { recursive: true, force: true });
    }
  });
}

/** Lets us into every folder below. */
function openUp(folder: string | Buffer): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }))
    if (entry.isDirectory()) openUp(Buffer.concat([Buffer.from(folder), Buffer.from('/'), entry.name]));
}
