/** Gives a manifest that is there several tags. */

import { readContent } from '../../content/read.js';
import type { CallOptions, Content, Sink } from '../../content/types.js';
import { MAX_MANIFEST_SIZE } from '../../spec/manifest.js';
import { checkedName } from './wire.js';
import { manifestTarget, pushScopes, type Repository } from '../repository.js';

/** Tags of one request: its URL has to stay short. */
const MAX_AT_ONCE = 10;

interface Tagging extends CallOptions {
  readonly content: Content;
  readonly tags: readonly string[];
}

/**
 * Puts the bytes as they are under each of `tags`: by one request where the registry knows how, else one after the other.
 * Throws as putting a manifest does; some tags may be set then.
 */
export async function tagManifest(
  repository: Repository,
  manifests: Sink,
  { content, tags, signal }: Tagging,
): Promise<void> {
  const some = tags.slice(0, MAX_AT_ONCE);
  const set = some.length > 1 ? await putTogether(repository, { content, tags: some, signal }) : [];
  for (const tag of tags) if (!set.includes(tag)) await manifests.put(content, { tag, signal });
}

/**
 * The tags that the registry says it set: `OCI-Tag` names them (distribution-spec after 1.1.1, "Pushing Manifests").
 * Others ignore what they do not know of the query, or refuse it.
 */
async function putTogether(
  repository: Repository,
  { content, tags, signal }: Tagging,
): Promise<readonly string[]> {
  const { descriptor } = content;
  const query = tags.map((tag) => `tag=${checkedName(tag)}`).join('&');
  const answer = await repository.transport.send({
    method: 'PUT',
    target: `${manifestTarget(repository, descriptor.digest)}?${query}`,
    scopes: pushScopes(repository),
    headers: { 'content-type': descriptor.mediaType },
    body: await readContent(content, { cap: MAX_MANIFEST_SIZE, signal }),
    expect: [200, 201, 202, 204, 400, 404, 405],
    signal,
  });
  await answer.discard();
  if (answer.status >= 400) return [];
  return (answer.header('oci-tag') ?? '').split(',').map((tag) => tag.trim());
}
