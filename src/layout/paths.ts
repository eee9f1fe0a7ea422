/**
 * The only place that joins paths. The store is an OCI image layout (image-spec 1.1, image-layout.md); everything that
 * is not part of it lives under `.partial/`:
 *
 *     oci-layout  index.json  blobs/sha256/HEX
 *     .partial/sha256-HEX            bytes of a blob so far; whoever wants that blob next goes on with them
 *     .partial/sha256-HEX.RANDOM     the same, when another process holds the first; of no use to anyone else
 *     .partial/sha256-HEX.parts      what is where in the first of these, when it was not written in order
 *     .partial/lease.RANDOM.N        a small blob on its way in, by a process that puts things in; of no use to others
 *     .partial/upload.RANDOM         bytes of a blob whose digest is not known yet
 *     .partial/NAME.claim            says which process holds NAME: one of the above, `index.json` (the lock), a lease
 *     .cache/manifests/sha256-HEX    a manifest that a cache fetched: beside the blobs, as its parts may be missing
 *     .cache/tags/HEX                what a tag stood for, under the hash of its name
 */

import { basename, join, resolve } from 'node:path';

import {
  algorithmOf,
  digestOf,
  hexOf,
  isDigest,
  parseDigest,
  type Algorithm,
  type Digest,
} from '../spec/digest.js';
import { uniqueName } from '../disk/files.js';

export const ALGORITHMS: readonly Algorithm[] = ['sha256', 'sha512'];

const PRIVATE = /\.[0-9a-f]{16}$/;
const LEASED = /^(lease\.[0-9a-f]{16})\.\d+$/;
const PARTS = '.parts';

export class Paths {
  /** Absolute. */
  readonly folder: string;
  readonly marker: string;
  readonly index: string;
  readonly blobs: string;
  readonly work: string;
  /** Where the next index.json is written; who holds this file holds the lock. */
  readonly nextIndex: string;
  /** The folders of what a cache keeps. */
  readonly cachedManifests: string;
  readonly cachedTags: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
    this.marker = join(this.folder, 'oci-layout');
    this.index = join(this.folder, 'index.json');
    this.blobs = join(this.folder, 'blobs');
    this.work = join(this.folder, '.partial');
    this.nextIndex = join(this.work, 'index.json');
    this.cachedManifests = join(this.folder, '.cache', 'manifests');
    this.cachedTags = join(this.folder, '.cache', 'tags');
  }

  /** Throws INVALID_DIGEST for a digest that went around `parseDigest`. */
  blob(digest: Digest): string {
    return join(this.blobFolder(algorithmOf(parseDigest(digest))), hexOf(digest));
  }

  blobFolder(algorithm: Algorithm): string {
    return join(this.blobs, algorithm);
  }

  /** Something under `.partial/`, by the name that `readdir` gave. */
  inWork(name: string): string {
    return join(this.work, name);
  }

  /** Where the next process goes on with this blob. */
  partial(digest: Digest): string {
    return this.inWork(`${algorithmOf(parseDigest(digest))}-${hexOf(digest)}`);
  }

  cachedManifest(digest: Digest): string {
    return join(this.cachedManifests, `${algorithmOf(parseDigest(digest))}-${hexOf(digest)}`);
  }

  /** Something in one of the folders of a cache, by the name that `readdir` gave. */
  inCache(folder: 'cachedManifests' | 'cachedTags', name: string): string {
    return join(this[folder], name);
  }

  /** By its hash: names are longer than those of files may be, and differ by case on no file system. */
  cachedTag(name: string): string {
    return join(this.cachedTags, hexOf(digestOf(Buffer.from(name))));
  }

  /** A fresh name under `.partial/` for this process alone. */
  private(kind: 'upload' | 'lease'): string {
    return this.inWork(`${kind}.${uniqueName()}`);
  }
}

/** A fresh name beside `partial` for this process alone. */
export function privateCopy(partial: string): string {
  return `${partial}.${uniqueName()}`;
}

/** What is where in the file at `path`; undefined for one that no later process can go on with. */
export function noteOf(path: string): string | undefined {
  return isResumable(basename(path)) ? path + PARTS : undefined;
}

/** The name of the file that the file of this name tells of; undefined when it tells of none. */
export function notedBy(name: string): string | undefined {
  return name.endsWith(PARTS) ? name.slice(0, -PARTS.length) : undefined;
}

/** Whether nobody but its maker can use the file of this name. */
export function isPrivate(name: string): boolean {
  return PRIVATE.test(name);
}

/** Whether a later process can go on with the file of this name. */
export function isResumable(name: string): boolean {
  return isDigest(name.replace('-', ':'));
}

/** A file that goes with a lease, told from its others by a number. */
export function fileOfLease(lease: string, number: number): string {
  return `${lease}.${number}`;
}

/** The name of the lease that the file of this name goes with, if it does. */
export function leaseOf(name: string): string | undefined {
  return LEASED.exec(name)?.[1];
}

/** Whether the name, taken from a claim or a folder, is of a lease. */
export function isLease(name: string): boolean {
  return name.startsWith('lease.');
}
