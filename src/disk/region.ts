/** Stretches of open files: an archive, an entry in it, a layer that was compressed on the side. */

import { open, stat, type FileHandle } from 'node:fs/promises';

import type { OpenOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { throwIfAborted } from '../content/abort.js';
import { onDisk } from './files.js';

/** Bytes that are read and yielded at once. */
const PIECE_SIZE = 1024 * 1024;

interface Span {
  readonly handle: FileHandle;
  /** The file's name, for messages. */
  readonly path: string;
  /** Where in the file it begins. */
  readonly start: number;
  /** Length in bytes. */
  readonly size: number;
}

/** Bytes on disk that can be read from any place, as often as needed, as long as their file is open. */
export class Region {
  readonly size: number;
  readonly #span: Span;

  constructor(span: Span) {
    this.size = span.size;
    this.#span = span;
  }

  /** The part of `size` bytes that begins at byte `from`. */
  slice(from: number, size: number): Region {
    return new Region({ ...this.#span, start: this.#span.start + from, size });
  }

  /** As `Content.open`. Throws SIZE_MISMATCH when the file became shorter, DISK_ERROR, ABORTED. */
  async open({ to = this.size, ...options }: OpenOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    return this.slice(0, Math.min(to, this.size)).#pieces(options);
  }

  /** At most `length` bytes from byte `from` on; fewer only at the end. Throws as `open`. */
  async read(from: number, length: number): Promise<Uint8Array> {
    // A buffer of its own each time: the consumer may keep it.
    return this.#fill(this.#memoryFor(from, length), from);
  }

  /** Memory for the bytes that there are of `length` from byte `from` on. */
  #memoryFor(from: number, length: number): Buffer {
    return Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.size - from)));
  }

  /** What there is from byte `from` on, as much as `memory` holds. */
  async #fill(memory: Buffer, from: number): Promise<Uint8Array> {
    const { handle, path, start, size } = this.#span;
    const bytes = memory.subarray(0, size - from);
    for (let filled = 0; filled < bytes.byteLength;) {
      const position = start + from + filled;
      const { bytesRead } = await onDisk({ verb: 'read', path }, () =>
        handle.read(bytes, filled, bytes.byteLength - filled, position),
      );
      if (bytesRead === 0)
        throw new RegError('SIZE_MISMATCH', `${quoteText(path)} became shorter while it was read`);
      filled += bytesRead;
    }
    return bytes;
  }

  async *#pieces({ from = 0, borrows = false, signal }: OpenOptions): AsyncGenerator<Uint8Array> {
    const memory = (at: number): Buffer => this.#memoryFor(at, PIECE_SIZE);
    // What was yielded last is in use until the next bytes are there.
    let [next, last] = borrows ? [memory(from), memory(from)] : [];
    for (let position = from; position < this.size; position += PIECE_SIZE) {
      throwIfAborted(signal);
      yield await this.#fill(next ?? memory(position), position);
      [next, last] = [last, next];
    }
  }
}

/** A regular file opened for reading: all its bytes, and how to close it. */
export interface OpenedFile {
  readonly region: Region;
  close(): Promise<void>;
}

/** Opens `path`, through symbolic links. Throws INVALID_ARGUMENT for what is not a regular file, DISK_ERROR. */
export async function openFile(path: string): Promise<OpenedFile> {
  return onDisk({ verb: 'read', path }, async () => {
    // Asked before it is opened, because opening a named pipe waits for whoever writes to it.
    const stats = await stat(path);
    if (!stats.isFile()) {
      throw new RegError('INVALID_ARGUMENT', `cannot read ${quoteText(path)}: it is not a regular file`, {
        hint: 'To read from a pipe, give "-" and redirect it to standard input.',
      });
    }
    const handle = await open(path);
    return {
      region: new Region({ handle, path, start: 0, size: stats.size }),
      close: () => handle.close(),
    };
  });
}

/** The bytes of a file, which is open only while they are read: there may be thousands. Throws as `openFile`. */
export async function* bytesOf(path: string, options: OpenOptions = {}): AsyncGenerator<Uint8Array> {
  const file = await openFile(path);
  try {
    yield* await file.region.open(options);
  } finally {
    await file.close();
  }
}
