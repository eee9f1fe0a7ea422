/** Blobs, by digest, from the one pool of the store (distribution-spec 1.1, "Pulling blobs"). */

import { hasCode } from '../errors.js';
import type { Layout } from '../layout/layout.js';
import type { Descriptor } from '../spec/descriptor.js';
import { parseDigest, shortDigest, type Digest } from '../spec/digest.js';
import { UNKNOWN_TYPE } from '../spec/media-type.js';
import { contentHeaders, isKnownToClient, type Call, type ContentHeaders } from './call.js';
import { refuse } from './errors.js';
import { parseRange, type ByteRange } from './range.js';
import type { Reply } from './reply.js';

/** `GET` and `HEAD /v2/NAME/blobs/DIGEST`, whole or one range of it. */
export async function getBlob(call: Call): Promise<Reply> {
  const { store, headers } = call;
  const digest = parseDigest(call.reference);
  const blob = await findBlob(store, digest);
  if (blob === undefined) return unknownBlob(digest);
  const common = { ...contentHeaders(blob), 'accept-ranges': 'bytes' };
  if (isKnownToClient(call, blob)) return { status: 304, headers: common };
  const { 'if-range': condition = common.etag } = headers;
  const range = condition === common.etag ? parseRange(headers.range, blob.size) : undefined;
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { ...common, 'content-range': `bytes */${blob.size}` } };
  }
  return range === undefined ? wholeBlob(store, blob, common) : partOfBlob(store, blob, range, common);
}

/** `DELETE /v2/NAME/blobs/DIGEST`: from the pool, unless an image of the store is made of it. */
export async function deleteBlob({ store, reference }: Call): Promise<Reply> {
  const digest = parseDigest(reference);
  try {
    return (await store.discard(digest)) ? { status: 202 } : unknownBlob(digest);
  } catch (error) {
    if (!hasCode(error, 'UNSUPPORTED')) throw error;
    return refuse('UNSUPPORTED', `${shortDigest(digest)} is part of an image; delete that first`);
  }
}

/** The blob of the pool with this digest; undefined when it is not there, or not whole. */
export async function findBlob(store: Layout, digest: Digest): Promise<Descriptor | undefined> {
  const stats = await store.parts.blobs.look(digest);
  if (stats === undefined) return undefined;
  const blob = { mediaType: UNKNOWN_TYPE, digest, size: stats.size };
  return (await store.has(blob)) ? blob : undefined;
}

function wholeBlob(store: Layout, blob: Descriptor, headers: ContentHeaders): Reply {
  return { status: 200, headers, body: { length: blob.size, open: () => store.get(blob).open() } };
}

function partOfBlob(
  store: Layout,
  blob: Descriptor,
  { start, end }: ByteRange,
  headers: ContentHeaders,
): Reply {
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end}/${blob.size}` },
    body: { length: end - start + 1, open: () => store.get(blob).open({ from: start, to: end + 1 }) },
  };
}

function unknownBlob(digest: Digest): Reply {
  return refuse('BLOB_UNKNOWN', `there is no blob ${digest}`);
}
