/**
 * Claims: files that say which process holds something. One process at a time; what a dead process held
 * is taken over. No lock of the operating system is used, so it works on every file system.
 */

import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { lstat, open, readFile, rename, unlink } from 'node:fs/promises';

import { once } from '../content/once.js';
import { isObject } from '../spec/json.js';
import { errnoOf, ifThere, onDisk, uniqueName } from './files.js';
import { describeOwner, hasEnded, isInSight, parseOwner, type Owner, type ProcessFacts } from './owner.js';

const SUFFIX = '.claim';
const MAX_CLAIM_SIZE = 4096;

/**
 * How long a claim may stand without a readable owner, in milliseconds: its maker died between two system calls, or the
 * power went before the disk had the bytes.
 */
const WRITING_MS = 10_000;

/** The file that says which process holds the file `path`. */
export function claimOf(path: string): string {
  return path + SUFFIX;
}

/** What a claim by this name is about; undefined for the name of something else. */
export function claimed(name: string): string | undefined {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined;
}

export interface Claim {
  readonly path: string;
  release(): Promise<void>;
}

export interface Holder {
  /** Undefined when the claim can't be read. */
  readonly owner: Owner | undefined;
  /** Tells this claim from every other one on the same thing. */
  readonly nonce: string;
  readonly hasEnded: boolean;
  /** When the claim was made, in milliseconds of the file system's clock. */
  readonly since: number;
}

interface ClaimsOptions {
  /** Age at which a claim from another host or container counts as left behind, in milliseconds; default: never. */
  readonly foreignLifeMs?: number;
  /** Who this process is; asked when something is claimed. Default: found out from the system. */
  readonly self?: () => Owner;
}

export class Claims {
  readonly #facts: ProcessFacts;
  readonly #self: () => Owner;
  readonly #foreignLifeMs: number;
  /** Claims of ours that the disk did not let us remove. */
  readonly #stuck = new Set<string>();

  constructor(
    facts: ProcessFacts,
    { foreignLifeMs = Number.POSITIVE_INFINITY, self = once(() => describeOwner(facts)) }: ClaimsOptions = {},
  ) {
    this.#foreignLifeMs = foreignLifeMs;
    this.#facts = facts;
    this.#self = self;
  }

  /** Claims the file `path`; undefined while a living process holds it. Throws DISK_FULL, DISK_ERROR. */
  async claim(path: string): Promise<Claim | undefined> {
    const file = claimOf(path);
    if (this.#stuck.has(file)) await this.#remove(file);
    if (await this.#create(file)) return { path, release: () => this.#release(file) };
    const holder = await this.holderOf(path);
    if (holder?.hasEnded !== true) return undefined;
    // The right to take over exactly this claim is a claim itself. Only who has it puts it in the place of the other, so
    // that nobody replaces the claim of a process that was faster. One step, so that a kill leaves nothing behind.
    const right = await this.claim(`${path}.${holder.nonce}`);
    if (right === undefined) return undefined;
    try {
      const current = await this.holderOf(path);
      if (current?.nonce !== holder.nonce) return undefined;
      await onDisk({ verb: 'write', path: file }, () => rename(claimOf(right.path), file));
      return { path, release: () => this.#release(file) };
    } finally {
      await right.release();
    }
  }

  /** Who holds `path`; undefined when nobody does. */
  async holderOf(path: string): Promise<Holder | undefined> {
    const file = claimOf(path);
    return onDisk({ verb: 'read', path: file }, async () => {
      const stats = await ifThere(() => lstat(file));
      if (stats === undefined) return undefined;
      const isSmallFile = stats.isFile() && stats.size <= MAX_CLAIM_SIZE;
      const text = isSmallFile ? await ifThere(() => readFile(file, 'utf8')) : '';
      if (text === undefined) return undefined;
      const since = stats.mtimeMs;
      const { owner, nonce } = parseClaim(text);
      if (owner !== undefined && isInSight(owner, this.#self())) {
        return { owner, nonce, since, hasEnded: hasEnded(owner, this.#facts) };
      }
      const age = (await fileSystemTime(file)) - since;
      if (owner !== undefined) return { owner, nonce, since, hasEnded: age > this.#foreignLifeMs };
      return { owner, nonce: `${stats.ino}-${since}`, since, hasEnded: age > WRITING_MS };
    });
  }

  /** When the disk takes no changes any more, the claim ends with this process, or is removed when it is claimed again. */
  async #release(file: string): Promise<void> {
    try {
      await this.#remove(file);
    } catch {
      this.#stuck.add(file);
    }
  }

  async #remove(file: string): Promise<void> {
    await onDisk({ verb: 'remove', path: file }, () => ifThere(() => unlink(file)));
    this.#stuck.delete(file);
  }

  /** Makes the claim; false when there is one. Synchronous, so that a kill finds next to no room in between. */
  #create(file: string): Promise<boolean> {
    const text = JSON.stringify({ ...this.#self(), nonce: uniqueName() });
    return onDisk({ verb: 'write', path: file, missing: text.length }, () => {
      const descriptor = openExclusively(file);
      if (descriptor === undefined) return false;
      try {
        writeAndClose(descriptor, text);
      } catch (error) {
        unlinkSync(file);
        throw error;
      }
      return true;
    });
  }
}

function openExclusively(file: string): number | undefined {
  try {
    return openSync(file, 'wx');
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

function writeAndClose(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

/** What the file system, which may be on another machine, takes the time to be: that of a file made beside `file`. */
async function fileSystemTime(file: string): Promise<number> {
  const probe = `${file}.${uniqueName()}`;
  const handle = await open(probe, 'wx');
  try {
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
    // Who tidies up may have been faster.
    await ifThere(() => unlink(probe));
  }
}

function parseClaim(text: string): { readonly owner?: Owner | undefined; readonly nonce: string } {
  try {
    const value: unknown = JSON.parse(text);
    const nonce = isObject(value) ? value['nonce'] : undefined;
    // The nonce becomes part of a file name.
    if (typeof nonce === 'string' && /^[0-9a-f]{16}$/.test(nonce)) return { owner: parseOwner(value), nonce };
  } catch {
    // Not written yet, or not by us.
  }
  return { nonce: '' };
}
