/** Pushing blobs: what is there is left, what is elsewhere on the host is mounted, and the rest goes up. */

import type { CallOptions, Content, Origin, Outcome, PutOptions } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { hasBlob } from '../blobs/blobs.js';
import type { Repository } from '../repository.js';
import { mount, openSession, type Session } from './session.js';
import { Transfer, type Way } from './transfer.js';

/** Up to here, in bytes, POST and PUT are quicker than POST, PATCH and PUT. */
const SMALL = 4 * 1024 * 1024;

/** One PATCH for all, as docker and crane send it. */
const STREAM = Infinity;

/**
 * The last resort, in bytes: what most take; just under what GHCR takes (rust-oci-client#35); what an nginx takes that
 * nobody has configured.
 */
const PIECES = [16 * 1024 * 1024, 4 * 1024 * 1024 - 1, 1024 * 1024];

/** By these a registry, or a proxy before it, refuses the way in which bytes come, and may take them in another. */
const WAY_REFUSED: ReadonlySet<number | undefined> = new Set([400, 404, 405, 411, 413, 415, 416, 501]);

/** By these codes (distribution-spec 1.1, "Error Codes") it refuses what was sent. */
const CONTENT_REFUSED: ReadonlySet<string> = new Set([
  'DIGEST_INVALID',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'DENIED',
]);

export class Uploads {
  readonly #repository: Repository;
  /** Ways that were refused while another went well: they come last from then on. */
  readonly #refused = new Set<Way>();
  /** Repositories from which a mount was refused: from then on it is asked first what is here. */
  readonly #reluctant = new Set<string>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  async put(content: Content, { fresh = false, signal }: PutOptions = {}): Promise<Outcome> {
    // After a wrong "it is there" a mount would only be believed once more.
    const session = fresh ? undefined : await this.#withoutBytes(content, { signal });
    if (session === 'exists' || session === 'mounted') return session;
    await this.#upload(content, { session, signal });
    return 'written';
  }

  /** A mount comes first, as it is done at once, whether the blob is here or not, and needs no other question. */
  async #withoutBytes(
    content: Content,
    options: CallOptions,
  ): Promise<'exists' | 'mounted' | Session | undefined> {
    const from = this.#neighbour(content);
    const isReluctant = from !== undefined && this.#reluctant.has(from.repository);
    const mounted = isReluctant ? undefined : await this.#mount(content, { ...options, from });
    if (mounted === 'mounted') return mounted;
    if (await hasBlob(this.#repository, content.descriptor, options)) {
      await mounted?.cancel();
      return 'exists';
    }
    return isReluctant ? this.#mount(content, { ...options, from }) : mounted;
  }

  /** Another repository of the host that has the blob. */
  #neighbour({ origin }: Content): Origin | undefined {
    const { host, path } = this.#repository;
    return origin?.host === host && origin.repository !== path ? origin : undefined;
  }

  async #mount(
    { descriptor: { digest } }: Content,
    { from, signal }: CallOptions & { readonly from: Origin | undefined },
  ): Promise<'mounted' | Session | undefined> {
    if (from === undefined) return undefined;
    const mounted = await mount(this.#repository, digest, { from, signal });
    if (mounted !== 'mounted') this.#reluctant.add(from.repository);
    return mounted;
  }

  /** Tries one way after the other; throws the first refusal when all are refused, and any other error at once. */
  async #upload(
    content: Content,
    { session, signal }: CallOptions & { readonly session: Session | undefined },
  ): Promise<void> {
    const refusals = new Map<Way, unknown>();
    let first = session;
    for (const way of this.#waysFor(content.descriptor.size)) {
      const transfer = new Transfer(this.#repository, content, {
        session: first ?? (await openSession(this.#repository, { signal })),
        signal,
      });
      first = undefined;
      try {
        await transfer.run(way);
        for (const refused of refusals.keys()) this.#refused.add(refused);
        return;
      } catch (error) {
        await transfer.cancel();
        if (transfer.failedAtSource || !isRefusalOfWay(error)) throw error;
        // ECR makes the blob at the PATCH already, and then refuses the PUT (regclient#81).
        if (transfer.isComplete && (await hasBlob(this.#repository, content.descriptor, { signal }))) return;
        refusals.set(way, error);
      }
    }
    throw [...refusals.values()][0];
  }

  #waysFor(size: number): readonly Way[] {
    const ways: readonly Way[] = size <= SMALL ? ['put', STREAM] : [STREAM, 'put'];
    const all = [...ways, ...PIECES.filter((piece) => piece < size)];
    return [...all.filter((way) => !this.#refused.has(way)), ...all.filter((way) => this.#refused.has(way))];
  }
}

function isRefusalOfWay(error: unknown): boolean {
  if (!(error instanceof RegError) || !WAY_REFUSED.has(error.context.status)) return false;
  return !(error.context.wireErrors ?? []).some(({ code }) => CONTENT_REFUSED.has(code));
}
