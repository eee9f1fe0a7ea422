/** Writes bytes to a file as they come: in batches of half a megabyte, uncopied, while the next bytes are on their way. */

import type { FileHandle } from 'node:fs/promises';

import { onDisk, withoutFirst } from './files.js';

/** Beyond a quarter of this speed has little to gain, and memory is taken twice: by what is written and by what comes. */
const BATCH_SIZE = 512 * 1024;

/** Most buffers in one system call; systems take 1024 (IOV_MAX). */
const MAX_BUFFERS = 512;

interface AppenderOptions {
  /** Of the file, for messages. */
  readonly path: string;
  /** Offset in bytes where writing begins. */
  readonly from: number;
  /** Length in bytes that the file will have, where that is known. */
  readonly size?: number;
  /** Told how far the file reaches after each write. */
  readonly onWritten?: ((position: number) => void) | undefined;
  /** Whether somebody waits for what is written: then bytes are written as soon as they can be. Default false. */
  readonly isFollowed?: boolean;
}

/** Adds bytes to the end of a file. After the first error nothing more is written, and every call throws it again. */
export class Appender {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #size: number | undefined;
  readonly #onWritten: AppenderOptions['onWritten'];
  readonly #isFollowed: boolean;
  #position: number;
  #waiting: Uint8Array[] = [];
  #waitingSize = 0;
  #isWriting = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle, { path, from, size, onWritten, isFollowed = false }: AppenderOptions) {
    this.#handle = handle;
    this.#path = path;
    this.#position = from;
    this.#size = size;
    this.#onWritten = onWritten;
    this.#isFollowed = isFollowed;
  }

  /** The bytes must not change afterwards. Waits only while a whole batch is still on its way to the disk. */
  async add(bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength === 0) return;
    this.#waiting.push(bytes);
    this.#waitingSize += bytes.byteLength;
    const isFull = this.#waitingSize >= BATCH_SIZE || this.#waiting.length >= MAX_BUFFERS;
    if (isFull || this.#isWanted()) await this.#send();
  }

  /** Writes what is left. Throws DISK_FULL, DISK_ERROR. */
  async flush(): Promise<void> {
    await this.#send();
    await this.#writing;
  }

  async #send(): Promise<void> {
    await this.#writing;
    this.#writing = this.#writeWaiting();
    // Heard of at the next call, which is sure to come.
    this.#writing.catch(() => {});
  }

  /** Whether somebody waits, and nothing is on its way to the disk that would take along what waits. */
  #isWanted(): boolean {
    return this.#isFollowed && !this.#isWriting;
  }

  async #writeWaiting(): Promise<void> {
    this.#isWriting = true;
    try {
      do {
        const batch = this.#waiting;
        this.#waiting = [];
        this.#waitingSize = 0;
        await this.#write(batch);
        this.#onWritten?.(this.#position);
      } while (this.#isFollowed && this.#waiting.length > 0);
    } finally {
      this.#isWriting = false;
    }
  }

  /** The system may take a part only, when the disk is nearly full for example. */
  async #write(batch: readonly Uint8Array[]): Promise<void> {
    for (let rest = batch; rest.length > 0;) {
      const missing = this.#size === undefined ? undefined : this.#size - this.#position;
      const { bytesWritten } = await onDisk({ verb: 'write', path: this.#path, missing }, () =>
        this.#handle.writev(rest, this.#position),
      );
      this.#position += bytesWritten;
      rest = withoutFirst(rest, bytesWritten);
    }
  }
}
