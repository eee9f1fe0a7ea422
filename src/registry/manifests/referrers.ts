/** What refers to a manifest: signatures, SBOMs, attestations (distribution-spec 1.1, "Listing Referrers"). */

import { retry } from '../../content/retry.js';
import type { CallOptions } from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { MAX_MANIFEST_SIZE, parseManifest } from '../../spec/manifest.js';
import { bareMediaType, OCI_INDEX } from '../../spec/media-type.js';
import { nextQuery } from '../http/link.js';
import { readReferrersTag } from './referrers-tag.js';
import { pullScopes, type Repository } from '../repository.js';

const MAX_PAGES = 1000;

/** What registries answer that have no such list; of a subject that is not there the list is empty. */
const MISSING: ReadonlySet<number> = new Set([400, 404, 405, 501]);

interface Page {
  readonly referrers: readonly Descriptor[];
  /** Query of the next page, with its question mark; undefined on the last one. */
  readonly next: string | undefined;
}

/**
 * The referrers of `subject`, from the registry's list, or where it keeps none from the tag that clients keep. Throws
 * INVALID_MANIFEST, PROTOCOL_ERROR and what the transport throws.
 */
export async function listReferrers(
  repository: Repository,
  { subject, signal }: CallOptions & { readonly subject: Digest },
): Promise<readonly Descriptor[]> {
  const referrers: Descriptor[] = [];
  const seen = new Set<string>();
  for (let query: string | undefined = ''; query !== undefined;) {
    const asked: string = query;
    if (seen.has(asked) || seen.size >= MAX_PAGES) throw endless(repository);
    seen.add(asked);
    const fetched = retry(() => fetchPage(repository, { subject, query: asked, signal }), {
      ...repository.retry,
      signal,
    });
    const page: Page | undefined = await fetched;
    if (page === undefined) return readReferrersTag(repository, { subject, signal });
    referrers.push(...page.referrers);
    query = page.next;
  }
  return referrers;
}

async function fetchPage(
  repository: Repository,
  { subject, query, signal }: CallOptions & { readonly subject: Digest; readonly query: string },
): Promise<Page | undefined> {
  const answer = await repository.transport.send({
    method: 'GET',
    target: `/v2/${repository.path}/referrers/${subject}${query}`,
    scopes: pullScopes(repository),
    headers: { accept: OCI_INDEX, 'accept-encoding': 'identity' },
    expect: [200, ...MISSING],
    retry: false,
    signal,
  });
  if (MISSING.has(answer.status)) {
    await answer.discard();
    return undefined;
  }
  const bytes = await answer.read(MAX_MANIFEST_SIZE);
  try {
    const what = `the list of referrers of ${repository.host}/${repository.path}`;
    const list = parseManifest(bytes, OCI_INDEX, what);
    const referrers = list.kind === 'index' ? list.manifests : [];
    return { referrers, next: nextQuery(answer.header('link')) };
  } catch (error) {
    // A server that answers everything with something has no such list: by that type one is told (oras-go does so, too).
    const isList = bareMediaType(answer.header('content-type') ?? '') === OCI_INDEX;
    if (isList || !hasCode(error, 'INVALID_MANIFEST')) throw error;
    return undefined;
  }
}

function endless({ host, path }: Repository): RegError {
  return new RegError('PROTOCOL_ERROR', `the list of referrers of ${host}/${path} has no end`);
}
