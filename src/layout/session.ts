/** An upload whose digest is told only at its end, as `reg serve` receives them. */

import type { FileHandle } from 'node:fs/promises';

import { createLimit, type Limit } from '../content/limit.js';
import { RegError } from '../errors.js';
import { algorithmOf, Digester, shortDigest, type Digest } from '../spec/digest.js';
import { Appender } from '../disk/append.js';
import type { Blobs } from './blobs.js';
import { onDisk, uniqueName } from '../disk/files.js';
import { piecesOf } from '../disk/read-file.js';
import { openHeld, type Held } from './work.js';

interface SessionParts {
  readonly held: Held;
  readonly handle: FileHandle;
  readonly blobs: Blobs;
}

/** To be ended by `commit` or `cancel`; calls wait for those before them. */
export class Session {
  /** Names the session within this process. */
  readonly id = uniqueName();
  readonly #parts: SessionParts;
  readonly #appender: Appender;
  readonly #digester = new Digester('sha256');
  readonly #queue: Limit = createLimit(1);
  #isOpen = true;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#appender = new Appender(parts.handle, { path: parts.held.path, from: 0 });
  }

  /** Number of bytes received. */
  get position(): number {
    return this.#digester.size;
  }

  /** Adds bytes. When `chunks` breaks, what came of it is kept, and its error is thrown. Throws DISK_FULL, DISK_ERROR. */
  append(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#queue(async () => {
      this.#requireOpen();
      try {
        for await (const bytes of chunks) {
          await this.#appender.add(bytes);
          this.#digester.update(bytes);
        }
      } finally {
        await this.#appender.flush();
      }
    });
  }

  /** Makes what was received the blob `digest`, and ends the session either way. Throws DIGEST_MISMATCH, DISK_FULL. */
  commit(digest: Digest): Promise<{ readonly digest: Digest; readonly size: number }> {
    return this.#queue(async () => {
      this.#requireOpen();
      const size = this.position;
      try {
        await this.#appender.flush();
        const actual = await this.#digest(digest);
        if (actual !== digest) throw mismatch(digest, actual);
        await this.#parts.blobs.publish(digest, { handle: this.#parts.handle, path: this.#parts.held.path });
      } finally {
        await this.#end();
      }
      return { digest, size };
    });
  }

  /** Ends the session and removes what was received; nothing to do when it has ended. */
  cancel(): Promise<void> {
    return this.#queue(() => this.#end());
  }

  async #end(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#parts.handle.close();
    await this.#parts.held.release();
  }

  /** Most come as sha256, which is known by now; for sha512 the file is read again. */
  async #digest(wanted: Digest): Promise<Digest> {
    const algorithm = algorithmOf(wanted);
    if (algorithm === 'sha256') return this.#digester.digest();
    const digester = new Digester(algorithm);
    const { handle, held } = this.#parts;
    for await (const piece of piecesOf(handle, { path: held.path })) digester.update(piece);
    return digester.digest();
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new RegError('NOT_FOUND', 'the upload has ended');
  }
}

/** Begins a session in a file that this process holds. */
export async function startSession(held: Held, blobs: Blobs): Promise<Session> {
  const handle = await onDisk({ verb: 'write', path: held.path }, () => openHeld(held));
  return new Session({ held, handle, blobs });
}

function mismatch(digest: Digest, actual: Digest): RegError {
  const message = `the bytes of ${shortDigest(digest)} hash to ${shortDigest(actual)}`;
  return new RegError('DIGEST_MISMATCH', message, { digest });
}
