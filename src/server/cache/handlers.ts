/** What can be asked of a cache. It answers as the registry behind it would, and takes nothing. */

import { contentOf } from '../../content/read.js';
import { verified } from '../../content/verify.js';
import { hasCode } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { isDigest, parseDigest, type Digest } from '../../spec/digest.js';
import { UNKNOWN_TYPE } from '../../spec/media-type.js';
import { cleanText } from '../../spec/text.js';
import { findBlob, replyWithBlob, unknownBlob, type BlobRange } from '../blobs.js';
import { contentHeaders, isKnownToClient, type Call } from '../call.js';
import { refuse } from '../errors.js';
import { checkReference } from '../manifests.js';
import { replyWithReferrers } from '../referrers.js';
import type { Reply } from '../reply.js';
import { isTag } from '../router.js';
import { replyWithPage } from '../tags.js';
import type { Cache } from './cache.js';
import { upstreamOf, type Upstream } from './names.js';
import { explainUpstream } from './upstream-error.js';

/** A request to a cache. */
interface CacheCall extends Call {
  readonly cache: Cache;
  readonly upstream: Upstream;
}

/** A handler of a cache for what a handler of the store is otherwise. */
export function cached(handle: (call: CacheCall) => Promise<Reply>): (call: Call) => Promise<Reply> {
  return async (call) => {
    const { cache, query, repository } = call;
    const upstream = cache && upstreamOf(cache.hosts, { name: repository.name, namespace: query.get('ns') });
    if (cache === undefined || upstream === undefined)
      return refuse('NAME_UNKNOWN', 'this is a cache of other registries than that');
    return handle({ ...call, cache, upstream });
  };
}

/** `GET` and `HEAD /v2/NAME/manifests/TAG-OR-DIGEST`. */
export async function getCachedManifest(call: CacheCall): Promise<Reply> {
  const { cache, upstream } = call;
  const reference = checkReference(call);
  if (!isDigest(reference) && !isTag(reference)) return refuse('MANIFEST_UNKNOWN', 'this is not a tag');
  const { descriptor, outage } = isDigest(reference)
    ? { ...(await cache.manifests.read(upstream, reference)), outage: undefined }
    : await cache.tags.resolve({ ...upstream, tag: reference });
  const headers = { ...contentHeaders(descriptor), ...(outage && warn(upstream, outage)) };
  if (isKnownToClient(call, descriptor)) return { status: 304, headers };
  return {
    status: 200,
    headers,
    body: { length: descriptor.size, open: () => openManifest(call, descriptor) },
  };
}

async function openManifest(
  { cache, upstream }: CacheCall,
  descriptor: Descriptor,
): Promise<AsyncIterable<Uint8Array>> {
  const manifest = await cache.manifests.read(upstream, descriptor.digest);
  // The size is what a tag was said to have.
  return verified(descriptor, await contentOf(manifest.descriptor, manifest.bytes).open());
}

/** Distribution-spec 1.1, "Warnings". */
function warn({ domain }: Upstream, reason: string): { readonly warning: string } {
  const text = cleanText(`${domain} does not answer, so this is what it said last: ${reason}`);
  return { warning: `299 - "${text.replace(/[^ !#-[\]-~]/g, '')}"` };
}

/** `GET` and `HEAD /v2/NAME/blobs/DIGEST`: out of the store, or as it comes. */
export async function getCachedBlob(call: CacheCall): Promise<Reply> {
  const { store } = call;
  const digest = parseDigest(call.reference);
  const blob = (await findBlob(store, digest)) ?? (await describeBlob(call, digest));
  if (blob === undefined) return unknownBlob(digest);
  return replyWithBlob(call, blob, (range) => openBlob(call, blob, range));
}

async function describeBlob({ cache, upstream }: CacheCall, digest: Digest): Promise<Descriptor | undefined> {
  const { domain, path } = upstream;
  const size = cache.sizes.get(upstream, digest);
  if (size !== undefined) return { mediaType: UNKNOWN_TYPE, digest, size };
  try {
    const blob = await cache.client.repository(domain, path).describeBlob(digest);
    cache.sizes.learn(upstream, [blob]);
    return blob;
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw explainUpstream(error, upstream);
  }
}

async function openBlob(
  { store, cache, upstream }: CacheCall,
  blob: Descriptor,
  range: BlobRange,
): Promise<AsyncIterable<Uint8Array>> {
  if (await store.has(blob)) return store.get(blob).open(range);
  const source = cache.client.source({ ...upstream, digest: blob.digest });
  return cache.flights.join(source.get(blob), upstream).read(range);
}

/** `GET /v2/NAME/tags/list?n=…&last=…`: nothing of it is kept. */
export async function listUpstreamTags({ cache, upstream, repository, query }: CacheCall): Promise<Reply> {
  const { name } = repository;
  const tags: string[] = [];
  try {
    for await (const tag of cache.client.repository(upstream.domain, upstream.path).tags()) tags.push(tag);
  } catch (error) {
    throw explainUpstream(error, upstream);
  }
  return replyWithPage(tags.sort(), {
    query,
    path: `/v2/${name}/tags/list`,
    wrap: (page) => ({ name, tags: page }),
  });
}

/** `GET /v2/NAME/referrers/DIGEST?artifactType=…`: nothing of it is kept. */
export async function listUpstreamReferrers(call: CacheCall): Promise<Reply> {
  const { cache, upstream, reference, query } = call;
  const wanted = query.get('artifactType') || undefined;
  try {
    const repository = cache.client.repository(upstream.domain, upstream.path);
    const referrers = await repository.referrers(parseDigest(reference));
    const isWanted = ({ artifactType }: Descriptor): boolean =>
      wanted === undefined || artifactType === wanted;
    return replyWithReferrers(referrers.filter(isWanted), wanted);
  } catch (error) {
    throw explainUpstream(error, upstream);
  }
}
