/** The tags of a repository, page by page. */

import { retry } from '../content/retry.js';
import type { CallOptions } from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import { isDigest } from '../spec/digest.js';
import { parseJsonObject } from '../spec/json.js';
import { bareMediaType } from '../spec/media-type.js';
import { nextQuery, parseNextLink } from './link.js';
import { notARegistry } from './manifest-answer.js';
import { pullScopes, repositoryNotFound, type Repository } from './repository.js';

/** Asked for at a time; ECR refuses more. */
const PAGE = 1000;
const MAX_PAGES = 10_000;
const MAX_PAGE_SIZE = 8 * 1024 * 1024;

interface Page {
  readonly tags: readonly string[];
  /** Query of the next page, with its question mark; undefined on the last one. */
  readonly next: string | undefined;
}

/**
 * All tags, in the server's order (distribution-spec 1.1, "Listing Tags"). They are text from outside: a tag may be
 * one that nothing can be pulled by. Throws NOT_FOUND, PROTOCOL_ERROR, TOO_LARGE.
 */
export async function* listTags(
  repository: Repository,
  { signal }: CallOptions = {},
): AsyncGenerator<string> {
  const seen = new Set<string>();
  let query: string | undefined = `?n=${PAGE}`;
  while (query !== undefined) {
    if (seen.has(query)) throw endless(repository, 'goes round in a circle');
    if (seen.size >= MAX_PAGES) throw endless(repository, `has more than ${MAX_PAGES} pages`);
    seen.add(query);
    const asked: string = query;
    const page = await retry(() => fetchPage(repository, asked, signal), { ...repository.retry, signal });
    yield* page.tags;
    query = page.next;
  }
}

async function fetchPage(
  repository: Repository,
  query: string,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const { host, path, transport } = repository;
  try {
    const answer = await transport.send({
      method: 'GET',
      target: `/v2/${path}/tags/list${query}`,
      scopes: pullScopes(repository),
      headers: { accept: 'application/json' },
      expect: [200],
      retry: false,
      signal,
    });
    const bytes = await answer.read(MAX_PAGE_SIZE);
    if (bareMediaType(answer.header('content-type') ?? '') === 'text/html') throw notARegistry(repository);
    const tags = readTags(bytes, `the tag list of ${host}/${path}`);
    return { tags, next: queryAfter(answer.header('link'), tags.at(-1)) };
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
    throw repositoryNotFound(repository, error);
  }
}

/** Nexus lists nulls and Artifactory digests (skopeo#2409, skopeo#2346); a repository without tags may say null. */
function readTags(bytes: Uint8Array, what: string): readonly string[] {
  const { tags } = parseJsonObject(bytes, { what, code: 'PROTOCOL_ERROR' });
  if (tags === null || tags === undefined) return [];
  if (!Array.isArray(tags)) throw new RegError('PROTOCOL_ERROR', `${what} has no list "tags"`);
  return tags.filter(
    (tag: unknown): tag is string => typeof tag === 'string' && tag !== '' && !isDigest(tag),
  );
}

/** A link without a query says only that there is more. */
function queryAfter(header: string | undefined, last: string | undefined): string | undefined {
  if (header === undefined || parseNextLink(header) === undefined) return undefined;
  return (
    nextQuery(header) ?? (last === undefined ? undefined : `?n=${PAGE}&last=${encodeURIComponent(last)}`)
  );
}

function endless({ host, path }: Repository, reason: string): RegError {
  return new RegError('PROTOCOL_ERROR', `the tag list of ${host}/${path} ${reason}`);
}
