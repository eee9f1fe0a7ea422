/** A manifest on the wire: one GET, one PUT, and what the registry said of it. */

import { retry } from '../../content/retry.js';
import type { CallOptions, ResolveOptions } from '../../content/types.js';
import { RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { isDigest, shortDigest } from '../../spec/digest.js';
import { MANIFEST_ACCEPT } from '../../spec/media-type.js';
import { quoteText } from '../../spec/text.js';
import { readManifestAnswer, type FetchedManifest } from './answer.js';
import { contradicts, manifestTarget, pullScopes, pushScopes, type Repository } from '../repository.js';
import type { Answer } from '../transport.js';

/** Distribution-spec 1.1, "Pulling manifests". A list of tags from a server may hold anything. */
const TAG = /^\w[\w.-]{0,127}$/;

/** What a condition is answered with that does not hold (RFC 9110, 13.1.1). */
const PRECONDITION_FAILED = 412;

/** `name` when it is a tag or a digest. Throws INVALID_REFERENCE. */
export function checkedName(name: string): string {
  if (isDigest(name) || TAG.test(name)) return name;
  throw new RegError('INVALID_REFERENCE', `${quoteText(name)} is neither a tag nor a digest`);
}

/** A body that breaks is asked for again, from the start: it is small. Throws NOT_FOUND and as `readManifestAnswer`. */
export function fetchManifest(
  repository: Repository,
  name: string,
  { signal, soon }: ResolveOptions,
): Promise<FetchedManifest> {
  const fetchOnce = async (): Promise<FetchedManifest> => {
    const answer = await repository.transport.send({
      method: 'GET',
      target: manifestTarget(repository, checkedName(name)),
      scopes: pullScopes(repository),
      headers: { accept: MANIFEST_ACCEPT, 'accept-encoding': 'identity' },
      expect: [200],
      retry: false,
      signal,
      soon,
    });
    return readManifestAnswer(answer, repository, name);
  };
  return retry(fetchOnce, { ...repository.retry, signal });
}

/** A manifest to be put under a tag or its digest. */
export interface OutgoingManifest extends FetchedManifest, CallOptions {
  readonly name: string;
  /** What the tag has to stand for, by the registry's ETag: where it looks at that, it answers 412 when it does not. */
  readonly ifMatch?: string | undefined;
}

/** Answers what the registry said, the body read. Throws DIGEST_MISMATCH, INCOMPLETE and what the transport throws. */
export async function putManifest(
  repository: Repository,
  { name, descriptor, bytes, ifMatch, signal }: OutgoingManifest,
): Promise<Answer> {
  const answer = await repository.transport.send({
    method: 'PUT',
    target: manifestTarget(repository, checkedName(name)),
    scopes: pushScopes(repository),
    headers: {
      'content-type': descriptor.mediaType,
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    },
    body: bytes,
    expect: [200, 201, 202, 204, ...(ifMatch === undefined ? [] : [PRECONDITION_FAILED])],
    signal,
  });
  await answer.discard();
  if (answer.status !== PRECONDITION_FAILED && contradicts(answer, descriptor.digest))
    throw tookAnother(repository, descriptor);
  return answer;
}

function tookAnother(repository: Repository, { digest }: Descriptor): RegError {
  const reason = `stored manifest ${shortDigest(digest)} under another digest`;
  return new RegError('DIGEST_MISMATCH', `${repository.host} says that it ${reason}`, { digest });
}
