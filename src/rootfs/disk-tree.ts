/**
 * A tree on the disk. Its calls are synchronous: a layer has many small files, and each would otherwise cost a dozen
 * trips to other threads; between two of them there is time for everything else.
 *
 * Owner, mode and time are set on what is open, or on a link itself, never by a name that may lead elsewhere (containerd,
 * CVE-2021-32760). Folders stay 0700 until `finish`, so that whoever unpacks can write to all of them.
 */

import * as fs from 'node:fs';

import { asDiskError, errnoOf, NO_FOLLOW } from '../disk/files.js';
import type { LayerEntry } from '../tar/layer.js';
import { decodeName, encodeName } from '../tar/name.js';
import { diskPaths, type DiskPath } from './disk-path.js';
import { LossList, type Losses } from './losses.js';
import { split, IMPLICIT_FOLDER, type Node, type Tree } from './tree.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_WRONLY } = fs.constants;

/** setuid and setgid. */
const SET_IDS = 0o6000;

/** A device or a named pipe that is to be made; Node can't. */
export interface NodeToMake {
  readonly path: string;
  readonly type: 'character' | 'block' | 'fifo';
  readonly device: readonly [number, number];
}

export interface DiskTreeOptions {
  /** Who unpacks; absent where users have no numbers. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly isWindows: boolean;
  /** Answers whether it was made. */
  readonly makeNode: (node: NodeToMake) => Promise<boolean>;
  /** Throws for a symbolic link that may not be there: `path` is where it really comes to be. Default: all may. */
  readonly checkLink?: (path: string, target: string) => void;
}

type Facts = Pick<LayerEntry, 'uid' | 'gid' | 'mode' | 'mtime'>;

export class DiskTree implements Tree {
  readonly #root: string;
  readonly #at: DiskPath;
  readonly #options: DiskTreeOptions;
  readonly #losses = new LossList();
  /** Attributes to set on folders at the end; undefined for implicit ones. */
  readonly #folders = new Map<string, Facts | undefined>([['', undefined]]);

  /** `root` is an empty folder that only we can get into. */
  constructor(root: string, options: DiskTreeOptions) {
    this.#root = root;
    this.#at = diskPaths(root, options);
    this.#options = options;
  }

