/**
 * A blob on its way in. It is fetched once, into the store, and whoever wants it reads along from the file, each at a
 * pace of their own:
 *
 *     registry ──▶ ingest ──▶ .partial/sha256-HEX ──▶ blobs/sha256/HEX
 *                                   │ │ │
 *                                   ▼ ▼ ▼ readers
 *
 * The last byte is passed on only when all of them are verified and the blob is in the store: until then every reader
 * knows that there is more to come, so that what turns out wrong never ends as if it were right.
 */

import { open, type FileHandle } from 'node:fs/promises';

import { untilAborted } from '../../content/abort.js';
import type { CallOptions, Content, OpenOptions } from '../../content/types.js';
import { onDisk } from '../../disk/files.js';
import type { Follower } from '../../disk/fill.js';
import type { Layout } from '../../layout/layout.js';
import { readAt } from '../../disk/read-file.js';

interface ReadOptions extends Omit<OpenOptions, 'signal'> {
  /** Aborted when the reader has gone, or has all. */
  readonly signal: AbortSignal;
}

interface FlightOptions {
  readonly store: Layout;
  /** What it waits for before it sets off. */
  readonly after: Promise<void> | undefined;
  /** What readers are told of an error. */
  readonly onFailure: (error: unknown) => unknown;
}

interface File {
  readonly path: string;
  readonly handle: FileHandle;
}

export class Flight {
  /** Resolves when nothing is written any more, whether the blob is in the store or not. */
  readonly ended: Promise<void>;
  readonly #content: Content;
  readonly #abort = new AbortController();
  #file: File | undefined;
  /** Bytes in the file. */
  #position = 0;
  #state: 'flying' | 'landed' | 'lost' = 'flying';
  #reason: unknown;
  #readers = 0;
  readonly #waiting = new Set<() => void>();

  constructor(content: Content, options: FlightOptions) {
    this.#content = content;
    this.ended = this.#fly(options);
  }

  /** Whether it can still be joined. */
  get isFlying(): boolean {
    return this.#state === 'flying' && !this.#abort.signal.aborted;
  }

  /**
   * The bytes as they come. Resolves when the first of them is there; throws what fetching throws, before or on the way.
   * When the last reader goes the fetch is broken off; what has come stays for the next one.
   */
  async read({ from = 0, to = this.#size, signal }: ReadOptions): Promise<AsyncIterable<Uint8Array>> {
    this.#readers += 1;
    signal.addEventListener('abort', () => this.#leave(), { once: true });
    if (signal.aborted) this.#leave();
    await this.#reach(from, { signal });
    return this.#pieces({ from, to, signal });
  }

  /** Breaks it off, whoever reads. */
  cancel(): void {
    this.#abort.abort();
  }

  get #size(): number {
    return this.#content.descriptor.size;
  }

  get #available(): number {
    return this.#state === 'landed' ? this.#size : Math.min(this.#position, this.#size - 1);
  }

  async #fly({ store, after, onFailure }: FlightOptions): Promise<void> {
    try {
      await after;
      await store.fetch(this.#content, { follower: this.#follower(), signal: this.#abort.signal });
      this.#state = 'landed';
    } catch (error) {
      this.#state = 'lost';
      this.#reason = onFailure(error);
    }
    this.#tell();
    await this.#closeUnused();
  }

  #follower(): Follower {
    return {
      begin: async ({ path, position }) => {
        // A handle of our own: the file gets another name when it is whole, or goes away when it is wrong.
        this.#file = { path, handle: await onDisk({ verb: 'read', path }, () => open(path, 'r')) };
        this.#grow(position);
      },
      grow: (position) => this.#grow(position),
    };
  }

  #grow(position: number): void {
    this.#position = position;
    this.#tell();
  }

  #tell(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Waits for a byte beyond `position`, or the end. Throws what fetching throws. */
  async #reach(position: number, { signal }: CallOptions): Promise<void> {
    while (this.#state === 'flying' && this.#available <= position) await this.#change(signal);
    if (this.#state === 'lost') throw this.#reason;
  }

  async #change(signal: AbortSignal | undefined): Promise<void> {
    await untilAborted(new Promise<void>((resolve) => this.#waiting.add(resolve)), signal);
  }

  async *#pieces({ from, to, signal }: ReadOptions & { readonly from: number; readonly to: number }) {
    for (let position = from; position < to;) {
      await this.#reach(position, { signal });
      if (this.#file === undefined) return;
      const { path, handle } = this.#file;
      const piece = await readAt(handle.fd, { path, from: position, size: Math.min(to, this.#available) });
      if (piece.byteLength === 0) return;
      position += piece.byteLength;
      yield piece;
    }
  }

  #leave(): void {
    this.#readers -= 1;
    if (this.#readers > 0) return;
    if (this.#state === 'flying') this.#abort.abort();
    void this.#closeUnused();
  }

  async #closeUnused(): Promise<void> {
    if (this.#state === 'flying' || this.#readers > 0) return;
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }
}
