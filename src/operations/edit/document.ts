/**
 * Manifests and configs as documents: what is changed in them is changed in the parsed JSON, so that what is not known here
 * stays as it is.
 */

import { contentOf, readContent } from '../../content/read.js';
import type { CallOptions, Content, Source } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { describe, type Descriptor } from '../../spec/descriptor.js';
import { shortDigest } from '../../spec/digest.js';
import { isObject, parseJsonObject, refuseTwins, type JsonObject } from '../../spec/json.js';
import { findInexactNumber } from '../../spec/json-numbers.js';
import { MAX_MANIFEST_SIZE, parseManifest, type Manifest } from '../../spec/manifest.js';
import { cleanText } from '../../spec/text.js';

/** A manifest or an index: what it says, and how. */
export interface ManifestDocument {
  readonly manifest: Manifest;
  readonly json: JsonObject;
}

/** Throws INVALID_MANIFEST, UNSUPPORTED, TOO_LARGE and what the source throws. */
export async function readManifestDocument(
  source: Source,
  descriptor: Descriptor,
  { signal }: CallOptions,
): Promise<ManifestDocument> {
  const what = `manifest ${shortDigest(descriptor.digest)}`;
  const bytes = await readContent(source.get(descriptor), { cap: MAX_MANIFEST_SIZE, signal });
  const manifest = parseManifest(bytes, descriptor.mediaType, what);
  return { manifest, json: parseDocument(bytes, what) };
}

/** Throws INVALID_MANIFEST, and UNSUPPORTED for numbers that would not stay as they are. */
export function parseDocument(bytes: Uint8Array, what: string): JsonObject {
  const json = parseJsonObject(bytes, { what });
  const number = findInexactNumber(Buffer.from(bytes).toString());
  if (number === undefined) return json;
  throw new RegError(
    'UNSUPPORTED',
    `${what} has a number that could not be written back as it is: ${cleanText(number, 40)}`,
    { hint: 'JavaScript holds no integers beyond 2^53 exactly. Nothing was changed.' },
  );
}

/** A manifest as bytes. It says itself what it is, which some registries want (ECR). */
export function manifestContent(mediaType: string, json: JsonObject): Content {
  return jsonContent(mediaType, { schemaVersion: 2, mediaType, ...json });
}

export function jsonContent(mediaType: string, json: JsonObject): Content {
  const bytes = Buffer.from(JSON.stringify(json));
  return contentOf(describe(mediaType, bytes), bytes);
}

/** A descriptor in a document that leads to something else now; what it says besides is kept. */
export function pointedTo(raw: unknown, { mediaType, digest, size }: Descriptor): JsonObject {
  // Embedded bytes and other places to get them belong to the old digest.
  const { data: _, urls: __, ...kept } = objectIn(raw);
  return { ...kept, mediaType, digest, size };
}

/** Throws INVALID_MANIFEST for a key that another program would take for one of `keys`. */
export function objectIn(value: unknown, keys: readonly string[] = [], where = 'the document'): JsonObject {
  const object = isObject(value) ? value : {};
  refuseTwins(object, keys, where);
  return object;
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
