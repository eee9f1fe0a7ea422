/** Verifies a file while it is filled: from its bytes as they come, or, where that pays, on the hash thread from the file. */

import type { FileHandle } from 'node:fs/promises';

import { untilAborted } from '../content/abort.js';
import type { CallOptions } from '../content/types.js';
import { Verifier } from '../content/verify.js';
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
  readonly #verifier: Verifier;
  readonly #hashing: Hashing | undefined;

  constructor(descriptor: Descriptor, file: OpenFile) {
    const { digest, size } = descriptor;
    this.#descriptor = descriptor;
    this.#file = file;
    this.#verifier = new Verifier(descriptor);
    this.#hashing = hashBeside({ fd: file.handle.fd, algorithm: algorithmOf(digest), size });
  }

  /** Follows the first `size` bytes, which the file holds already. */
  async resume(size: number): Promise<void> {
    if (this.#hashing === undefined) {
      for await (const piece of piecesOf(this.#file.handle, this.#file)) this.#verifier.update(piece);
      return;
    }
    this.#verifier.count(size);
    this.grow(size);
  }

  /** Follows bytes that will be in the file. Throws SIZE_MISMATCH as soon as there is a byte too many. */
  update(bytes: Uint8Array): void {
    if (this.#hashing === undefined) this.#verifier.update(bytes);
    else this.#verifier.count(bytes.byteLength);
  }

  /** To be told how far the file reaches by now. */
  grow(position: number): void {
    this.#hashing?.grow(position);
  }

  /** To be called when the last byte is in the file. Throws SIZE_MISMATCH, DIGEST_MISMATCH, ABORTED. */
  async finish(): Promise<void> {
    if (this.#hashing === undefined) return this.#verifier.finish();
    this.#verifier.requireAll();
    const digest = await untilAborted(this.#hashing.digest, this.#file.signal);
    this.#verifier.judge(digest ?? (await this.#digestHere()));
  }

  async end(): Promise<void> {
    await this.#hashing?.end();
  }

  async #digestHere(): Promise<Digest> {
    const digester = new Digester(algorithmOf(this.#descriptor.digest));
    for await (const piece of piecesOf(this.#file.handle, this.#file)) digester.update(piece);
    return digester.digest();
  }
}
