/**
 * A file that is completed, in any order:
 *
 *     ████████░░░░████░░░░░     taken   what was given to it, and is written or on its way
 *     ██████░░░░░░██░░░░░░░     written
 *     ▔▔▔▔▔▔                    followed: verified, and read by whoever reads along
 *
 * No byte is written twice, so that what was followed stays as it is.
 */

import type { FileHandle } from 'node:fs/promises';

import { throwIfAborted } from '../content/abort.js';
import { Extents } from '../content/extents.js';
import type { CallOptions, Receiver, Stretch } from '../content/types.js';
import { Appender } from './append.js';
import type { PartsNote } from './parts-note.js';

interface PartialFileOptions extends CallOptions {
  /** Open to write. */
  readonly handle: FileHandle;
  /** For messages. */
  readonly path: string;
  /** Length in bytes that it will have. */
  readonly size: number;
  /** What it holds. */
  readonly held: Extents;
  readonly note: PartsNote | undefined;
  /** Told of bytes, in any order, when they are written. */
  readonly onWritten: (count: number) => void;
  /** Told of bytes in the order in which they come, before they are written. May throw. */
  readonly onBytes: (at: number, bytes: Uint8Array) => void;
  /** Told how far the file reaches without a gap. */
  readonly onFront: (position: number) => void;
  /** Whether somebody reads along: then bytes are written as soon as they can be. */
  readonly isFollowed: boolean;
}

/** Takes what a file lacks. */
export function receiverInto(options: PartialFileOptions): Receiver {
  const { held, signal } = options;
  const written = new Extents(held.spans);
  return { held, signal, begin: (at) => new FileStretch(at, { ...options, written }) };
}

interface StretchOptions extends PartialFileOptions {
  readonly written: Extents;
}

class FileStretch implements Stretch {
  readonly #options: StretchOptions;
  #position: number;
  #appender: Appender | undefined;
  /** Where the appender writes next. */
  #end = -1;

  constructor(at: number, options: StretchOptions) {
    this.#options = options;
    this.#position = at;
  }

  async add(bytes: Uint8Array): Promise<void> {
    const { held, signal, onBytes } = this.#options;
    throwIfAborted(signal);
    const start = this.#position;
    this.#position += bytes.byteLength;
    // Taken all at once: while one part of it is written, another stretch could take the next, and write it, too.
    const missing = held.missing({ from: start, to: this.#position });
    for (const { from, to } of missing) {
      onBytes(from, bytes.subarray(from - start, to - start));
      held.add({ from, to });
    }
    for (const { from, to } of missing) await this.#write(from, bytes.subarray(from - start, to - start));
  }

  async end(): Promise<void> {
    await this.#appender?.flush();
  }

  async #write(at: number, bytes: Uint8Array): Promise<void> {
    if (this.#appender === undefined || this.#end !== at) {
      await this.#appender?.flush();
      this.#appender = await this.#begin(at);
    }
    this.#end = at + bytes.byteLength;
    await this.#appender.add(bytes);
  }

  async #begin(at: number): Promise<Appender> {
    const { handle, path, size, isFollowed, written, note } = this.#options;
    if (at > written.front || note?.isThere === true) await note?.begin(written.spans);
    let from = at;
    return new Appender(handle, {
      path,
      from,
      size,
      isFollowed,
      onWritten: (to) => {
        this.#onWritten(from, to);
        from = to;
      },
    });
  }

  #onWritten(from: number, to: number): void {
    const { written, note, onWritten, onFront } = this.#options;
    if (from === to) return;
    written.add({ from, to });
    note?.add({ from, to });
    onWritten(to - from);
    onFront(written.front);
  }
}
