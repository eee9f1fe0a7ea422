/**
 * The blobs of the store: which are there, and which of them are believed.
 *
 * A blob is believed when it is a regular file of the right size that bears the stamp: a time of last change that we
 * set once its bytes were verified, and that any later writing destroys. Any other file is hashed first.
 */

import { futimesSync, lutimesSync, readdirSync, type Stats } from 'node:fs';
import { unlink, type FileHandle } from 'node:fs/promises';

import type { CallOptions, OpenOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { algorithmOf, isDigest, shortDigest, type Digest } from '../spec/digest.js';
import { ifThere, look, onDisk, placeFile, renameLater, syncFolder } from '../disk/files.js';
import { makeFolder } from '../disk/make-folder.js';
import { ALGORITHMS, type Paths } from './paths.js';
import { digestFile, readFrom } from '../disk/read-file.js';

/** 2000-01-01T00:00:00Z, in seconds: even, so that FAT keeps it, and no time at which anyone writes. */
const STAMP = 946_684_800;
const NO_STAMP = STAMP + 2;

export class Blobs {
  readonly #paths: Paths;
  readonly #isReadOnly: boolean;
  /** What was verified but could not be stamped: on a read-only disk, or a file of another user. */
  readonly #verified = new Map<Digest, string>();
  /** Folders whose names have changed since they were last synced. */
  readonly #unsynced = new Set<string>();

  constructor(paths: Paths, { isReadOnly }: { readonly isReadOnly: boolean }) {
    this.#paths = paths;
    this.#isReadOnly = isReadOnly;
  }

  /** Whether the blob is there and right. Hashes it when it bears no stamp, or when `distrust` is set. */
  async has(
    { digest, size }: Descriptor,
    { distrust = false, signal }: CallOptions & { readonly distrust?: boolean } = {},
  ): Promise<boolean> {
    const stats = await this.#whole({ digest, size });
    if (stats === undefined) return false;
    if (distrust || !this.#isBelieved(digest, stats)) {
      if (!(await this.#verify(digest, signal))) return false;
    } else {
      // Shows a prune that runs beside us that somebody wants it.
      await this.#stamp(digest, stats);
    }
    // Whoever gave it its name may have been killed before that was on the disk.
    this.#unsynced.add(this.#paths.blobFolder(algorithmOf(digest)));
    return true;
  }

  /** As `has`, at the price of one system call: what would have to be hashed is not believed. */
  async isBelieved({ digest, size }: Descriptor): Promise<boolean> {
    const stats = await this.look(digest);
    return stats?.size === size && this.#isBelieved(digest, stats);
  }

  /**
   * The bytes of a blob from an offset on. Throws NOT_FOUND, STORE_CORRUPT when the file is not what its name says.
   */
  async open(
    descriptor: Descriptor,
    { from = 0, to, verifies = false, borrows, signal }: OpenOptions = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    const { digest, size } = descriptor;
    const isWhole = async (): Promise<boolean> => (await this.#whole(descriptor)) !== undefined;
    const isThere = verifies ? await isWhole() : await this.has(descriptor, { signal });
    if (!isThere) throw await this.#whyNot(descriptor);
    const path = this.#paths.blob(digest);
    return readFrom(path, {
      from,
      to,
      borrows,
      signal,
      check: (stats) => stats.size === size && (verifies || this.#isBelieved(digest, stats)),
    });
  }

  /**
   * Makes a finished, verified file the blob `digest`: stamped, synced, renamed. Closes the handle. The name itself
   * survives a power cut only after `sync`.
   */
  async publish(
    digest: Digest,
    { handle, path }: { readonly handle: FileHandle; readonly path: string },
  ): Promise<void> {
    const target = this.#paths.blob(digest);
    const folder = this.#paths.blobFolder(algorithmOf(digest));
    await onDisk({ verb: 'write', path: target }, async () => {
      stamp(handle.fd);
      await handle.sync();
      await handle.close();
      makeFolder(folder);
      await renameLater(path, target);
    });
    this.#unsynced.add(folder);
  }

  /** As `publish`, of verified bytes that are written to the new file `temporary` first. */
  async write(
    digest: Digest,
    { pieces, temporary }: { readonly pieces: readonly Uint8Array[]; readonly temporary: string },
  ): Promise<void> {
    const folder = this.#paths.blobFolder(algorithmOf(digest));
    await onDisk({ verb: 'write', path: folder }, () => makeFolder(folder));
    await placeFile(this.#paths.blob(digest), {
      temporary,
      pieces,
      onWritten: stamp,
    });
    this.#unsynced.add(folder);
  }

  /** Makes the names of all published blobs survive a power cut. */
  async sync(): Promise<void> {
    for (const folder of this.#unsynced) {
      // Before: what gets its name meanwhile is to be synced once more.
      this.#unsynced.delete(folder);
      try {
        await syncFolder(folder);
      } catch (error) {
        this.#unsynced.add(folder);
        throw error;
      }
    }
  }

  /** What the file of the blob is, links not followed; undefined when there is none. */
  look(digest: Digest): Promise<Stats | undefined> {
    return look(this.#paths.blob(digest));
  }

  async remove(digest: Digest): Promise<void> {
    const path = this.#paths.blob(digest);
    await onDisk({ verb: 'remove', path }, () => ifThere(() => unlink(path)));
  }

  /** The digests that have a file, right or wrong. */
  async list(): Promise<readonly Digest[]> {
    const digests: Digest[] = [];
    for (const algorithm of ALGORITHMS) {
      const path = this.#paths.blobFolder(algorithm);
      const names = await onDisk({ verb: 'read', path }, () => ifThere(() => readdirSync(path)));
      digests.push(...(names ?? []).map((name) => `${algorithm}:${name}`).filter(isDigest));
    }
    return digests;
  }

  /** What the file of the blob is, where it is a regular one of the right size. */
  async #whole({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): Promise<Stats | undefined> {
    const stats = await this.look(digest);
    return stats?.isFile() === true && stats.size === size ? stats : undefined;
  }

  #isBelieved(digest: Digest, stats: Stats): boolean {
    if (!stats.isFile()) return false;
    return stats.mtimeMs === STAMP * 1000 || this.#verified.get(digest) === identityOf(stats);
  }

  /** Hashes the file; stamps it when it is right, takes its stamp when it is not. */
  async #verify(digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
    const path = this.#paths.blob(digest);
    const read = await onDisk({ verb: 'read', path }, () =>
      ifThere(() => digestFile(path, algorithmOf(digest), { signal })),
    );
    if (read === undefined) return false;
    const stats = await this.look(digest);
    if (read.digest !== digest) {
      // A pull beside us may have put the right one in its place.
      if (stats?.ino === read.stats.ino) await this.#setTimes(digest, NO_STAMP);
      return false;
    }
    if (stats === undefined) return false;
    // Another process may have stamped it meanwhile; any other change means that other bytes were hashed.
    if (!this.#isBelieved(digest, stats) && !isSameWrite(stats, read.stats)) return false;
    await this.#stamp(digest, stats);
    return true;
  }

  async #stamp(digest: Digest, stats: Stats): Promise<void> {
    if (!(await this.#setTimes(digest, STAMP))) this.#verified.set(digest, identityOf(stats));
  }

  async #setTimes(digest: Digest, seconds: number): Promise<boolean> {
    if (this.#isReadOnly) return false;
    try {
      lutimesSync(this.#paths.blob(digest), seconds, seconds);
      return true;
    } catch {
      // A read-only disk, or another user's file: then it is remembered by this process only.
      return false;
    }
  }

  async #whyNot({ digest, size }: Descriptor): Promise<RegError> {
    const stats = await this.look(digest);
    if (stats === undefined)
      return new RegError('NOT_FOUND', `${shortDigest(digest)} is not in the store`, { digest });
    const reason = !stats.isFile()
      ? 'is not a regular file'
      : stats.size === size
        ? 'does not hold the bytes of its name'
        : `has ${stats.size} bytes instead of ${size}`;
    return new RegError('STORE_CORRUPT', `${shortDigest(digest)} in the store ${reason}`, {
      digest,
      hint: 'Run "reg verify" to see what is wrong; pulling the image again repairs it.',
    });
  }
}

/** What an open file bears that was verified. */
function stamp(descriptor: number): void {
  futimesSync(descriptor, STAMP, STAMP);
}

function isSameWrite(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.size === other.size && one.mtimeMs === other.mtimeMs;
}

/** Changes when anybody writes to the file, or puts another one in its place. */
function identityOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
