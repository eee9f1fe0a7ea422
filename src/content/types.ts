/**
 * The idea of `reg`: every command is `copy(source, sink, root)`.
 *
 *     Source ──get──▶ Content ──put──▶ Sink        the sink opens the content,
 *                        ▲                │        as often as it needs and
 *                        └──open(from)────┘        from the offset it needs
 *
 * The receiver opens: nobody passes a started stream on. Retry, resume, mounts and parallel ranges follow from that.
 */

import type { Descriptor } from '../spec/descriptor.js';
import type { Extents } from './extents.js';

export interface CallOptions {
  /** Ends the call early; it then rejects with ABORTED, or with the signal's reason where that is a RegError. */
  readonly signal?: AbortSignal | undefined;
}

export interface OpenOptions extends CallOptions {
  /** Offset in bytes of the first byte wanted; default 0; at most the size. */
  readonly from?: number | undefined;
  /**
   * Offset in bytes after the last byte wanted; default the size. What cannot stop there goes on: the consumer ends
   * the iteration. UNSUPPORTED is thrown where bytes before `from` would have to be fetched only to be thrown away.
   */
  readonly to?: number | undefined;
  /**
   * Whether the consumer verifies all that comes, and keeps nothing of it before: then nothing need be read beforehand
   * only to be believed. Default false.
   */
  readonly verifies?: boolean | undefined;
  /**
   * Whether the consumer is done with bytes once the next ones come, so that these may have their memory. Default
   * false: what came never changes.
   */
  readonly borrows?: boolean | undefined;
}

/** A descriptor, and the right to open its bytes. */
export interface Content {
  readonly descriptor: Descriptor;
  /** A repository that already holds these bytes, so that a sink on the same host may mount instead of copy. */
  readonly origin?: Origin;
  /**
   * Costs I/O. The first byte yielded is byte `from`. The bytes are not verified: whoever keeps them does that.
   * Ending the iteration releases connection and file handles. Throws NOT_FOUND and what the medium throws.
   */
  open(options?: OpenOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Where several stretches at once may pay: gives a receiver what it lacks, in any order. To be called by `receive`. */
  readonly spread?: (receiver: Receiver) => Promise<void>;
}

/** Who takes the bytes of a content, several stretches at once. */
export interface Receiver extends CallOptions {
  /** What it had, and what it was given since. */
  readonly held: Extents;
  /** A stretch that begins at byte `at`. No I/O. */
  begin(at: number): Stretch;
}

/** Bytes that follow one another. */
export interface Stretch {
  /** The next of them, which must not change afterwards; what the receiver was given already is dropped. */
  add(bytes: Uint8Array): Promise<void>;
  /** To be called once: resolves when all that was added is kept. Both throw what the receiver's medium throws. */
  end(): Promise<void>;
}

export interface Origin {
  /** Host with port, as in the reference: `ghcr.io`. */
  readonly host: string;
  /** `library/nginx`. */
  readonly repository: string;
}

export interface ResolveOptions extends CallOptions {
  /** The caller will read the content next, so a source may fetch it along with the descriptor. Default false. */
  readonly toRead?: boolean | undefined;
  /** How many contents will be opened at once afterwards, so that a remote source can prepare connections. Default 1. */
  readonly soon?: number | undefined;
}

export interface Source {
  /** The descriptor behind a tag or a digest. Throws NOT_FOUND. */
  resolve(name: string, options?: ResolveOptions): Promise<Descriptor>;
  /** No I/O. */
  get(descriptor: Descriptor): Content;
}

/** How a content came to be in a sink. */
export type Outcome = 'exists' | 'mounted' | 'written';

export interface PutOptions extends CallOptions {
  /** Name to give to a manifest. */
  readonly tag?: string | undefined;
  /** Writes without asking whether it exists: used when the sink's own answer turned out wrong. Default false. */
  readonly fresh?: boolean | undefined;
}

export interface HasOptions extends CallOptions {
  /**
   * The name by which it is put next, unless it has that: a sink that is far away may look there alone, and say no to
   * what it has under others only.
   */
  readonly tag?: string | undefined;
  /** How many contents will be put at once when it is not there: a sink that is far away may get ready. Default 1. */
  readonly soon?: number | undefined;
}

export interface Sink {
  has(descriptor: Descriptor, options?: HasOptions): Promise<boolean>;
  /**
   * Takes a content in. Checks size and digest before the content becomes visible. Idempotent. Throws
   * DIGEST_MISMATCH, SIZE_MISMATCH and what the medium throws; nothing is visible then. INCOMPLETE when a manifest
   * comes whose children the sink does not hold.
   */
  put(content: Content, options?: PutOptions): Promise<Outcome>;
}
