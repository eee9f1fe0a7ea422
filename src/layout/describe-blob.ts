/** Tells what a blob is of which only the digest is known. */

import type { CallOptions } from '../content/types.js';
import { verified } from '../content/verify.js';
import { hasCode } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import { MAX_MANIFEST_SIZE, sniffMediaType } from '../spec/manifest.js';
import { UNKNOWN_TYPE } from '../spec/media-type.js';
import type { Blobs } from './blobs.js';

/** The descriptor of a blob: a manifest knows its media type, other blobs do not. Undefined when it is not there. */
export async function describeBlob(
  blobs: Blobs,
  digest: Digest,
  { signal }: CallOptions,
): Promise<Descriptor | undefined> {
  const stats = await blobs.look(digest);
  if (stats?.isFile() !== true) return undefined;
  const descriptor = { mediaType: UNKNOWN_TYPE, digest, size: stats.size };
  if (stats.size > MAX_MANIFEST_SIZE) return descriptor;
  const bytes = await readJson(verified(descriptor, await blobs.open(descriptor, { signal })));
  if (bytes === undefined) return descriptor;
  try {
    return { ...descriptor, mediaType: sniffMediaType(bytes) };
  } catch (error) {
    if (hasCode(error, 'INVALID_MANIFEST', 'UNSUPPORTED')) return descriptor;
    throw error;
  }
}

/** All of it; undefined as soon as it does not look like JSON. */
async function readJson(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    if (chunks.length === 0 && !looksLikeJson(chunk)) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function looksLikeJson(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart().startsWith('{');
}
