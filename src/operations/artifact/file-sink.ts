/**
 * A folder as the sink of an artifact: contents become files by their titles.
 *
 *     content ──▶ .reg-DIGEST.partial, beside the file ──▶ verified, on the disk ──▶ its name
 *
 * A partial stays when the content breaks, and the next pull goes on with it. A folder is unpacked out of its partial.
 */

import type { Stats } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { CallOptions, Content, OpenOptions, Outcome, Sink } from '../../content/types.js';
import { errnoOf, look, onDisk, syncFolder } from '../../disk/files.js';
import { digestFile } from '../../disk/read-file.js';
import { bytesOf } from '../../disk/region.js';
import { RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { algorithmOf, type Digest } from '../../spec/digest.js';
import { quoteText } from '../../spec/text.js';
import { anotherFile, inTheWay } from './in-the-way.js';
import { completePartial, heldInPartial, partialName } from './partial.js';
import { unpackFolder } from './unpack-folder.js';
import type { WantedFile } from './wanted.js';

interface FileSinkOptions {
  /** Path of the folder, which is there; it may be reached through links, but nothing below it. */
  readonly folder: string;
  readonly files: readonly WantedFile[];
  /** Files in the way that are others stay, and are errors. */
  readonly keepOldFiles: boolean;
  /** Most bytes that a folder may unpack to; default: see `Quota`. */
  readonly maxBytes?: number | undefined;
  /** As `process.platform`. */
  readonly system: string;
}

/** Takes in what is wanted, and lets all else pass without opening it. */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  readonly #byDigest = new Map<Digest, WantedFile[]>();

  constructor(options: FileSinkOptions) {
    this.#options = options;
    for (const file of options.files) {
      const { digest } = file.descriptor;
      this.#byDigest.set(digest, [...(this.#byDigest.get(digest) ?? []), file]);
    }
  }

  /**
   * Makes the folders of all files, and looks whether they could be written; answers how many bytes are missing, of folders
   * as they are packed. Throws UNSAFE_ARCHIVE, DISK_ERROR.
   */
  async prepare(): Promise<number> {
    let missing = 0;
    for (const file of this.#options.files) missing += await this.#prepareOne(file);
    return missing;
  }

  async #prepareOne(file: WantedFile): Promise<number> {
    const { folder, path } = await this.#place(file);
    const { digest, size } = file.descriptor;
    // Whether one of the same size is another is told by its bytes, when its turn comes.
    const isOther = (stats: Stats): boolean => stats.size !== size;
    await this.#requireRoom(file, path, isOther);
    const there = await look(path);
    if (there?.isFile() === true && !isOther(there)) return 0;
    return Math.max(0, size - (await heldInPartial(join(folder, partialName(digest)))));
  }

  /** What is there is found out when it is put: files that anybody may change promise nothing. */
  async has(): Promise<boolean> {
    return false;
  }

  /**
   * Throws UNSAFE_ARCHIVE for links in the way, STORE_LOCKED while another process pulls the same, DIGEST_MISMATCH,
   * SIZE_MISMATCH, DISK_FULL, DISK_ERROR, and what the content throws.
   */
  async put(content: Content, options: CallOptions = {}): Promise<Outcome> {
    let outcome: Outcome = 'exists';
    for (const file of this.#byDigest.get(content.descriptor.digest) ?? [])
      if (await this.#write(file, content, options)) outcome = 'written';
    return outcome;
  }

  /** False when it is there already. */
  async #write(file: WantedFile, content: Content, { signal }: CallOptions): Promise<boolean> {
    const { folder, path } = await this.#place(file);
    if (!file.isFolder && (await isSame(path, file.descriptor, { signal }))) return false;
    const partial = join(folder, partialName(file.descriptor.digest));
    const finish = (): Promise<void> =>
      file.isFolder ? this.#unpack(file, { partial, path, signal }) : this.#publish(file, { partial, path });
    await completePartial(content, { path: partial, finish, signal });
    await syncFolder(folder);
    return true;
  }

  async #publish(file: WantedFile, { partial, path }: Step): Promise<void> {
    await this.#requireRoom(file, path);
    await onDisk({ verb: 'write', path }, () => rename(partial, path));
  }

  async #unpack(file: WantedFile, { partial, path, signal }: Step): Promise<void> {
    const { keepOldFiles, maxBytes, system } = this.#options;
    const { descriptor } = file;
    const packed = { descriptor, open: async (options?: OpenOptions) => bytesOf(partial, options) };
    const work = `${partial}.d`;
    await unpackFolder(packed, { file, work, path, keepOldFiles, maxBytes, system, signal });
    await onDisk({ verb: 'remove', path: partial }, () => rm(partial, { force: true }));
  }

  /** The folder to write to, made where it is missing, and the path in it. */
  async #place({ parts }: WantedFile): Promise<{ readonly folder: string; readonly path: string }> {
    const { folder: root } = this.#options;
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      folder = join(folder, part);
      await makePlainFolder(folder);
    }
    return { folder, path: join(root, ...parts) };
  }

  /** Throws DISK_ERROR where something is at `path` that has to stay. */
  async #requireRoom(
    { isFolder }: WantedFile,
    path: string,
    isOther: (stats: Stats) => boolean = () => true,
  ): Promise<void> {
    const stats = await look(path);
    if (stats === undefined) return;
    if (stats.isDirectory() !== isFolder)
      throw inTheWay(path, isFolder ? 'it is not a directory' : 'a directory is in the way');
    if (!isFolder && this.#options.keepOldFiles && isOther(stats)) throw anotherFile(path);
  }
}

/** Steps from a partial to where it is to be. */
interface Step extends CallOptions {
  readonly partial: string;
  readonly path: string;
}

async function isSame(path: string, { digest, size }: Descriptor, options: CallOptions): Promise<boolean> {
  const stats = await look(path);
  if (stats?.isFile() !== true || stats.size !== size) return false;
  const found = await onDisk({ verb: 'read', path }, () => digestFile(path, algorithmOf(digest), options));
  return found.digest === digest;
}

/** A link could lead anywhere: what it leads to is written by whoever names that. */
async function makePlainFolder(path: string): Promise<void> {
  await onDisk({ verb: 'write', path }, async () => {
    try {
      await mkdir(path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  });
  const stats = await look(path);
  if (stats?.isDirectory() === true) return;
  const what =
    stats?.isSymbolicLink() === true ? 'a symbolic link, which is not followed' : 'not a directory';
  throw new RegError('UNSAFE_ARCHIVE', `cannot write below ${quoteText(path)}: it is ${what}`, {
    hint: 'Pull to another directory, or remove what is in the way.',
  });
}
