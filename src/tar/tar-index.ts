/** What is where in a tar that lies on the disk: only headers are read, contents are passed over. */

import { posix } from 'node:path';

import type { CallOptions } from '../content/types.js';
import type { Region } from '../disk/region.js';
import { RegError } from '../errors.js';
import type { TarInput } from './input.js';
import { readEntries } from './read.js';

/** Most entries of one archive; real ones have some hundreds. */
const MAX_ENTRIES = 100_000;

/** Headers that are read at once, in bytes. */
const PIECE_SIZE = 16 * 1024;

/** The contents of the regular files of a tar by name. A name is a key here, never a path on any disk. */
export type TarIndex = ReadonlyMap<string, Region>;

/**
 * Finds the regular files of `tar`; of several with one name the last. A symbolic or hard link counts as the file that
 * it names in the archive, but not a link to a link. `what` names the archive in messages. Throws as `readTar`, and
 * TOO_LARGE for too many entries, DISK_ERROR.
 */
export async function indexTar(
  tar: Region,
  { what, signal }: CallOptions & { readonly what: string },
): Promise<TarIndex> {
  const input = new RegionInput(tar);
  const files = new Map<string, Region>();
  const links = new Map<string, string>();
  let count = 0;
  for await (const { name, type, size, target } of readEntries(input, { what, signal })) {
    if (++count > MAX_ENTRIES)
      throw new RegError('TOO_LARGE', `cannot read ${what}: it has more than ${MAX_ENTRIES} entries`);
    const key = keyOf(name);
    files.delete(key);
    links.delete(key);
    if (type === 'file') files.set(key, tar.slice(input.position, size));
    if (type === 'hardlink') links.set(key, keyOf(target));
    if (type === 'symlink') links.set(key, keyOf(`${posix.dirname(key)}/${target}`));
  }
  const linked = [...links].flatMap(([name, target]) => {
    const file = files.get(target);
    return file === undefined ? [] : [[name, file] as const];
  });
  return new Map([...files, ...linked]);
}

/** The key of a name in a `TarIndex`: `./x` and `x` are one. */
export function keyOf(name: string): string {
  return posix.normalize(name).replace(/\/$/, '');
}

/** Bytes on the disk, of which what is passed over is not read. */
class RegionInput implements TarInput {
  readonly #region: Region;
  #position = 0;
  #piece: Uint8Array = new Uint8Array();
  #pieceStart = 0;

  constructor(region: Region) {
    this.#region = region;
  }

  get position(): number {
    return this.#position;
  }

  async next(count: number): Promise<Uint8Array | undefined> {
    if (this.#position >= this.#region.size) return undefined;
    if (this.#position >= this.#pieceStart + this.#piece.byteLength) {
      this.#pieceStart = this.#position;
      this.#piece = await this.#region.read(this.#position, PIECE_SIZE);
    }
    const from = this.#position - this.#pieceStart;
    const piece = this.#piece.subarray(from, from + count);
    this.#position += piece.byteLength;
    return piece;
  }

  async skip(count: number): Promise<boolean> {
    const left = this.#region.size - this.#position;
    this.#position += Math.min(count, left);
    return count <= left;
  }
}
