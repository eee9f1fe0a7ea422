/** A tar as it is written: one file after the other, straight on to where it goes. */

import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';

import type { ArchiveTarget } from './target.js';

/** What stands in every header, so that the same files make the same bytes. */
const FIXED = { type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) } as const;

/** One file of the tar. */
interface TarFile {
  /** Path in the tar, with forward slashes. */
  readonly name: string;
  /** Length in bytes; above 8 GiB it is written in base 256, as GNU tar does. */
  readonly size: number;
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
  async add(file: TarFile, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      await pipeline(chunks, this.#pack.entry({ ...FIXED, ...file }));
    } catch (error) {
      this.#pack.destroy();
      // The target's failure is the cause where it failed: all that the entry knows of it is that its stream was closed.
      await this.#written;
      throw error;
    }
  }

  /** Writes the end of the tar. */
  async end(): Promise<void> {
    this.#pack.finalize();
    await this.#written;
  }
}

async function passOn(tar: AsyncIterable<unknown>, target: Pick<ArchiveTarget, 'write'>): Promise<void> {
  for await (const chunk of tar) if (chunk instanceof Uint8Array) await target.write(chunk);
}
