/**
 * Room on disk for bytes that have to be read again: a tar from the standard input, an unpacked tar, compressed layers.
 * It is one file that loses its name as soon as it is open, so that not even a killed process leaves it behind.
 */

import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { createLimit } from '../content/limit.js';
import { onDisk, uniqueName } from './files.js';
import { Region } from './region.js';

export class Scratch {
  readonly #path: string;
  readonly #inTurn = createLimit(1);
  #handle: FileHandle | undefined;
  #end = 0;

  /** Costs nothing until something is appended. */
  constructor(folder: string) {
    this.#path = join(folder, `reg-${uniqueName()}.tmp`);
  }

  /** Keeps what `chunks` yield, one call after the other. Throws DISK_FULL, DISK_ERROR and what `chunks` throw. */
  append(chunks: AsyncIterable<Uint8Array>): Promise<Region> {
    return this.#inTurn(async () => {
      const handle = (this.#handle ??= await this.#create());
      const start = this.#end;
      for await (const chunk of chunks) await this.#write(handle, chunk);
      return new Region({ handle, path: this.#path, start, size: this.#end - start });
    });
  }

  /** Gives the room back; what was appended can't be read any more. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return;
    await handle.close();
    await rm(this.#path, { force: true });
  }

  #create(): Promise<FileHandle> {
    return onDisk({ verb: 'write', path: this.#path }, async () => {
      const handle = await open(this.#path, 'wx+', 0o600);
      await rm(this.#path).catch(() => {
        // Not every system removes a file that is open; then it goes when it is closed.
      });
      return handle;
    });
  }

  async #write(handle: FileHandle, chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.byteLength;) {
      const { bytesWritten } = await onDisk({ verb: 'write', path: this.#path }, () =>
        handle.write(chunk, done, chunk.byteLength - done, this.#end),
      );
      done += bytesWritten;
      this.#end += bytesWritten;
    }
  }
}
