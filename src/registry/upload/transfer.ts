/** Takes one blob up, in one way, through all that can break on it. */

import { Patience } from '../../content/retry.js';
import type { CallOptions, Content } from '../../content/types.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { hasBlob } from '../blobs/blobs.js';
import type { Repository } from '../repository.js';
import { Outgoing } from './outgoing.js';
import { openSession, type Session } from './session.js';

/** All bytes in the one PUT that also commits, or by PATCH in pieces of at most so many bytes. */
export type Way = 'put' | number;

export class Transfer {
  readonly #repository: Repository;
  readonly #descriptor: Descriptor;
  readonly #outgoing: Outgoing;
  readonly #patience: Patience;
  readonly #options: CallOptions;
  #session: Session;
  /** Number of bytes that the registry holds for all we know. */
  #offset = 0;

  constructor(
    repository: Repository,
    content: Content,
    { session, signal }: CallOptions & { readonly session: Session },
  ) {
    this.#repository = repository;
    this.#descriptor = content.descriptor;
    this.#outgoing = new Outgoing(content);
    this.#patience = new Patience({ ...repository.retry, signal });
    this.#options = { signal };
    this.#session = session;
  }

  /** Whether the registry got to see all bytes, whatever it said to them. */
  get isComplete(): boolean {
    return this.#outgoing.position === this.#descriptor.size;
  }

  /** Whether it was the content that failed, and not the registry. */
  get failedAtSource(): boolean {
    return this.#outgoing.fault !== undefined;
  }

  /**
   * Ends when the blob is there. Throws what the content throws; an error of the registry's that is not worth a
   * retry; or the last one that was, when too many came without progress.
   */
  async run(way: Way): Promise<void> {
    for (let done = false; !done;) {
      try {
        done = way === 'put' ? await this.#put() : await this.#patch(way);
      } catch (error) {
        if (this.failedAtSource) throw this.#outgoing.fault;
        await this.#patience.again(error);
        done = await this.#recover(way);
      }
    }
  }

  cancel(): Promise<void> {
    return this.#session.cancel();
  }

  async #put(): Promise<boolean> {
    const { digest, size } = this.#descriptor;
    await this.#session.commit(digest, { ...this.#options, body: this.#outgoing.body(0, size) });
    return true;
  }

  /** Sends the next piece, or commits after the last; true when that is done. */
  async #patch(piece: number): Promise<boolean> {
    const { digest, size } = this.#descriptor;
    const start = this.#offset;
    const end = Math.min(size, start + Math.max(piece, this.#session.minPiece));
    if (start === size) {
      await this.#session.commit(digest, this.#options);
      return true;
    }
    // The whole in one PATCH goes without Content-Range, as docker sends it: more registries take that.
    const isWhole = end - start === size;
    await this.#session.patch(this.#outgoing.body(start, end), {
      ...this.#options,
      start: isWhole ? undefined : start,
    });
    this.#offset = end;
    return false;
  }

  /** Finds out where to go on; true when the blob is there and only the answer got lost. */
  async #recover(way: Way): Promise<boolean> {
    if (this.isComplete && (await hasBlob(this.#repository, this.#descriptor, this.#options))) return true;
    const received = way === 'put' ? undefined : await this.#session.received(this.#options);
    if (received === undefined || received > this.#outgoing.position) {
      await this.#session.cancel();
      this.#session = await openSession(this.#repository, this.#options);
      this.#offset = 0;
    } else {
      this.#offset = received;
      this.#patience.advance(received, this.#descriptor.size);
    }
    return false;
  }
}
