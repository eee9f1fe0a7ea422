/** Blobs, by digest, from the one pool of the store (distribution-spec 1.1, "Pulling blobs"). */

import { hasCode } from '../errors.js';
import type { Layout } from '../layout/layout.js';
import type { Descriptor } from '../spec/descriptor.js';
import { parseDigest, shortDigest, type Digest } from '../spec/digest.js';
import { UNKNOWN_TYPE } from '../spec/media-type.js';
import { contentHeaders, isKnownToClient, type Call } from './call.js';
import { refuse } from './errors.js';
import { parseRange } from './range.js';
import type { Reply } from './reply.js';

/** `GET` and `HEAD /v2/NAME/blobs/DIGEST`, whole or one range of it. */
export async function getBlob(call: Call): Promise<Reply> {
  const { store } = call;
  const digest = parseDigest(call.reference);
  const blob = await findBlob(store, digest);
  if (blob === undefined) return unknownBlob(digest);
  return replyWithBlob(call, blob, (range) => store.get(blob).open(range));
}

/** What a range asks for, and who asks: `signal` is aborted when nobody reads on. */
export type BlobRange = { readonly from: number; readonly to: number; readonly signal: AbortSignal };

/** The blob, or the range of it that is asked for, as `open` gives it. */
export function replyWithBlob(
  call: Call,
  blob: Descriptor,
  open: (range: BlobRange) => Promise<AsyncIterable<Uint8Array>>,
): Reply {
  const { headers } = call;
  const common = { ...contentHeaders(blob), 'accept-ranges': 'bytes' };
  if (isKnownToClient(call, blob)) return { status: 304, headers: common };
  const { 'if-range': condition = common.etag } = headers;
  const range = condition === common.etag ? parseRange(headers.range, blob.size) : undefined;
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { ...common, 'content-range': `bytes */${blob.size}` } };
  }
  const { start, end } = range ?? { start: 0, end: blob.size - 1 };
  const contentRange = range && { 'content-range': `bytes ${start}-${end}/${blob.size}` };
  return {
    status: range === undefined ? 200 : 206,
    headers: { ...common, ...contentRange },
    body: { length: end - start + 1, open: (signal) => open({ from: start, to: end + 1, signal }) },
  };
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

/** For a blob that is not there. */
export function unknownBlob(digest: Digest): Reply {
  return refuse('BLOB_UNKNOWN', `there is no blob ${digest}`);
}
