/** One upload session of a registry (distribution-spec 1.1, "Pushing Blobs"): its requests, and where it is now. */

import type { CallOptions, Origin } from '../../content/types.js';
import { hasCode, isRetryable, RegError } from '../../errors.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import { formatUploadRange, parseLength, parseUploadRange } from '../http/content-range.js';
import { contradicts, pushScopes, type Repository } from '../repository.js';
import type { Answer, Body } from '../transport.js';
import { uploadLocation, withDigest } from './location.js';

/** Longest time, in milliseconds, that calling a session off may take: nobody waits for it with pleasure. */
const CANCEL_MS = 500;

const NO_BYTES = new Uint8Array(0);

export class Session {
  /** Smallest piece, in bytes, that the registry takes before the last one. */
  readonly minPiece: number;
  readonly #repository: Repository;
  #location: URL;

  /** `answer` is that of the POST, or of the mount that became an upload. Throws PROTOCOL_ERROR. */
  constructor(repository: Repository, answer: Answer) {
    this.#repository = repository;
    this.#location = uploadLocation(answer.header('location'), answer.url);
    this.minPiece = parseLength(answer.header('oci-chunk-min-length')) ?? 0;
  }

  /** Appends `body`; `start` is its offset where it is a piece, and undefined where it is all there is. */
  async patch(
    body: Body,
    { start, signal }: CallOptions & { readonly start?: number | undefined },
  ): Promise<void> {
    const range = start === undefined ? {} : { 'content-range': formatUploadRange(start, start + body.size) };
    const answer = await this.#repository.transport.send({
      method: 'PATCH',
      target: this.#location,
      scopes: pushScopes(this.#repository),
      headers: { 'content-type': 'application/octet-stream', ...range },
      body,
      // 202 by the spec; ECR says 201.
      expect: [200, 201, 202, 204],
      retry: false,
      signal,
    });
    await this.#moveOn(answer);
  }

  /** Makes what was sent, with `body` at its end, the blob `digest`. Throws DIGEST_MISMATCH when it became another. */
  async commit(digest: Digest, { body, signal }: CallOptions & { readonly body?: Body }): Promise<void> {
    const answer = await this.#repository.transport.send({
      method: 'PUT',
      target: withDigest(this.#location, digest),
      scopes: pushScopes(this.#repository),
      headers: { 'content-type': 'application/octet-stream' },
      body: body ?? NO_BYTES,
      expect: [200, 201, 202, 204],
      retry: false,
      signal,
    });
    await answer.discard();
    if (!contradicts(answer, digest)) return;
    const reason = `stored ${shortDigest(digest)} under another digest`;
    throw new RegError('DIGEST_MISMATCH', `${this.#repository.host} says that it ${reason}`, { digest });
  }

  /**
   * Number of bytes that the registry holds; undefined when it does not say, or has forgotten the session, as
   * distribution 2.8 does when a PATCH broke.
   */
  async received({ signal }: CallOptions): Promise<number | undefined> {
    try {
      const answer = await this.#repository.transport.send({
        method: 'GET',
        target: this.#location,
        scopes: pushScopes(this.#repository),
        expect: [200, 202, 204],
        signal,
      });
      await this.#moveOn(answer);
      return parseUploadRange(answer.header('range'));
    } catch (error) {
      if (isRetryable(error) || hasCode(error, 'ABORTED') || !(error instanceof RegError)) throw error;
      return undefined;
    }
  }

  /** Lets the registry forget what was sent. Never fails. */
  async cancel(): Promise<void> {
    try {
      const answer = await this.#repository.transport.send({
        method: 'DELETE',
        target: this.#location,
        scopes: pushScopes(this.#repository),
        expect: [200, 202, 204],
        retry: false,
        signal: AbortSignal.timeout(CANCEL_MS),
      });
      await answer.discard();
    } catch {
      // A courtesy: distribution wants a right for it that pushes lack, and the session will run out by itself.
    }
  }

  async #moveOn(answer: Answer): Promise<void> {
    await answer.discard();
    const location = answer.header('location');
    if (location !== undefined) this.#location = uploadLocation(location, answer.url);
  }
}

/** A new session. Throws NOT_FOUND where the registry wants the repository made first, as ECR does. */
export async function openSession(repository: Repository, { signal }: CallOptions): Promise<Session> {
  try {
    const answer = await repository.transport.send({ ...begin(repository), expect: [202], signal });
    await answer.discard();
    return new Session(repository, answer);
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
    throw new RegError('NOT_FOUND', `${repository.host} has no repository ${repository.path} to push to`, {
      ...error.context,
      hint: 'Check the name; some registries require a repository to be created before the first push.',
      cause: error,
    });
  }
}

/**
 * Asks to take the blob over from another repository of the same host. Whatever goes wrong is no error, and answered
 * with undefined; a registry that would rather have the bytes answers with a session.
 */
export async function mount(
  repository: Repository,
  digest: Digest,
  { from, signal }: CallOptions & { readonly from: Origin },
): Promise<'mounted' | Session | undefined> {
  const { target, scopes, ...rest } = begin(repository);
  const query = `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from.repository)}`;
  try {
    const answer = await repository.transport.send({
      ...rest,
      target: `${target}${query}`,
      scopes: [...scopes, { repository: from.repository, actions: ['pull'] }],
      expect: [201, 202],
      retry: false,
      signal,
    });
    await answer.discard();
    if (answer.status === 202) return new Session(repository, answer);
    return contradicts(answer, digest) ? undefined : 'mounted';
  } catch (error) {
    if (error instanceof RegError && !hasCode(error, 'ABORTED') && signal?.aborted !== true) return undefined;
    throw error;
  }
}

function begin(repository: Repository) {
  return {
    method: 'POST',
    target: `/v2/${repository.path}/blobs/uploads/`,
    scopes: pushScopes(repository),
    body: NO_BYTES,
  } as const;
}
