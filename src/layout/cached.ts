/**
 * What a pull-through cache keeps beside the blobs that it fetched: manifests, and what tags stood for when it last
 * asked. They stand apart, since a manifest among the blobs, or a name in index.json, says that all below it is there,
 * and a cache has what was asked for and no more. So no name reaches anything here: it may be removed at any time, and
 * is fetched again.
 */

import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { hasCode } from '../errors.js';
import { ifThere, look, onDisk, readSmallFile, replaceFile, uniqueName } from '../disk/files.js';
import { makeFolder } from '../disk/make-folder.js';
import { parseDescriptor, type Descriptor } from '../spec/descriptor.js';
import { algorithmOf, digestOf, type Digest } from '../spec/digest.js';
import { parseJsonObject } from '../spec/json.js';
import { MAX_MANIFEST_SIZE } from '../spec/manifest.js';
import type { Paths } from './paths.js';

/** Largest file about a tag, in bytes. */
const MAX_TAG_SIZE = 4096;

interface CachedFile {
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  /** When it came, in milliseconds since 1970 by the clock of the disk. */
  readonly since: number;
}

/** All methods throw DISK_ERROR, those that keep something DISK_FULL, too. The folder must be a layout. */
export class Cached {
  readonly #paths: Paths;

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** The bytes of a manifest; undefined where they are not there, or wrong. */
  async manifest(digest: Digest): Promise<Uint8Array | undefined> {
    const bytes = await read(this.#paths.cachedManifest(digest), MAX_MANIFEST_SIZE);
    return bytes !== undefined && digestOf(bytes, algorithmOf(digest)) === digest ? bytes : undefined;
  }

  /** `bytes` are verified by the caller. */
  async keepManifest(digest: Digest, bytes: Uint8Array): Promise<void> {
    await write(this.#paths.cachedManifest(digest), bytes);
  }

  /** What a tag stood for, by its full name. */
  async tag(name: string): Promise<Descriptor | undefined> {
    const bytes = await read(this.#paths.cachedTag(name), MAX_TAG_SIZE);
    if (bytes === undefined) return undefined;
    try {
      const { descriptor } = parseJsonObject(bytes, { what: 'a tag', code: 'STORE_CORRUPT' });
      return parseDescriptor(descriptor, 'a tag');
    } catch (error) {
      if (hasCode(error, 'STORE_CORRUPT', 'INVALID_MANIFEST')) return undefined;
      throw error;
    }
  }

  async keepTag(name: string, { mediaType, digest, size }: Descriptor): Promise<void> {
    const text = JSON.stringify({ name, descriptor: { mediaType, digest, size } });
    await write(this.#paths.cachedTag(name), Buffer.from(text));
  }

  async forgetTag(name: string): Promise<void> {
    await this.remove(this.#paths.cachedTag(name));
  }

  /** All that is there. */
  async list(): Promise<readonly CachedFile[]> {
    const files: CachedFile[] = [];
    for (const folder of ['cachedManifests', 'cachedTags'] as const) {
      const path = this.#paths[folder];
      const names = await onDisk({ verb: 'read', path }, () => ifThere(() => readdirSync(path)));
      for (const path of (names ?? []).map((name) => this.#paths.inCache(folder, name))) {
        const stats = await look(path);
        if (stats !== undefined) files.push({ path, size: stats.size, since: stats.ctimeMs });
      }
    }
    return files;
  }

  /** Removes a file of the list. */
  async remove(path: string): Promise<void> {
    await onDisk({ verb: 'remove', path }, () => rm(path, { recursive: true, force: true }));
  }
}

/** What can't be read as it was written is as good as not there. */
async function read(path: string, cap: number): Promise<Uint8Array | undefined> {
  try {
    return await readSmallFile(path, { cap, code: 'STORE_CORRUPT' });
  } catch (error) {
    if (hasCode(error, 'STORE_CORRUPT')) return undefined;
    throw error;
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await onDisk({ verb: 'create', path: dirname(path) }, () => makeFolder(dirname(path)));
  await replaceFile(path, { temporary: `${path}.${uniqueName()}`, bytes });
}
