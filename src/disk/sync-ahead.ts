/** Brings a large file to the disk while it is written: all of it at the end would be waited for. */

import type { FileHandle } from 'node:fs/promises';

import { onDisk } from './files.js';

/** After how many bytes the system is asked to bring to the disk what it holds so far. */
const STEP = 128 * 1024 * 1024;

/** One file, however many write to it. */
export class SyncAhead {
  readonly #handle: FileHandle;
  readonly #path: string;
  #bytes = 0;
  #syncing: Promise<void> = Promise.resolve();

  /** `path` is for messages. */
  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /** To be told of bytes when they are written. */
  add(count: number): void {
    this.#bytes += count;
    if (this.#bytes < STEP) return;
    this.#bytes = 0;
    const before = this.#syncing;
    this.#syncing = onDisk({ verb: 'write', path: this.#path }, async () => {
      await before;
      await this.#handle.datasync();
    });
    // Heard of at the end.
    this.#syncing.catch(() => {});
  }

  /** To be waited for before the file is believed, for the system tells of an error once only. Throws DISK_FULL, DISK_ERROR. */
  end(): Promise<void> {
    return this.#syncing;
  }
}
