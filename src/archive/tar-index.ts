/**
 * What is where in a tar. Only headers are read: the parser, which wants every byte, gets zeros for the files' contents.
 *
 *     header  contents  header  header  contents  end        on disk
 *        │       :         │       │        :      │
 *     header   zeros    header  header    zeros   end        what the parser sees
 */

import { pipeline } from 'node:stream/promises';
import { posix } from 'node:path';
import { extract, type Header } from 'tar-stream';

import type { CallOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { throwIfAborted } from '../content/abort.js';
import type { Region } from './region.js';

const BLOCK_SIZE = 512;
const ZEROS = Buffer.alloc(1024 * 1024);

/** Most entries of one archive; real ones have some hundreds. */
const MAX_ENTRIES = 100_000;

/** Most bytes of headers before one entry: long names and extended attributes (Go's GO-2022-1037). */
const MAX_HEADER_SIZE = 1024 * 1024;

/** The contents of the regular files of a tar by name. A name is a key here, never a path on any disk. */
export type TarIndex = ReadonlyMap<string, Region>;

/**
 * Finds the regular files of `tar`; of several with one name the last. A symbolic or hard link counts as the file that
 * it names in the archive, but not a link to a link. `what` names the archive in messages. Throws UNSAFE_ARCHIVE for
 * what is no tar, is damaged or cut off, TOO_LARGE, DISK_ERROR, ABORTED.
 */
export async function indexTar(
  tar: Region,
  { what, signal }: CallOptions & { readonly what: string },
): Promise<TarIndex> {
  const walk = new Walk(tar);
  // With the lowest mark the parser is done with one piece before it asks for the next.
  const parser = extract({ highWaterMark: 1 });
  parser.on('entry', (header, contents, next) => {
    // A failure of the parser is this stream's, too, and heard of there.
    contents.on('error', () => {});
    contents.resume();
    next(walk.enter(header));
  });
  try {
    await pipeline(walk.pieces(signal), parser);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof RegError)
      throw new RegError(error.code, `cannot read ${what}: ${error.message}`, { cause: error });
    const reason = error instanceof Error ? cleanText(error.message) : 'unknown error';
    const where =
      walk.count === 0 ? 'it is not a tar archive' : `it is damaged behind entry ${walk.count}: ${reason}`;
    throw new RegError('UNSAFE_ARCHIVE', `cannot read ${what}: ${where}`, { cause: error });
  }
  return walk.index();
}

/** The key of a name in a `TarIndex`: `./x` and `x` are one. */
export function keyOf(name: string): string {
  return posix.normalize(name).replace(/\/$/, '');
}

class Walk {
  readonly #tar: Region;
  readonly #files = new Map<string, Region>();
  readonly #links = new Map<string, string>();
  /** Where the next piece begins; behind a header that is where the contents begin. */
  #position = 0;
  /** Where the headers of the current entry began, or the contents of the last one end. */
  #mark = 0;
  #count = 0;

  constructor(tar: Region) {
    this.#tar = tar;
  }

  /** Number of entries seen. */
  get count(): number {
    return this.#count;
  }

  /** The archive as the parser gets it, up to its end mark: two empty blocks. */
  async *pieces(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    for (let empty = 0; this.#position < this.#tar.size && empty < 2;) {
      throwIfAborted(signal);
      const block = await this.#tar.read(this.#position, BLOCK_SIZE);
      empty = block.every((byte) => byte === 0) ? empty + 1 : 0;
      this.#position += block.byteLength;
      if (this.#position - this.#mark > MAX_HEADER_SIZE)
        throw new RegError(
          'TOO_LARGE',
          `the headers of entry ${this.#count + 1} have more than ${MAX_HEADER_SIZE} bytes`,
        );
      yield block;
      yield* this.#zeros();
    }
  }

  /** Takes note of an entry, whose header was the last piece; answers what is wrong with it. */
  enter(header: Header): RegError | undefined {
    const { type } = header;
    const name = keyOf(header.name);
    const size = type === 'directory' ? 0 : header.size;
    // Null where it is empty, whatever the parser's types say.
    const target = header.linkname || '.';
    const start = this.#position;
    this.#count += 1;
    if (this.#count > MAX_ENTRIES)
      return new RegError('TOO_LARGE', `it has more than ${MAX_ENTRIES} entries`);
    if (!Number.isSafeInteger(size) || start + size > this.#tar.size)
      return new RegError('UNSAFE_ARCHIVE', `it is cut off in entry ${this.#count}`);
    this.#mark = start + Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE;
    this.#files.delete(name);
    this.#links.delete(name);
    if (type === 'file' || type === 'contiguous-file') this.#files.set(name, this.#tar.slice(start, size));
    if (type === 'link') this.#links.set(name, keyOf(target));
    if (type === 'symlink') this.#links.set(name, keyOf(`${posix.dirname(name)}/${target}`));
    return undefined;
  }

  index(): TarIndex {
    const linked = [...this.#links].flatMap(([name, target]) => {
      const file = this.#files.get(target);
      return file === undefined ? [] : [[name, file] as const];
    });
    return new Map([...this.#files, ...linked]);
  }

  *#zeros(): Generator<Uint8Array> {
    while (this.#position < this.#mark) {
      const piece = ZEROS.subarray(0, this.#mark - this.#position);
      this.#position += piece.byteLength;
      yield piece;
    }
  }
}
