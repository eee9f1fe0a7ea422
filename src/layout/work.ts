/**
 * The folder `.partial/`: bytes on their way into the store, each held by one process, and the leases of processes
 * that are putting something in.
 */

import { constants, readdirSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

import { hasCode, RegError } from '../errors.js';
import type { Digest } from '../spec/digest.js';
import { quoteText } from '../spec/text.js';
import { claimed, type Claim, type Claims } from '../disk/claim.js';
import { ifThere, look, NO_FOLLOW, onDisk } from '../disk/files.js';
import {
  fileOfLease,
  isLease,
  isPrivate,
  isResumable,
  leaseOf,
  notedBy,
  noteOf,
  privateCopy,
  type Paths,
} from './paths.js';

/** A file under `.partial/` that this process alone writes to, until `release`. */
export interface Held {
  readonly path: string;
  /** Removes it, and goes on holding it. */
  clear(): Promise<void>;
  /** Lets go of it; what is of no use to any other process is removed. */
  release(): Promise<void>;
}

/** Says that a process puts things in. */
export interface Lease extends Held {
  /** A fresh name for a file that is no more than the lease is. */
  newFile(): string;
}

export class Work {
  readonly #paths: Paths;
  readonly #claims: Claims;

  constructor(paths: Paths, claims: Claims) {
    this.#paths = paths;
    this.#claims = claims;
  }

  /** The bytes of a blob so far; none, under another name, while another process is at it. */
  async holdPartial(digest: Digest): Promise<Held> {
    const path = this.#paths.partial(digest);
    const claim = await this.#claims.claim(path);
    return claim === undefined ? this.#holdPrivate(privateCopy(path)) : held(claim);
  }

  /** An empty file for bytes whose digest is not known yet. */
  holdUpload(): Promise<Held> {
    return this.#holdPrivate(this.#paths.private('upload'));
  }

  /** Says that this process puts things in: until it is released, `prune` keeps what is newer. */
  async lease(): Promise<Lease> {
    const lease = await this.#holdPrivate(this.#paths.private('lease'));
    let files = 0;
    return { ...lease, newFile: () => fileOfLease(lease.path, files++) };
  }

  /** When the oldest lease of a process that may be running began, by the file system's clock. */
  async oldestLease(): Promise<number | undefined> {
    const leases = (await this.#names()).flatMap((name) => claimed(name) ?? []).filter(isLease);
    const holders = await Promise.all(leases.map((name) => this.#claims.holderOf(this.#paths.inWork(name))));
    const times = holders.flatMap((holder) => (holder?.hasEnded === false ? [holder.since] : []));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether nothing is on its way, and nothing was left behind. */
  async isEmpty(): Promise<boolean> {
    return (await this.#names()).length === 0;
  }

  /** Removes what dead processes left and nobody can use, as far as the disk lets us. */
  async tidy(): Promise<void> {
    for (const name of await this.#names()) {
      try {
        await this.#tidyOne(name);
      } catch (error) {
        if (!hasCode(error, 'DISK_ERROR', 'DISK_FULL')) throw error;
      }
    }
  }

  /** The resumable partials that no process holds, with their sizes in bytes and when they last grew. */
  async unused(): Promise<
    readonly { readonly path: string; readonly size: number; readonly since: number }[]
  > {
    const unused = [];
    for (const name of (await this.#names()).filter(isResumable)) {
      const path = this.#paths.inWork(name);
      const stats = await look(path);
      if (stats === undefined || (await this.#isHeld(name))) continue;
      unused.push({ path, size: stats.size, since: stats.ctimeMs });
    }
    return unused;
  }

  /** Removes a partial, unless a process holds it by now. */
  async removeUnused(path: string): Promise<boolean> {
    const claim = await this.#claims.claim(path);
    if (claim === undefined) return false;
    await removeAll(path);
    await claim.release();
    return true;
  }

  async #holdPrivate(path: string): Promise<Held> {
    const claim = await this.#claims.claim(path);
    if (claim === undefined)
      throw new RegError('DISK_ERROR', `cannot write ${quoteText(path)}: a file is in the way`);
    return held(claim);
  }

  async #isHeld(name: string): Promise<boolean> {
    const holder = await this.#claims.holderOf(this.#paths.inWork(name));
    return holder !== undefined && !holder.hasEnded;
  }

  async #tidyOne(name: string): Promise<void> {
    const noted = notedBy(name);
    if (noted !== undefined && (await look(this.#paths.inWork(noted))) === undefined)
      return remove(this.#paths.inWork(name));
    const lease = leaseOf(name);
    const path = this.#paths.inWork(lease ?? claimed(name) ?? name);
    const holder = await this.#claims.holderOf(path);
    if (lease !== undefined && holder?.hasEnded !== false) return remove(this.#paths.inWork(name));
    if (holder === undefined && isPrivate(name)) return remove(path);
    if (holder?.hasEnded !== true) return;
    const claim = await this.#claims.claim(path);
    if (claim !== undefined) await held(claim).release();
  }

  async #names(): Promise<readonly string[]> {
    const path = this.#paths.work;
    return (await onDisk({ verb: 'read', path }, () => ifThere(() => readdirSync(path)))) ?? [];
  }
}

/** Opens a held file to read and write, what it holds included. Whatever else stands there is removed. */
export async function openHeld({ path }: Held): Promise<FileHandle> {
  const stats = await look(path);
  if (stats !== undefined && !stats.isFile()) await remove(path);
  const flags = constants.O_RDWR | constants.O_CREAT | NO_FOLLOW;
  return onDisk({ verb: 'write', path }, () => open(path, flags, 0o666));
}

function held(claim: Claim): Held {
  const { path } = claim;
  return {
    path,
    clear: () => removeAll(path),
    async release() {
      // The file goes before the claim, so that a file without a claim belongs to nobody.
      const stats = await look(path);
      if (stats !== undefined && (isPrivate(basename(path)) || stats.size === 0)) await removeAll(path);
      await claim.release();
    },
  };
}

/** The note first: alone it would tell of a file that comes later. */
async function removeAll(path: string): Promise<void> {
  const note = noteOf(path);
  if (note !== undefined) await remove(note);
  await remove(path);
}

async function remove(path: string): Promise<void> {
  await onDisk({ verb: 'remove', path }, () => rm(path, { recursive: true, force: true }));
}