  look(path: string): Node | undefined {
    return this.#on(path, (at) => {
      const stats = fs.lstatSync(at, { throwIfNoEntry: false });
      if (stats === undefined) return undefined;
      if (!stats.isSymbolicLink()) return { kind: stats.isDirectory() ? 'folder' : 'other' };
      return { kind: 'symlink', target: decodeName(fs.readlinkSync(at, 'buffer')) };
    });
  }

  names(path: string): readonly string[] {
    return this.#on(path, (at) => fs.readdirSync(at, 'buffer').map(decodeName));
  }

  remove(path: string): void {
    this.#on(path, (at) => fs.rmSync(at, { recursive: true, force: true }));
  }

  putFolder(path: string, entry?: LayerEntry): void {
    this.#on(path, (at) => {
      if (path !== '' && fs.lstatSync(at, { throwIfNoEntry: false }) === undefined) fs.mkdirSync(at, 0o700);
    });
    this.#folders.set(path, entry && factsOf(entry));
    if (entry !== undefined) this.#noteXattrs(path, entry);
  }

  async put(path: string, entry: LayerEntry): Promise<void> {
    if (entry.type === 'symlink') this.#putSymlink(path, entry);
    else if (entry.type === 'file') await this.#putFile(path, entry);
    else await this.#putNode(path, entry);
    this.#noteXattrs(path, entry);
  }

  link(path: string, target: string): void {
    const existing = this.#at(target);
    this.#on(path, (at) => fs.linkSync(existing, at));
  }

  /** Gives folders their owners, modes and times, the deepest first. Nothing can be put in afterwards. */
  finish(): Losses {
    for (const [path, facts] of this.#realFolders().toReversed()) this.#finishFolder(path, facts);
    return this.#losses;
  }

  async #putFile(path: string, entry: LayerEntry): Promise<void> {
    const handle = this.#on(path, (at) => fs.openSync(at, O_WRONLY | O_CREAT | O_EXCL | NO_FOLLOW, 0o600));
    try {
      for await (const chunk of entry.content) this.#on(path, () => writeAll(handle, chunk));
      this.#on(path, () => this.#set(handle, entry));
    } finally {
      fs.closeSync(handle);
    }
  }

  #putSymlink(path: string, entry: LayerEntry): void {
    this.#options.checkLink?.(path, entry.target);
    this.#on(path, (at) => {
      fs.symlinkSync(encodeName(entry.target), at);
      this.#own(entry, (uid, gid) => fs.lchownSync(at, uid, gid));
      setTime(at, entry);
    });
  }

  async #putNode(path: string, { type, device, ...facts }: LayerEntry): Promise<void> {
    const at = this.#at(path);
    const isAllowed = type === 'fifo' || this.#options.user?.uid === 0;
    const isKnown = type === 'fifo' || type === 'character' || type === 'block';
    if (!isAllowed || !isKnown || typeof at !== 'string') return this.#losses.addDevice(path);
    if (!(await this.#options.makeNode({ path: at, type, device }))) return this.#losses.addDevice(path);
    this.#on(path, () => {
      const mode = this.#own(facts, (uid, gid) => fs.lchownSync(at, uid, gid));
      // It can't be opened without doing something. It is no link: it was made just now, where nobody else gets in.
      fs.chmodSync(at, mode);
      setTime(at, facts);
    });
  }

  /** The folders that are there still, none of them through a link, those above before those below. */
  #realFolders(): readonly (readonly [string, Facts | undefined])[] {
    const real = new Set(['']);
    const sorted = [...this.#folders].sort(([one], [other]) => one.length - other.length);
    return sorted.filter(([path]) => {
      const isReal = real.has(split(path).folder) && this.look(path)?.kind === 'folder';
      if (isReal) real.add(path);
      return isReal;
    });
  }

  #finishFolder(path: string, facts: Facts | undefined): void {
    if (this.#options.isWindows) return this.#on(path, (at) => setTime(at, facts ?? IMPLICIT_FOLDER));
    this.#on(path, (at) => {
      const handle = fs.openSync(at, O_RDONLY | O_DIRECTORY | NO_FOLLOW);
      try {
        if (facts !== undefined) return this.#set(handle, facts);
        fs.fchmodSync(handle, IMPLICIT_FOLDER.mode);
        // The root is new, and says so.
        if (path !== '') fs.futimesSync(handle, IMPLICIT_FOLDER.mtime, IMPLICIT_FOLDER.mtime);
      } finally {
        fs.closeSync(handle);
      }
    });
  }

  #set(handle: number, facts: Facts): void {
    // Changing the owner takes setuid away, so the mode comes after it.
    const mode = this.#own(facts, (uid, gid) => fs.fchownSync(handle, uid, gid));
    fs.fchmodSync(handle, mode);
    fs.futimesSync(handle, timeOf(facts), timeOf(facts));
  }

  /** Gives it to its owner, where we may; answers the mode that it may have then. */
  #own({ uid, gid, mode }: Facts, chown: (uid: number, gid: number) => void): number {
    const { user } = this.#options;
    if (user?.uid === 0 && isAllowed(() => chown(uid, gid))) return mode;
    if (user?.uid === uid && user.gid === gid) return mode;
    this.#losses.owners += 1;
    if ((mode & SET_IDS) !== 0) this.#losses.setIds += 1;
    return mode & ~SET_IDS;
  }

  #noteXattrs(path: string, { xattrs }: LayerEntry): void {
    this.#losses.addXattrs({ path, names: [...xattrs.keys()] });
  }

  /** A failure of the system in our words. */
  #on<T>(path: string, task: (at: string | Buffer) => T): T {
    const at = this.#at(path);
    try {
      return task(at);
    } catch (error) {
      throw asDiskError(error, { verb: 'write', path: path === '' ? this.#root : `${this.#root}/${path}` });
    }
  }
}

function factsOf({ uid, gid, mode, mtime }: LayerEntry): Facts {
  return { uid, gid, mode, mtime };
}

/** As text, because Node takes a number below zero for "now". */
function timeOf({ mtime }: Pick<Facts, 'mtime'>): string {
  return `${mtime}`;
}

/** Of what is there itself, a link or not. */
function setTime(at: string | Buffer, facts: Pick<Facts, 'mtime'>): void {
  fs.lutimesSync(at, timeOf(facts), timeOf(facts));
}

function writeAll(handle: number, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.byteLength;) done += fs.writeSync(handle, chunk, done);
}

/** False where even root may not: in a container, or on a disk without owners. */
function isAllowed(chown: () => void): boolean {
  try {
    chown();
    return true;
  } catch (error) {
    if (['EPERM', 'EINVAL', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}
