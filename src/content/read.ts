/** Brings small contents into memory: manifests, configs, layers of a megabyte at most. */

import { RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest } from '../spec/digest.js';
import { MAX_MANIFEST_SIZE, parseManifest, type Manifest } from '../spec/manifest.js';
import type { CallOptions, Content, Source } from './types.js';
import { verified } from './verify.js';

/** So many pieces become one: each takes memory beside its bytes, and a server may send one byte at a time. */
const MAX_PIECES = 256;

export interface ReadOptions extends CallOptions {
  /** Largest size in bytes that is read. */
  readonly cap: number;
}

/**
 * All bytes of `content`, verified. Throws TOO_LARGE before any I/O when the descriptor is over the cap, DIGEST_MISMATCH,
 * SIZE_MISMATCH, and what the content throws.
 */
export async function readContent(content: Content, options: ReadOptions): Promise<Uint8Array> {
  return Buffer.concat(await readPieces(content, options));
}

/** As `readContent`, in pieces, so that nothing is copied that need not be. */
export async function readPieces(
  content: Content,
  { cap, signal }: ReadOptions,
): Promise<readonly Uint8Array[]> {
  const { descriptor } = content;
  if (descriptor.size > cap) {
    throw new RegError(
      'TOO_LARGE',
      `${shortDigest(descriptor.digest)} has ${descriptor.size} bytes; at most ${cap} are read`,
    );
  }
  const pieces: Uint8Array[] = [];
  let joined = 0;
  for await (const chunk of verified(descriptor, await content.open({ signal }))) {
    if (pieces.push(chunk) - joined < MAX_PIECES) continue;
    pieces.push(Buffer.concat(pieces.splice(joined)));
    joined += 1;
  }
  return pieces;
}

/**
 * The manifest that `descriptor` names, verified and parsed. Throws INVALID_MANIFEST, UNSUPPORTED for Docker's schema 1, and
 * as `readContent`.
 */
export async function readManifest(
  source: Source,
  descriptor: Descriptor,
  options: CallOptions = {},
): Promise<Manifest> {
  const bytes = await readContent(source.get(descriptor), { ...options, cap: MAX_MANIFEST_SIZE });
  return parseManifest(bytes, descriptor.mediaType, `manifest ${shortDigest(descriptor.digest)}`);
}

/** `bytes` as a content, which has to be what `descriptor` says: whoever takes it in checks. */
export function contentOf(descriptor: Descriptor, bytes: Uint8Array): Content {
  return { descriptor, open: async ({ from = 0, to } = {}) => streamOf(bytes.subarray(from, to)) };
}

/** `bytes` as a stream. */
export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
