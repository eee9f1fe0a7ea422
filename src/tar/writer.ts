/** A tar as it is written: one file after the other, straight on to where it goes. */

import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';

import type { ArchiveTarget } from './target.js';

/** What stands in every header, so that the same files make the same bytes. */
const FIXED = { uid: 0, gid: 0, mtime: new Date(0) } as const;

/** One file of the tar. */
interface TarFile {
  /** Path in the tar, with forward slashes. */
  readonly name: string;
  /** Length in bytes; above 8 GiB it is written in base 256, as GNU tar does. */
  readonly size: number;
  /** Permissions; default 0644. */
  readonly mode?: number;
}

/** What has no content. */
interface TarNode {
  readonly name: string;
  readonly type: 'directory' | 'symlink';
  /** Permissions. */
  readonly mode: number;
  /** Where a symbolic link leads. */
  readonly linkname?: string;
}

/** Calls come one after the other; after the first failure the tar is good for nothing any more. */
export class TarWriter {
  readonly #pack: Pack = pack();
  readonly #written: Promise<void>;

  constructor(target: Pick<ArchiveTarget, 'write'>) {
    this.#written = passOn(this.#pack, target);
    // Heard of by whoever adds the next file.
    this.#written.catch(() => {});
  }

  /** Writes a file, which must have exactly the size that was announced. Throws what `chunks` and the target throw. */
  add({ mode = 0o644, ...file }: TarFile, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#entry(() => pipeline(chunks, this.#pack.entry({ ...FIXED, ...file, mode, type: 'file' })));
  }

  /** Writes a folder or a symbolic link. Throws what the target throws. */
  addNode(node: TarNode): Promise<void> {
    return this.#entry(
      () =>
        new Promise((resolve, reject) => {
          this.#pack.entry({ ...FIXED, ...node }, (error) => (error ? reject(error) : resolve()));
        }),
    );
  }

  /** Writes the end of the tar. */
  async end(): Promise<void> {
    this.#pack.finalize();
    await this.#written;
  }

  async #entry(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#pack.destroy();
      // The target's failure is the cause where it failed: all that the entry knows of it is that its stream was closed.
      await this.#written;
      throw error;
    }
  }
}

async function passOn(tar: AsyncIterable<unknown>, target: Pick<ArchiveTarget, 'write'>): Promise<void> {
  for await (const chunk of tar) if (chunk instanceof Uint8Array) await target.write(chunk);
}
