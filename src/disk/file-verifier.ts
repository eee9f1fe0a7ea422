/** Verifies a file while it is filled: from its bytes as they come, or, where that pays, on the hash thread from the file. */

import type { FileHandle } from 'node:fs/promises';

import { untilAborted } from '../content/abort.js';
import type { CallOptions } from '../content/types.js';
import { refuseMore, requireDigest } from '../content/verify.js';
import type { Descriptor } from '../spec/descriptor.js';
import { algorithmOf, Digester, type Digest } from '../spec/digest.js';
import { hashBeside, type Hashing } from './hash-thread.js';
import { piecesOf } from './read-file.js';

interface OpenFile extends CallOptions {
  /** Open to read. */
  readonly handle: FileHandle;
  /** For messages. */
  readonly path: string;
}

/** To be ended before the file is closed. */
export class FileVerifier {
  readonly #descriptor: Descriptor;
  readonly #file: OpenFile;
  readonly #hashing: Hashing | undefined;
  /** What was hashed here. */
  readonly #digester: Digester;

  constructor(descriptor: Descriptor, file: OpenFile) {
    const algorithm = algorithmOf(descriptor.digest);
    this.#descriptor = descriptor;
    this.#file = file;
    this.#digester = new Digester(algorithm);
    this.#hashing = hashBeside({ fd: file.handle.fd, algorithm, size: descriptor.size });
  }

  /** Follows the bytes before `position`, which the file holds already. */
  async resume(position: number): Promise<void> {
    if (this.#hashing === undefined) await this.#read(position);
    else this.#hashing.grow(position);
  }

  /** Follows bytes that will be in the file from `at` on. Throws SIZE_MISMATCH as soon as there is a byte too many. */
  update(at: number, bytes: Uint8Array): void {
    refuseMore(this.#descriptor, at + bytes.byteLength);
    // What comes before its turn is read from the file in the end.
    if (this.#hashing === undefined && at === this.#digester.size) this.#digester.update(bytes);
  }

  /** To be told how far the file reaches without a gap. */
  grow(position: number): void {
    this.#hashing?.grow(position);
  }

  /** To be called when all is in the file. Throws DIGEST_MISMATCH, ABORTED, DISK_ERROR. */
  async finish(): Promise<void> {
    const { digest } = this.#hashing ?? {};
    const told = await untilAborted(Promise.resolve(digest), this.#file.signal);
    requireDigest(this.#descriptor, told ?? (await this.#digestHere()));
  }

  async end(): Promise<void> {
    await this.#hashing?.end();
  }

  async #digestHere(): Promise<Digest> {
    await this.#read(this.#descriptor.size);
    return this.#digester.digest();
  }

  /** Hashes here what was not, up to `to`. */
  async #read(to: number): Promise<void> {
    const from = this.#digester.size;
    for await (const piece of piecesOf(this.#file.handle, { ...this.#file, from, to }))
      this.#digester.update(piece);
  }
}
