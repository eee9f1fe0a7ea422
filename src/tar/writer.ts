/** A tar as it is written: one entry after the other, straight on to where it goes. */

import { RegError } from '../errors.js';
import type { EntryFacts } from './entry.js';
import { BLOCK_SIZE } from './header.js';
import { paddingOf } from './headers.js';
import type { ArchiveTarget } from './target.js';
import { encodeHeader } from './write-header.js';

/** What stands in headers that say nothing else, so that the same files make the same bytes. */
const PLAIN = {
  size: 0,
  uid: 0,
  gid: 0,
  mtime: 0,
  target: '',
  device: [0, 0],
  xattrs: new Map(),
} as const;

/** One file of the tar. */
interface TarFile {
  /** Path in the tar, with forward slashes. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** Permissions; default 0644. */
  readonly mode?: number;
  /** Seconds since 1970; default 0. */
  readonly mtime?: number;
}

/** What has no content, and need not tell all about itself. */
interface TarNode {
  readonly name: string;
  readonly type: 'directory' | 'symlink';
  /** Permissions. */
  readonly mode: number;
  /** Seconds since 1970; default 0. */
  readonly mtime?: number;
  /** Where a symbolic link leads. */
  readonly target?: string;
}

/** Calls come one after the other; after the first failure the tar is good for nothing any more. */
export class TarWriter {
  readonly #target: Pick<ArchiveTarget, 'write'>;

  constructor(target: Pick<ArchiveTarget, 'write'>) {
    this.#target = target;
  }

  /** Writes a file of nobody; throws as `addEntry`. */
  add({ mode = 0o644, ...file }: TarFile, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.addEntry({ ...PLAIN, ...file, mode, type: 'file' }, chunks);
  }

  /** Writes a folder or a symbolic link of nobody; throws as `addEntry`. */
  addNode(node: TarNode): Promise<void> {
    return this.addEntry({ ...PLAIN, ...node });
  }

  /**
   * Writes an entry with its content, which must have exactly the size that was announced. Throws SIZE_MISMATCH, and what
   * `chunks` and the target throw.
   */
  async addEntry(facts: EntryFacts, chunks: AsyncIterable<Uint8Array> = NOTHING): Promise<void> {
    await this.#target.write(encodeHeader(facts));
    let written = 0;
    for await (const chunk of chunks) {
      written += chunk.byteLength;
      if (written > facts.size) break;
      await this.#target.write(chunk);
    }
    if (written !== facts.size)
      throw new RegError('SIZE_MISMATCH', `a file of the tar has other than its ${facts.size} bytes`);
    if (paddingOf(written) > 0) await this.#target.write(Buffer.alloc(paddingOf(written)));
  }

  /** Writes the end of the tar. */
  async end(): Promise<void> {
    await this.#target.write(Buffer.alloc(2 * BLOCK_SIZE));
  }
}

const NOTHING: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {},
};
