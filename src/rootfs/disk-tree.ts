/**
 * A tree on the disk. Its calls are synchronous: a layer has many small files, and each would otherwise cost a dozen
 * trips to other threads; between two of them there is time for everything else.
 *
 * Owner, mode and time are set on what is open, or on a link itself, never by a name that may lead elsewhere (containerd,
 * CVE-2021-32760). Folders stay 0700 until `finish`, so that whoever unpacks can write to all of them.
 */

import * as fs from 'node:fs';

import { asDiskError, NO_FOLLOW } from '../disk/files.js';
import type { LayerEntry } from '../tar/layer.js';
import { decodeName, encodeName } from '../tar/name.js';
import { isAllowed, lookAt, removeOne, setTime, timeOf, writeAll } from './disk-calls.js';
import { diskPaths, type DiskPath } from './disk-path.js';
import { knownNames, noRoomFor, type KnownNames } from './known-names.js';
import { LossList, type LeftOut, type Losses } from './losses.js';
import { joined, split, IMPLICIT_FOLDER, type Found, type Tree } from './tree.js';

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
  readonly #known: KnownNames;
  /** What layers put there, and is not: a hard link to it is left out as well. */
  readonly #leftOut = new Map<string, LeftOut>();
  /** Attributes to set on folders at the end; undefined for implicit ones. */
  readonly #folders = new Map<string, Facts | undefined>([['', undefined]]);

  /** `root` is an empty folder that only we can get into. */
  constructor(root: string, options: DiskTreeOptions) {
    this.#root = root;
    this.#at = diskPaths(root, options);
    this.#options = options;
    this.#known = this.#on('', () => knownNames(root));
  }

  look(path: string): Found | undefined {
    return this.#on(path, (at) => {
      const stats = this.#known.has(path) ? lookAt(at) : undefined;
      if (stats === undefined) return this.#leftOut.has(path) ? { kind: 'other' } : undefined;
      if (!stats.isSymbolicLink()) return { kind: stats.isDirectory() ? 'folder' : 'other' };
      return { kind: 'symlink', target: decodeName(fs.readlinkSync(at, 'buffer')) };
    });
  }

  names(path: string): readonly string[] {
    const known = this.#known.below(path);
    return known ?? this.#on(path, (at) => fs.readdirSync(at, 'buffer').map(decodeName));
  }

  remove(path: string): void {
    this.#leftOut.delete(path);
    if (!this.#known.has(path)) return;
    // Another name may mean the same folder, and what is in it.
    const known = this.#known.below(path);
    for (const name of known ?? []) this.remove(joined(path, name));
    this.#on(path, (at) =>
      known === undefined ? fs.rmSync(at, { recursive: true, force: true }) : removeOne(at),
    );
    this.#known.remove(path);
  }

  putFolder(path: string, entry?: LayerEntry): void {
    this.#on(path, (at) => {
      const stats = lookAt(at);
      if (stats === undefined) fs.mkdirSync(at, 0o700);
      else if (!stats.isDirectory()) throw noRoomFor(path);
    });
    this.#known.add(path);
    this.#folders.set(path, entry && factsOf(entry));
    if (entry !== undefined) this.#noteXattrs(path, entry);
  }

  async put(path: string, entry: LayerEntry): Promise<void> {
    if (this.#isTaken(path)) return this.#leaveOut(path, 'twins');
    this.#known.add(path);
    if (entry.type === 'symlink') this.#putSymlink(path, entry);
    else if (entry.type === 'file') await this.#putFile(path, entry);
    else await this.#putNode(path, entry);
    this.#noteXattrs(path, entry);
  }

  link(path: string, target: string): void {
    const why = this.#leftOut.get(target) ?? (this.#isTaken(path) ? 'twins' : undefined);
    if (why !== undefined) return this.#leaveOut(path, why);
    const existing = this.#at(target);
    this.#on(path, (at) => fs.linkSync(existing, at));
    this.#known.add(path);
  }

  /** Gives folders their owners, modes and times, the deepest first. Nothing can be put in afterwards. */
  finish(): Losses {
    for (const [path, facts] of this.#realFolders().toReversed()) this.#finishFolder(path, facts);
    return this.#losses;
  }

  /** Whether something is there by another name. */
  #isTaken(path: string): boolean {
    if (this.#known.has(path)) return false;
    return this.#on(path, (at) => lookAt(at) !== undefined);
  }

  #leaveOut(path: string, why: LeftOut): void {
    this.#known.remove(path);
    this.#leftOut.set(path, why);
    this.#losses.addLeftOut(path, why);
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
    if (!isAllowed || !isKnown || typeof at !== 'string') return this.#leaveOut(path, 'devices');
    if (!(await this.#options.makeNode({ path: at, type, device }))) return this.#leaveOut(path, 'devices');
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
