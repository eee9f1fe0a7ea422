/** The tags of a repository, page by page. */

import { hasCode } from '../../errors.js';
import { isDigest } from '../../spec/digest.js';
import { listPages, type ListOptions } from './pages.js';
import { pullScopes, repositoryNotFound, type Repository } from '../repository.js';

/**
 * All tags, in the server's order (distribution-spec 1.1, "Listing Tags"). They are text from outside: a tag may be
 * one that nothing can be pulled by. Throws NOT_FOUND, PROTOCOL_ERROR, TOO_LARGE.
 */
export async function* listTags(repository: Repository, options: ListOptions = {}): AsyncGenerator<string> {
  const { host, path, transport, retry } = repository;
  const target = `/v2/${path}/tags/list`;
  const what = `the tag list of ${host}/${path}`;
  const scopes = pullScopes(repository);
  try {
    for await (const tag of listPages({
      ...options,
      host,
      transport,
      retry,
      target,
      scopes,
      what,
      key: 'tags',
    })) {
      // Artifactory lists digests, too (skopeo#2346).
      if (!isDigest(tag)) yield tag;
    }
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
    throw repositoryNotFound(repository, error);
  }
}
