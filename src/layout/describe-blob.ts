/** Tells what a blob is of which only the digest is known. */

import { readContent } from '../content/read.js';
import type { CallOptions, Content } from '../content/types.js';
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
  const content: Content = { descriptor, open: (options) => blobs.open(descriptor, options) };
  if (stats.size > MAX_MANIFEST_SIZE || !(await looksLikeJson(content))) return descriptor;
  const bytes = await readContent(content, { cap: MAX_MANIFEST_SIZE, signal });
  try {
    return { ...descriptor, mediaType: sniffMediaType(bytes) };
  } catch (error) {
    if (hasCode(error, 'INVALID_MANIFEST', 'UNSUPPORTED')) return descriptor;
    throw error;
  }
}

async function looksLikeJson(content: Content): Promise<boolean> {
  for await (const bytes of await content.open()) {
    return Buffer.from(bytes).toString('latin1', 0, 64).trimStart().startsWith('{');
  }
  return false;
}
